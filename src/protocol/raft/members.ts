/**
 * Who decides: what a membership may look like, how far two of them may differ, and the memberships that the log
 * may still have to return to. One member at a time, in force as soon as the entry is in the log, undone when the
 * entry is (Ongaro's thesis 4.1, 4.2.1).
 */
import { MAX_VOTERS } from './types.ts';
import type { Entry, MemberId, Members } from './types.ts';

/** A membership and the index of the entry that brought it; 0 for the one that the log began with. */
export interface Configuration {
  readonly index: number;
  readonly members: Members;
}

/** The first is committed, the last in force. Never empty. */
export type History = readonly [Configuration, ...Configuration[]];

export const inForce = (history: History): Configuration => history.at(-1) ?? history[0];

/** Is `members` something that can decide? One to seven voters, nobody twice. */
export function soundMembers(members: Members): boolean {
  const { voters, learners } = members;
  if (voters.length < 1 || voters.length > MAX_VOTERS) return false;
  const all = [...voters, ...learners];
  return all.every((id) => typeof id === 'string' && id !== '') && new Set(all).size === all.length;
}

const standing = (members: Members, id: MemberId): string =>
  members.voters.includes(id) ? 'voter' : members.learners.includes(id) ? 'learner' : 'none';

export const everyone = (members: Members): readonly MemberId[] => [...members.voters, ...members.learners];

export const isMember = (members: Members, id: MemberId): boolean =>
  members.voters.includes(id) || members.learners.includes(id);

/** Those who stand differently in the two: added, removed, promoted or demoted. */
export function differing(a: Members, b: Members): readonly MemberId[] {
  const all = new Set([...everyone(a), ...everyone(b)]);
  return [...all].filter((id) => standing(a, id) !== standing(b, id));
}

/** With the memberships that `entries` bring. */
export function adopt(history: History, entries: readonly Entry[]): History {
  let grown: History = history;
  for (const entry of entries)
    if (entry.kind === 'members') grown = [...grown, { index: entry.index, members: entry.members }];
  return grown;
}

/** Without the memberships of entries from `index` on. */
export function forget(history: History, index: number): History {
  if (inForce(history).index < index) return history;
  const [base, ...later] = history;
  return [base, ...later.filter((configuration) => configuration.index < index)];
}

/** Once entries up to `commit` are committed, nothing before the newest of them can come back. */
export function settleHistory(history: History, commit: number): History {
  const next = history[1];
  if (next === undefined || next.index > commit) return history;
  const [first = next, ...rest] = history.slice(
    history.findLastIndex((configuration) => configuration.index <= commit),
  );
  return [first, ...rest];
}

/** Does a command change of membership still wait for its commit? */
export const changePending = (history: History): boolean => history.length > 1;

/**
 * May `id` stand? A member whose removal is not known to be committed may still be needed, for who removed it may
 * have nobody else with the newest entry (thesis 4.2.2). Which of the memberships is the last committed one is not
 * known: after a restart that may be any of them.
 */
export const electable = (history: History, id: MemberId): boolean =>
  history.some(({ members }) => members.voters.includes(id));

/** All who get the log: members in force, and those who leave until their leaving is committed. */
export function audience(history: History, self: MemberId): readonly MemberId[] {
  const all = new Set(history.toReversed().flatMap(({ members }) => everyone(members)));
  all.delete(self);
  return [...all];
}
