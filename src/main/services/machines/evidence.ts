/** Evidence as it is handed in: read, judged by the policy in force, and put into the words of a record. */
import { utf8, fromBase64url, fromHex } from '../../../protocol/bytes/index.ts';
import type { Value } from '../../../protocol/bytes/index.ts';
import type { Policy } from '../../../protocol/attestation/index.ts';
import type { Blobs } from '../../store/index.ts';
import { openEventLog, withPins } from './judge.ts';
import type { FetchedCollateral, Judge } from './judge.ts';
import type { Judged, Machines } from './machines.ts';
import type { Policies } from './policy.ts';

export interface EvidencePorts {
  readonly judge: Judge;
  readonly policies: Policies;
  readonly blobs: Blobs;
  /** Report data of a quote that answers no challenge. */
  readonly ownData: () => Uint8Array;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** What is judged together. */
export interface Parts {
  readonly quote: Uint8Array;
  readonly set: FetchedCollateral | null;
  readonly eventLog: Uint8Array | null;
}

export interface EvidenceDesk {
  /** `at`: Unix seconds. Errors: `EVENT_LOG_*`. */
  judged(parts: Parts, at: number, policy: Policy): Judged;
  judgeInput: Machines['judge'];
  /** What of a verdict goes into the record; quote, collateral and log are stored. */
  judgement(judged: Judged): Record<string, Value>;
}

export function createEvidenceDesk({ judge, policies, blobs, ownData, now }: EvidencePorts): EvidenceDesk {
  const judged: EvidenceDesk['judged'] = ({ quote, set, eventLog }, at, policy) => {
    const replay = eventLog === null ? null : openEventLog(eventLog, quote);
    const collateral = set?.collateral ?? null;
    const highest = set?.highest;
    return {
      verdict: judge.verdict({ quote, collateral, at, policy, replay, highest }),
      quote,
      collateral: collateral === null ? null : utf8(JSON.stringify(collateral)),
      eventLog,
      log: () => replay?.() ?? null,
      highest,
    };
  };
  return {
    judged,
    async judgeInput(evidence, pins, policy) {
      const at = Math.floor((evidence.at ?? now()) / 1000);
      const quote = await judge.readQuote(evidence.quote, ownData);
      const set = await judge.fetchCollateral(evidence.collateral, quote, at);
      const asked = (policy as Policy | undefined) ?? (await policies.current()).policy;
      const eventLog = evidence.eventLog === undefined ? null : fromBase64url(evidence.eventLog);
      return judged({ quote, set, eventLog }, at, withPins(asked, pins));
    },
    judgement: ({ verdict, quote, collateral, eventLog, highest }) => ({
      evidence: verdict.evidence,
      ...(verdict.code === null ? {} : { code: verdict.code }),
      ...(verdict.status === null ? {} : { status: verdict.status }),
      simulated: verdict.simulated,
      judgedFor: Math.floor(Date.parse(verdict.verifiedAt) / 1000),
      quote: blobs.put(quote),
      ...(collateral === null ? {} : { collateral: blobs.put(collateral) }),
      ...(eventLog === null ? {} : { eventLog: blobs.put(eventLog) }),
      policy: verdict.policy.outcome,
      anchor: fromHex(verdict.trustAnchor.sha256, 32),
      ...(highest === undefined ? {} : { highest: { ...highest } }),
    }),
  };
}
