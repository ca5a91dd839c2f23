/**
 * Challenges and their answers: a fresh quote, bound to the nonce of the challenge, of the very platform that was
 * registered. What is handed in and judged is on record, whether it is good or not.
 */
import { randomBytes } from 'node:crypto';
import type { Collateral, MachineRow, Policy, PolicyFacts } from '../../../protocol/attestation/index.ts';
import { fromBase64url, Refusal, toHex } from '../../../protocol/bytes/index.ts';
import type { Value } from '../../../protocol/bytes/index.ts';
import type { QuoteSource } from '../../attestation/index.ts';
import type { Blobs } from '../../store/index.ts';
import type { Ledger } from '../ledger/index.ts';
import { withPins } from './judge.ts';
import type { Judge } from './judge.ts';
import type { Answer, Judged, Machines } from './machines.ts';
import type { Policies } from './policy.ts';
import { challengeData, pinsJson } from './view.ts';
import type { MachineView } from './view.ts';
import { heldCollateral } from './watch.ts';

export interface ProofPorts {
  readonly ledger: Ledger;
  readonly guest: QuoteSource;
  readonly blobs: Blobs;
  readonly judge: Judge;
  readonly view: MachineView;
  readonly policies: Policies;
  /** Report data of a quote that answers no challenge. */
  readonly ownData: () => Uint8Array;
  /** How long an answer may take. */
  readonly minutes: () => number;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly rowOf: (id: string) => Promise<{ coalition: Uint8Array; row: MachineRow }>;
  readonly submit: (kind: string, id: string, body: Record<string, Value>) => Promise<Answer>;
  readonly judged: (
    parts: { quote: Uint8Array; collateral: Collateral | null; eventLog: Uint8Array | null },
    at: number,
    policy: Policy,
    facts?: PolicyFacts,
  ) => Judged;
  /** What of a verdict goes into the record. */
  readonly judgement: (judged: Judged) => Record<string, Value>;
}

export function createProofs(ports: ProofPorts): Pick<Machines, 'challenge' | 'prove'> {
  const {
    ownData,
    ledger,
    guest,
    blobs,
    judge,
    view,
    policies,
    minutes,
    now,
    rowOf,
    submit,
    judged,
    judgement,
  } = ports;

  const challenge = async (id: string): Promise<Answer> => {
    const expires = now() + minutes() * 60_000;
    const answer = await submit('machine.challenged', id, { nonce: randomBytes(32), expires });
    const { available } = await guest.look();
    // a machine that this node runs on answers for itself; any other is answered by a person
    if (!available || answer.machine.owner !== toHex(ledger.author())) return answer;
    const { row } = await rowOf(id);
    if (!(await isOwnPlatform(row))) return answer;
    return prove(id, { kind: 'guest' }, undefined, undefined);
  };
  /** Whether a quote of this guest names the platform of that machine. */
  const isOwnPlatform = async (row: MachineRow): Promise<boolean> => {
    const { policy } = await policies.current();
    const own = view.storedVerdict(row, policy)?.platformId?.ppid;
    const quote = await judge.readQuote({ kind: 'guest' }, ownData);
    const here = judge.verdict({ quote, collateral: null, at: Math.floor(now() / 1000), policy });
    return own !== undefined && here.platformId?.ppid === own;
  };
  const prove: Machines['prove'] = async (id, input, collateralInput, eventLog) => {
    const { coalition, row } = await rowOf(id);
    const reportData = challengeData(coalition, row);
    if (row.challenge === null || reportData === null)
      throw new Refusal('CHALLENGE_UNKNOWN', 'This machine has no open challenge.');
    if (now() > row.challenge.expires)
      throw new Refusal('CHALLENGE_LAPSED', 'The time to answer this challenge has passed.');
    const at = Math.floor(now() / 1000);
    const quote = await judge.readQuote(input, () => reportData);
    const held = heldCollateral(blobs, row);
    const fetched =
      collateralInput === undefined
        ? await judge.currentCollateral(quote, at, held)
        : await judge.fetchCollateral(collateralInput, quote, at);
    const collateral = fetched?.collateral ?? held;
    const { policy } = await policies.current();
    const answer = judged(
      { quote, collateral, eventLog: eventLog === undefined ? null : fromBase64url(eventLog) },
      at,
      withPins(policy, pinsJson(row)),
      fetched?.facts,
    );
    if (answer.verdict.report?.reportData !== toHex(reportData))
      throw new Refusal('REPORT_DATA', 'The quote carries other report data than the challenge asks for.');
    const before = view.storedVerdict(row, policy)?.platformId?.ppid;
    const after = answer.verdict.platformId?.ppid;
    const body = judgement(answer);
    // a proof by another platform is the failure of this one
    const other = before !== undefined && after !== undefined && before !== after;
    return submit('machine.attested', id, {
      ...body,
      ...(other ? { evidence: 'refused', code: 'PLATFORM_CHANGED' } : {}),
      challenge: row.challenge.nonce,
    });
  };

  return { challenge, prove };
}
