/** A machine as faces see it: its row, its verdict judged again from the stored bytes, what it offers. */
import type { Machine, Pins, VerdictJson } from '../../../contract/index.ts';
import { CHALLENGE_PURPOSE, reportDataBinding } from '../../../protocol/attestation/index.ts';
import type { MachineRow, Policy, Verdict } from '../../../protocol/attestation/index.ts';
import { toHex } from '../../../protocol/bytes/index.ts';
import { loadKey, offerKey } from '../../../protocol/compute/index.ts';
import type { LoadRow, OfferRow } from '../../../protocol/compute/index.ts';
import { nodeHashes } from '../../hashes.ts';
import type { Blobs } from '../../store/index.ts';
import type { Ledger } from '../ledger/index.ts';
import { withPins } from './judge.ts';
import type { Judge } from './judge.ts';
import type { Obstacles } from './obstacles.ts';
import { heldLogReport, heldQuote, heldSet } from './stored.ts';

export interface ViewPorts {
  readonly ledger: Ledger;
  readonly blobs: Blobs;
  readonly judge: Judge;
  readonly obstacles: Obstacles;
  /** Unix milliseconds. */
  readonly now: () => number;
}

export interface MachineView {
  /** What the stored bytes of a machine give under a policy, for the moment they were judged for, as known then. */
  storedVerdict(row: MachineRow, policy: Policy): Verdict | null;
  toMachine(coalition: Uint8Array, row: MachineRow, policy: Policy): Promise<Machine>;
}

/** The report data that an answer to the machine's open challenge must carry, 64 bytes. */
export function challengeData(
  coalition: Uint8Array,
  { owner, challenge }: Pick<MachineRow, 'owner' | 'challenge'>,
): Uint8Array | null {
  if (challenge === null) return null;
  const { nonce, expires } = challenge;
  return reportDataBinding({ purpose: CHALLENGE_PURPOSE, nonce, key: owner, coalition, expires }, nodeHashes);
}

export function createMachineView({ ledger, blobs, judge, obstacles, now }: ViewPorts): MachineView {
  const blobInfo = (sha256: Uint8Array | null) => {
    const bytes = sha256 === null ? null : blobs.get(sha256);
    return sha256 === null ? null : { sha256: toHex(sha256), size: bytes?.length ?? 0 };
  };
  const storedVerdict: MachineView['storedVerdict'] = (row, policy) => {
    const quote = heldQuote(blobs, row);
    if (quote === null) return null;
    const set = heldSet(blobs, row);
    return judge.verdict({
      quote,
      collateral: set?.collateral ?? null,
      at: row.judgedFor ?? Math.floor(now() / 1000),
      policy: withPins(policy, pinsJson(row)),
      replay: () => heldLogReport(blobs, row, quote),
      highest: set?.highest,
    });
  };
  return {
    storedVerdict,
    async toMachine(coalition, row, policy) {
      const [offer, load] = await Promise.all([
        ledger.row<OfferRow>(offerKey(coalition, row.machine)),
        ledger.row<LoadRow>(loadKey(coalition, row.machine)),
      ]);
      const verdict = storedVerdict(row, policy);
      const reportData = challengeData(coalition, row);
      const obstacle = obstacles.of(row);
      return {
        id: toHex(row.machine),
        name: row.name,
        owner: toHex(row.owner),
        state: row.state,
        sentence: sentenceOf(row, verdict, now()),
        simulated: row.simulated,
        stale: isStale(verdict, now()),
        registeredAt: row.registeredAt,
        index: row.index,
        stage: ledger.stageOf(row.index),
        verdict: verdict as VerdictJson | null,
        quote: blobInfo(row.quote),
        collateral: blobInfo(row.collateral),
        eventLog: blobInfo(row.eventLog),
        challenge:
          row.challenge === null || reportData === null
            ? null
            : {
                nonce: toHex(row.challenge.nonce),
                reportData: toHex(reportData),
                at: row.challenge.at,
                expires: row.challenge.expires,
                index: row.challenge.index,
                ...(obstacle === null ? {} : { obstacle }),
              },
        provedAt: row.provedAt,
        pins: pinsJson(row),
        offer:
          offer === undefined
            ? null
            : {
                cpuMillicores: offer.cpuMillicores,
                ramMib: offer.ramMib,
                storageGib: offer.storageGib,
                tdx: offer.tdx,
                since: offer.at,
                index: offer.index,
              },
        inUse: {
          cpuMillicores: load?.cpuMillicores ?? 0,
          ramMib: load?.ramMib ?? 0,
          storageGib: load?.storageGib ?? 0,
        },
        history: row.history.toReversed().map((event) => ({ ...event })),
      };
    },
  };
}

export const pinsJson = (row: MachineRow): Pins =>
  Object.fromEntries(
    Object.entries(row.pins).flatMap(([register, values]) =>
      values === undefined ? [] : [[register, values.map(toHex)] as const],
    ),
  );

export const failedCheck = (verdict: Verdict): string =>
  verdict.checks.find((check) => check.outcome === 'failed' || check.outcome === 'stale')?.detail ??
  'a check did not pass.';

/** Evidence is of the moment it was judged for; when its collateral has expired, a new judgement is due. */
const isStale = (verdict: Verdict | null, now: number): boolean =>
  verdict !== null && verdict.collateralExpires !== null && Date.parse(verdict.collateralExpires) <= now;

function sentenceOf(row: MachineRow, verdict: Verdict | null, now: number): string {
  switch (row.state) {
    case 'none':
      return 'Not in a TD: registered without evidence.';
    case 'retired':
      return 'Retired; it takes no part any more.';
    case 'lapsed':
      return 'It did not answer a challenge in time; only the answer to a new one brings it back.';
    case 'refused':
      return verdict === null || verdict.evidence !== 'refused'
        ? `Refused (${row.code ?? 'no reason kept'}).`
        : `Refused: ${failedCheck(verdict)}`;
    case 'incomplete':
      return 'Signed by a genuine platform key; not every check could be made.';
    case 'genuine':
      return `${row.simulated ? 'SIMULATED: passes as' : 'A genuine TDX platform,'} ${row.status ?? 'status unknown'}${
        isStale(verdict, now) ? ', when it was judged; the collateral has expired since.' : '.'
      }`;
  }
}
