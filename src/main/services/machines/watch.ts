/** What the alarms are made from: machines with their verdicts, and what Intel's early documents would change. */
import type { Alarm } from '../../../contract/index.ts';
import { alarmsOf, compareShortfall, platformHint } from '../../../protocol/attestation/index.ts';
import type { EarlyWarning, MachineRow, Policy, Verdict } from '../../../protocol/attestation/index.ts';
import { toHex } from '../../../protocol/bytes/index.ts';
import type { Blobs } from '../../store/index.ts';
import type { CollateralKeeper } from './collateral.ts';
import type { Judge } from './judge.ts';
import type { Obstacles } from './obstacles.ts';
import { heldQuote } from './stored.ts';

export interface WatchPorts {
  readonly blobs: Blobs;
  readonly judge: Judge;
  readonly collateral: CollateralKeeper;
  readonly obstacles: Obstacles;
  /** Unix milliseconds. */
  readonly now: () => number;
}

export interface AlarmWatch {
  alarms(
    rows: readonly { readonly row: MachineRow; readonly verdict: Verdict | null }[],
    policy: Policy,
    days: number,
  ): Alarm[];
  /** Compares the standard and the early documents for the platforms of these machines; asks the service. */
  lookAhead(rows: readonly MachineRow[], policy: Policy, signal?: AbortSignal): Promise<void>;
}

export function createAlarmWatch({ blobs, judge, collateral, obstacles, now }: WatchPorts): AlarmWatch {
  /** By machine; what the last look ahead found. */
  const warnings = new Map<string, EarlyWarning | null>();
  return {
    alarms: (rows, policy, days) =>
      alarmsOf({
        machines: rows.map(({ row, verdict }) => ({
          id: toHex(row.machine),
          name: row.name,
          state: row.state,
          verdict,
          challenge: row.challenge === null ? null : { ...row.challenge, obstacle: obstacles.of(row) },
          history: row.history,
          earlyWarning: warnings.get(toHex(row.machine)) ?? null,
        })),
        policy,
        rollbacks: collateral.rollbacks(),
        now: now(),
        days,
      }) as Alarm[],
    async lookAhead(rows, policy, signal) {
      const at = Math.floor(now() / 1000);
      for (const row of rows) {
        const quote = heldQuote(blobs, row);
        // simulated platforms have no family that Intel would know
        const hint = quote === null || row.simulated ? null : platformHint(quote);
        if (quote === null || hint === null) continue;
        const { standard, early } = await collateral.editions(hint, at);
        if (signal?.aborted === true) return;
        if (standard.set === null || early.set === null) continue;
        const judged = [standard.set, early.set].map(({ collateral: set }) =>
          judge.verdict({ quote, collateral: set, at, policy }),
        );
        const [now_, then] = judged;
        if (now_ !== undefined && then !== undefined)
          warnings.set(toHex(row.machine), compareShortfall(now_, then));
      }
    },
  };
}
