/** When a set of the collateral cache is asked for again: ahead of its end, and after a failure (tdx.md 4). */
import { Refusal } from '../../protocol/bytes/index.ts';
import type { Entry, Failure, Held } from './collateral-cached.ts';

export interface Timers {
  set(run: () => void, ms: number): unknown;
  clear(timer: unknown): void;
}

export const nodeTimers: Timers = {
  set: (run, ms) => setTimeout(run, ms).unref(),
  clear: (timer) => clearTimeout(timer as NodeJS.Timeout),
};

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** Intel issues anew every day, so a set is renewed about daily however long it lives. */
const LONGEST_LIFE = 24 * HOUR;

/** Somewhere in the third quarter of the life that is left, so that a fleet does not ask all at once. */
export function dueAfter({ facts }: Held, now: number, random: () => number): number {
  const life = Math.min(facts.expires * SECOND - now, LONGEST_LIFE);
  return now + Math.max(Math.round(life * (0.5 + 0.25 * random())), MINUTE);
}

/** Notes a failure in its entry: for whom it is told again, and when the next try is due. */
export function noteFailure(entry: Entry, error: Error, now: number, random: () => number): void {
  const times = (entry.failure?.times ?? 0) + 1;
  const lasting =
    error instanceof Refusal && (error.code === 'COLLATERAL_NOT_FOUND' || error.code === 'COLLATERAL_GONE');
  const failure: Failure = { error, until: now + (lasting ? 5 * MINUTE : 15 * SECOND), times };
  entry.failure = failure;
  const pause = Math.min(MINUTE * 2 ** Math.min(times - 1, 10), HOUR);
  entry.due = now + Math.round(pause * (0.5 + 0.5 * random()));
}

export interface RenewalPorts {
  readonly timers: Timers;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly entries: () => Iterable<Entry>;
  /** Begins to fetch the set of an entry anew. */
  readonly renew: (entry: Entry) => void;
}

/** Wakes up when the next set is due. Nothing is due of an entry that holds no set: its next caller asks. */
export interface Renewal {
  start(): void;
  /** Looks anew for what is due next; whoever changes an entry calls it. */
  arm(): void;
  stop(): void;
}

export function createRenewal({ timers, now, entries, renew }: RenewalPorts): Renewal {
  let timer: unknown = null;
  let running = false;
  const waiting = (): Entry[] =>
    [...entries()].filter(({ held, refreshing }) => held !== null && refreshing === null);

  const arm = (): void => {
    if (timer !== null) timers.clear(timer);
    timer = null;
    if (!running) return;
    const dues = waiting().map(({ due }) => due);
    if (dues.length > 0) timer = timers.set(tick, Math.max(Math.min(...dues) - now(), 0));
  };
  const tick = (): void => {
    timer = null;
    for (const entry of waiting()) if (entry.due <= now()) renew(entry);
    arm();
  };
  return {
    arm,
    start() {
      running = true;
      arm();
    },
    stop() {
      running = false;
      arm();
    },
  };
}
