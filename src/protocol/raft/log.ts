/**
 * The end of the log, as far as it is in memory: the entries after `before`. Everything that is not committed is
 * always here, so that terms can be compared (Raft 5.3); older entries may have been trimmed and stand in the store.
 */
import type { Entry, Position } from './types.ts';
import { emptyRun, runAppend, runAt, runCut, runDrop, runLength, runOf, runSlice } from './run.ts';
import type { Run } from './run.ts';

export interface Log {
  /** The entry just before the first one in memory. */
  readonly before: Position;
  readonly tail: Run<Entry>;
  readonly last: Position;
}

export const START: Position = { term: 0, index: 0 };

export const positionOf = (entry: Entry): Position => ({ term: entry.term, index: entry.index });

export const emptyLog = (before: Position): Log => ({ before, tail: emptyRun(), last: before });

export function logOf(before: Position, entries: readonly Entry[]): Log {
  const last = entries.at(-1);
  return { before, tail: runOf(entries), last: last === undefined ? before : positionOf(last) };
}

/** The term of the entry at `index`; null when it is not in memory. */
export function termAt(log: Log, index: number): number | null {
  if (index === log.before.index) return log.before.term;
  return runAt(log.tail, index - log.before.index - 1)?.term ?? null;
}

export const entryAt = (log: Log, index: number): Entry | undefined =>
  runAt(log.tail, index - log.before.index - 1);

/** Entries `from` to `to`, both included, as far as they are in memory. */
export const entriesOf = (log: Log, from: number, to: number): readonly Entry[] => {
  const first = Math.max(from, log.before.index + 1);
  return to < first ? [] : runSlice(log.tail, first - log.before.index - 1, to - log.before.index);
};

/** `entries` must follow the last one. */
export function append(log: Log, entries: readonly Entry[]): Log {
  const last = entries.at(-1);
  if (last === undefined) return log;
  return { before: log.before, tail: runAppend(log.tail, entries), last: positionOf(last) };
}

/** Without `index` and everything after it. */
export function truncate(log: Log, index: number): Log {
  const tail = runCut(log.tail, index - log.before.index - 1);
  const last = runAt(tail, runLength(tail) - 1);
  return { before: log.before, tail, last: last === undefined ? log.before : positionOf(last) };
}

/** Forgets entries up to `index`. */
export function trim(log: Log, index: number): Log {
  const entry = entryAt(log, index);
  if (entry === undefined) return log;
  return {
    before: positionOf(entry),
    tail: runDrop(log.tail, index - log.before.index),
    last: log.last,
  };
}

/** Is a log that ends at `candidate` at least as complete as one that ends at `own`? (Raft 5.4.1) */
export const upToDate = (candidate: Position, own: Position): boolean =>
  candidate.term > own.term || (candidate.term === own.term && candidate.index >= own.index);

/**
 * Where a follower tells its leader to try next: its last entry at or before `prev` whose term is not above that of
 * `prev`. Everything between cannot match, so a whole term is skipped at once (Raft 5.3, the faster back-off).
 * `floor` is known to match: the follower's commit index.
 */
export function backOff(log: Log, prev: Position, floor: number): Position {
  let index = Math.min(prev.index, log.last.index);
  for (; index > floor; index--) {
    const term = termAt(log, index);
    if (term === null || term <= prev.term) break;
  }
  return { term: termAt(log, index) ?? 0, index };
}
