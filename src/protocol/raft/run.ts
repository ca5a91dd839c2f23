/**
 * A run: a sequence that grows at its end, shrinks at either end and is never changed in place for who holds an
 * older one. Growing shares the backing array, so it costs what is added and not what is there; a run that is not
 * the newest of its array (it was cut, or grown twice) is copied when it grows.
 */
export interface Run<T> {
  /** Shared with older and newer runs; only `items[from..to)` belongs to this one. */
  readonly items: T[];
  readonly from: number;
  readonly to: number;
}

export const emptyRun = <T>(): Run<T> => ({ items: [], from: 0, to: 0 });

export const runOf = <T>(items: readonly T[]): Run<T> => ({
  items: items.slice(),
  from: 0,
  to: items.length,
});

export const runLength = (run: Run<unknown>): number => run.to - run.from;

/** The item at `at`, counted from 0 in this run. */
export const runAt = <T>(run: Run<T>, at: number): T | undefined =>
  at < 0 || run.from + at >= run.to ? undefined : run.items[run.from + at];

export function runAppend<T>(run: Run<T>, more: readonly T[]): Run<T> {
  const newest = run.items.length === run.to;
  const items = newest ? run.items : run.items.slice(run.from, run.to);
  const from = newest ? run.from : 0;
  for (const item of more) items.push(item);
  return { items, from, to: items.length };
}

/** Without everything from `at` on, counted from 0 in this run. */
export const runCut = <T>(run: Run<T>, at: number): Run<T> => ({
  items: run.items,
  from: run.from,
  to: run.from + at,
});

/** Without the first `count`. Copies when more than half of the array is unused: O(1) a dropped item over time. */
export function runDrop<T>(run: Run<T>, count: number): Run<T> {
  const from = run.from + count;
  return from * 2 < run.to
    ? { items: run.items, from, to: run.to }
    : { items: run.items.slice(from, run.to), from: 0, to: run.to - from };
}

export const runSlice = <T>(run: Run<T>, from: number, to: number): readonly T[] =>
  run.items.slice(run.from + from, Math.min(run.from + to, run.to));
