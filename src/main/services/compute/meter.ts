/**
 * Usage out of samples. The engine counts CPU time and network bytes itself since the container's start, so
 * gaps between samples (a restart of the node, a lost connection) lose nothing of those while it runs; memory is
 * the area under the samples, by the trapezoid between neighbours. All integers; the state is plain JSON, to be
 * kept across restarts.
 *
 * What was used between the last sample and the end of a container cannot be known afterwards: the kernel's
 * counters go with it. That time is told as `unmeasuredMs` rather than guessed.
 */
import type { Usage } from '../../../protocol/compute/index.ts';
import type { StatsSample } from './engine.ts';

/** Plain JSON; keep it beside the workload. */
export interface MeterState {
  readonly startedAt: number;
  /** Counters and the time up to which usage was taken out by `take`. */
  readonly takenUntil: number;
  readonly taken: Totals;
  readonly total: Totals;
  readonly last: { readonly at: number; readonly memoryBytes: number } | null;
}

interface Totals {
  readonly cpuNs: number;
  readonly ramMibSec: number;
  /** KiB-milliseconds that make no whole MiB-second yet. */
  readonly ramRest: number;
  readonly rxBytes: number;
  readonly txBytes: number;
}

export interface UsageReport extends Usage {
  /** Unix milliseconds. */
  readonly from: number;
  readonly to: number;
}

export interface Meter {
  /** Takes one sample; older ones than the last are passed over. */
  add(sample: StatsSample): void;
  /** Usage since the previous report, and begins the next; null when no sample came since. */
  take(): UsageReport | null;
  /** Usage since the start of the container. */
  total(): Usage;
  /** Milliseconds before `endedAt` that no sample covers. */
  unmeasuredMs(endedAt: number): number;
  state(): MeterState;
}

/** In KiB-milliseconds. */
const MIB_SECOND = 1024 * 1000;
const ZERO: Totals = { cpuNs: 0, ramMibSec: 0, ramRest: 0, rxBytes: 0, txBytes: 0 };

export const newMeterState = (startedAt: number): MeterState => ({
  startedAt,
  takenUntil: startedAt,
  taken: ZERO,
  total: ZERO,
  last: null,
});

export function createMeter(from: MeterState): Meter {
  let state = from;
  return {
    add(sample) {
      const { last, total, startedAt } = state;
      if (sample.at <= (last?.at ?? startedAt - 1)) return;
      const elapsed = sample.at - (last?.at ?? startedAt);
      const area = (((last?.memoryBytes ?? sample.memoryBytes) + sample.memoryBytes) / 2048) * elapsed;
      const rest = total.ramRest + Math.round(area);
      state = {
        ...state,
        total: {
          // the counters never run backwards; a smaller one is a misreading
          cpuNs: Math.max(total.cpuNs, sample.cpuNs),
          ramMibSec: total.ramMibSec + Math.floor(rest / MIB_SECOND),
          ramRest: rest % MIB_SECOND,
          rxBytes: Math.max(total.rxBytes, sample.rxBytes),
          txBytes: Math.max(total.txBytes, sample.txBytes),
        },
        last: { at: sample.at, memoryBytes: sample.memoryBytes },
      };
    },
    take() {
      const { last, total, taken, takenUntil } = state;
      if (last === null || last.at <= takenUntil) return null;
      // both ends are rounded down from the start on, so that the reports add up to the total
      const now = usageOf(total);
      const before = usageOf(taken);
      state = { ...state, taken: total, takenUntil: last.at };
      return {
        from: takenUntil,
        to: last.at,
        cpuMs: now.cpuMs - before.cpuMs,
        ramMibSec: now.ramMibSec - before.ramMibSec,
        rxBytes: now.rxBytes - before.rxBytes,
        txBytes: now.txBytes - before.txBytes,
      };
    },
    total: () => usageOf(state.total),
    unmeasuredMs: (endedAt) => Math.max(0, endedAt - (state.last?.at ?? state.startedAt)),
    state: () => state,
  };
}

const usageOf = (totals: Totals): Usage => ({
  cpuMs: Math.floor(totals.cpuNs / 1_000_000),
  ramMibSec: totals.ramMibSec,
  rxBytes: totals.rxBytes,
  txBytes: totals.txBytes,
});
