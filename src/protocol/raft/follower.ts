/**
 * A follower's side of the log (Raft 5.3): it takes what follows an entry that it has, replaces what contradicts a
 * leader and is not committed, and says how far it matches once that is durable. Learners and members that do not
 * know yet that they are some do the same.
 */
import { commitTo } from './leader.ts';
import { backOff, emptyLog, START, termAt, truncate } from './log.ts';
import { adopt, forget } from './members.ts';
import { appendToLog, follow, postpone, rest, sendAfter } from './work.ts';
import type { Work } from './work.ts';
import type { Entry, Input, MemberId, Members, Message, Position } from './types.ts';

/** Recognises `from` as the leader of `term`; false when it is not. */
function heed(work: Work, from: MemberId, term: number, round: number): boolean {
  const { state } = work;
  if (term < state.term) {
    answer(work, from, round, false, START);
    return false;
  }
  if (term === state.term && (state.lead !== null || (state.leader !== null && state.leader !== from)))
    return false;
  if (term > state.term || state.leader !== from) follow(work, term, from);
  state.heard = state.now;
  postpone(work);
  return true;
}

const answer = (work: Work, to: MemberId, round: number, ok: boolean, at: Position): void =>
  sendAfter(work, to, {
    kind: 'append-answer',
    term: work.state.term,
    round,
    ok,
    index: at.index,
    conflict: ok ? 0 : at.term,
  });

export function onAppend(work: Work, from: MemberId, message: Extract<Message, { kind: 'append' }>): void {
  const { state, rules } = work;
  const { prev, entries, round } = message;
  if (!heed(work, from, message.term, round)) return;
  const here = termAt(state.log, prev.index);
  // what is committed here is the same at every leader; further on, the entry before must be the same
  if (here === null ? prev.index > state.commit : here !== prev.term) {
    if (prev.index >= state.commit) answer(work, from, round, false, backOff(state.log, prev, state.commit));
    return;
  }
  const known = rules.known(state, entries);
  const fresh = known === 0 ? entries : entries.slice(known);
  const first = fresh[0];
  if (first !== undefined) {
    if (first.index <= state.commit) return; // no leader would take back what is committed
    replace(work, first.index, fresh);
  }
  const end = prev.index + entries.length;
  // news of a commit between two rounds tells the leader nothing new when it is answered
  if (entries.length > 0 || round > state.answered)
    answer(work, from, round, true, { term: 0, index: Math.max(end, state.commit) });
  if (round > state.answered) state.answered = round;
  if (Math.min(message.commit, end) > state.commit) commitTo(work, Math.min(message.commit, end));
}

/** The log goes on with `entries` from `index` on, whatever stood there. */
function replace(work: Work, index: number, entries: readonly Entry[]): void {
  const { state } = work;
  if (index <= state.log.last.index) {
    state.log = truncate(state.log, index);
    state.history = forget(state.history, index);
    state.durable = Math.min(state.durable, index - 1);
    work.truncateFrom = index;
  }
  appendToLog(work, entries);
  state.history = adopt(state.history, entries);
  rest(work);
}

/** The leader has no entries for this member any more; the rim fetches a state and says `restored`. */
export function onSnapshotOffer(
  work: Work,
  from: MemberId,
  message: Extract<Message, { kind: 'snapshot-offer' }>,
): void {
  const { state } = work;
  if (!heed(work, from, message.term, message.round)) return;
  answer(work, from, message.round, true, { term: 0, index: state.commit });
  if (message.last.index > state.commit) work.fetch = { from, last: message.last };
}

/**
 * The stored log begins after a snapshot now. Entries after it stay when they follow the same entry; else nothing of
 * the log is worth keeping (Raft 7). What the snapshot contains is committed.
 */
export function onRestored(work: Work, input: Extract<Input, { kind: 'restored' }>): void {
  const { state } = work;
  const { last, members } = input;
  const known = last.index <= state.commit;
  const follows = known || termAt(state.log, last.index) === last.term;
  if (state.lead !== null && !follows) return; // a leader has all that is committed
  if (last.index > state.snapshot.index) state.snapshot = last;
  if (follows) {
    state.durable = Math.max(state.durable, last.index);
    if (!known) commitTo(work, last.index);
  } else begin(work, last, members);
  if (state.leader !== null && state.lead === null)
    answer(work, state.leader, 0, true, { term: 0, index: state.commit });
}

/** The log begins anew after `last`. */
function begin(work: Work, last: Position, members: Members): void {
  const { state } = work;
  if (state.log.last.index > last.index) work.truncateFrom = last.index + 1;
  if (last.term > state.term) follow(work, last.term, null);
  state.log = emptyLog(last);
  state.durable = last.index;
  state.history = [{ index: last.index, members }];
  state.commit = last.index;
  work.commit = last.index;
  rest(work);
}
