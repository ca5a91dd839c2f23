/**
 * Challenges and their answers: a fresh quote, bound to the nonce of the challenge, of the very platform that was
 * registered. What is handed in and judged is on record, whether it is good or not.
 */
import { randomBytes } from 'node:crypto';
import type { CollateralInput } from '../../../contract/index.ts';
import type { MachineRow } from '../../../protocol/attestation/index.ts';
import { fromBase64url, Refusal, toHex } from '../../../protocol/bytes/index.ts';
import type { Value } from '../../../protocol/bytes/index.ts';
import type { QuoteSource } from '../../attestation/index.ts';
import type { Blobs } from '../../store/index.ts';
import { createOwnAnswers } from './answers.ts';
import type { OwnAnswers } from './answers.ts';
import type { EvidenceDesk } from './evidence.ts';
import { withPins } from './judge.ts';
import type { Judge } from './judge.ts';
import type { Answer, Machines } from './machines.ts';
import type { Obstacles } from './obstacles.ts';
import type { Policies } from './policy.ts';
import { heldSet } from './stored.ts';
import { challengeData, pinsJson } from './view.ts';
import type { MachineView } from './view.ts';

export interface ProofPorts {
  readonly guest: QuoteSource;
  readonly blobs: Blobs;
  readonly judge: Judge;
  readonly desk: EvidenceDesk;
  readonly view: MachineView;
  readonly obstacles: Obstacles;
  readonly policies: Policies;
  /** How long an answer may take. */
  readonly minutes: () => number;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly rowOf: (id: string) => Promise<{ coalition: Uint8Array; row: MachineRow }>;
  readonly get: Machines['get'];
  readonly submit: (kind: string, id: string, body: Record<string, Value>) => Promise<Answer>;
}

export interface Proofs extends Pick<Machines, 'challenge' | 'prove'>, OwnAnswers {}

export function createProofs(ports: ProofPorts): Proofs {
  const { guest, blobs, judge, desk, view, obstacles, policies, minutes, now, rowOf, get, submit } = ports;

  /** The open challenge. Errors: `CHALLENGE_UNKNOWN`, `CHALLENGE_LAPSED`. */
  const openOf = async (id: string) => {
    const { coalition, row } = await rowOf(id);
    const reportData = challengeData(coalition, row);
    if (row.challenge === null || reportData === null)
      throw new Refusal('CHALLENGE_UNKNOWN', 'This machine has no open challenge.');
    if (now() > row.challenge.expires)
      throw new Refusal('CHALLENGE_LAPSED', 'The time to answer this challenge has passed.');
    return { row, reportData, nonce: row.challenge.nonce };
  };
  const hand = async (
    id: string,
    quote: Uint8Array,
    collateral?: CollateralInput,
    eventLog?: string,
  ): Promise<Answer> => {
    const { row, reportData, nonce } = await openOf(id);
    const at = Math.floor(now() / 1000);
    const held = heldSet(blobs, row);
    const found =
      collateral === undefined
        ? await judge.currentCollateral(quote, at, held)
        : await judge.fetchCollateral(collateral, quote, at);
    const { policy } = await policies.current();
    const parts = {
      quote,
      set: found ?? held,
      eventLog: eventLog === undefined ? null : fromBase64url(eventLog),
    };
    const judged = desk.judged(parts, at, withPins(policy, pinsJson(row)));
    if (judged.verdict.report?.reportData !== toHex(reportData))
      throw new Refusal('REPORT_DATA', 'The quote carries other report data than the challenge asks for.');
    const before = view.storedVerdict(row, policy)?.platformId?.ppid;
    const after = judged.verdict.platformId?.ppid;
    const body = desk.judgement(judged);
    // a proof by another platform is the failure of this one
    const other = before !== undefined && after !== undefined && before !== after;
    return submit('machine.attested', id, {
      ...body,
      ...(other ? { evidence: 'refused', code: 'PLATFORM_CHANGED' } : {}),
      challenge: nonce,
    });
  };
  const { answer } = createOwnAnswers({
    guest,
    judge,
    view,
    obstacles,
    policy: async () => (await policies.current()).policy,
    rowOf,
    hand,
    now,
  });

  return {
    answer,
    async challenge(id) {
      const expires = now() + minutes() * 60_000;
      const asked = await submit('machine.challenged', id, { nonce: randomBytes(32), expires });
      // a machine that this node runs in answers for itself; any other is answered by a person
      return (await answer(id)) ?? { ...asked, machine: await get(id) };
    },
    async prove(id, input, collateral, eventLog) {
      const { reportData } = await openOf(id);
      return hand(id, await judge.readQuote(input, () => reportData), collateral, eventLog);
    },
  };
}
