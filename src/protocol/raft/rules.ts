/**
 * The rules on which agreement rests, apart from the machinery around them. There is one right set, and the door of
 * this folder hands out only a step made of it; the simulation builds others to prove that it would notice.
 */
import { termAt } from './log.ts';
import { membersOf } from './state.ts';
import type { RaftState } from './state.ts';
import type { Entry, MemberId } from './types.ts';

export interface Rules {
  /** Those of whom more than half decide, whether they can be reached or not. */
  electorate(state: RaftState): readonly MemberId[];
  /** May a leader of `term` commit an entry of `entryTerm` by counting who has it? (Raft 5.4.2) */
  mayCount(entryTerm: number, term: number): boolean;
  /** The index up to which a leader counts itself. */
  ownMatch(state: RaftState): number;
  /** When a granted vote and the request that goes with an own vote may leave. */
  readonly voteLeaves: 'now' | 'after';
  /**
   * How many of `entries`, which follow an entry that both have, are in the log already. Only from the first one
   * that is not does the log change: an old message must not cut off what a newer one brought (Raft 5.3).
   */
  known(state: RaftState, entries: readonly Entry[]): number;
}

export const RAFT_RULES: Rules = {
  electorate: (state) => membersOf(state).voters,
  mayCount: (entryTerm, term) => entryTerm === term,
  ownMatch: (state) => state.durable,
  voteLeaves: 'after',
  known({ log }, entries) {
    const at = entries.findIndex((entry) => {
      // below what is in memory everything is committed, and what is committed is the same everywhere
      if (entry.index < log.before.index) return false;
      return termAt(log, entry.index) !== entry.term;
    });
    return at < 0 ? entries.length : at;
  },
};

/** More than half of `electorate`, counted by `agrees`. */
export function majority(electorate: readonly MemberId[], agrees: (id: MemberId) => boolean): boolean {
  let count = 0;
  for (const id of electorate) if (agrees(id)) count += 1;
  return count * 2 > electorate.length;
}
