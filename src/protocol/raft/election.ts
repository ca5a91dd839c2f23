/**
 * Who leads: pre-vote, vote, and the order to stand at once (Raft 5.2, 5.4.1; thesis 9.6, 4.2.3, 3.10). A member
 * that hears a leader helps nobody to depose it; a vote is durable before it leaves, and so is the own one before
 * the requests do.
 */
import { upToDate } from './log.ts';
import { electable } from './members.ts';
import { takeLead } from './leader.ts';
import { majority } from './rules.ts';
import { heldByLeader } from './state.ts';
import type { RaftState } from './state.ts';
import { follow, postpone, rest, sendAfter, sendNow } from './work.ts';
import type { Work } from './work.ts';
import type { MemberId, Message } from './types.ts';

type VoteRequest = Extract<Message, { kind: 'vote-request' }>;
type VoteAnswer = Extract<Message, { kind: 'vote-answer' }>;

const mayStand = ({ settings, history, self }: RaftState): boolean =>
  !settings.observer && electable(history, self);

/** What a tick means for who does not lead. */
export function onFollowerTick(work: Work, mute: boolean): void {
  const { state } = work;
  if (state.now < state.deadline || state.role === 'learner') return;
  if (!mute && mayStand(state)) askFirst(work);
  else postpone(work);
}

/** Asks whether an election would succeed, so that one who cannot win does not disturb with new terms. */
function askFirst(work: Work): void {
  const { state } = work;
  state.role = 'pre-candidate';
  canvass(work, state.term + 1, true, false);
}

/** Stands for election in the next term. */
function stand(work: Work, transfer: boolean): void {
  const { state } = work;
  state.term += 1;
  state.vote = state.self;
  work.hard = true;
  state.role = 'candidate';
  canvass(work, state.term, false, transfer);
}

function canvass(work: Work, term: number, pre: boolean, transfer: boolean): void {
  const { state, rules } = work;
  state.leader = null;
  state.granted = [state.self];
  state.refused = [];
  postpone(work);
  const electorate = rules.electorate(state);
  const leaves = pre || rules.voteLeaves === 'now' ? sendNow : sendAfter;
  for (const id of electorate)
    if (id !== state.self)
      leaves(work, id, { kind: 'vote-request', term, pre, last: state.log.last, transfer });
  count(work);
}

/** Goes on, or gives up, when the answers so far decide. */
function count(work: Work): void {
  const { state, rules } = work;
  const electorate = rules.electorate(state);
  if (majority(electorate, (id) => state.granted.includes(id))) {
    if (state.role === 'pre-candidate') stand(work, false);
    else takeLead(work, !state.granted.some((id) => id !== state.self));
  } else if (!majority(electorate, (id) => !state.refused.includes(id))) rest(work);
}

export function onVoteRequest(work: Work, from: MemberId, message: VoteRequest): void {
  const { state, rules } = work;
  const { pre, term } = message;
  if (!message.transfer && heldByLeader(state)) {
    if (pre) sendNow(work, from, { kind: 'vote-answer', term: state.term, pre, granted: false });
    return;
  }
  if (pre) {
    const granted = (term > state.term || free(state, from, term)) && upToDate(message.last, state.log.last);
    sendNow(work, from, { kind: 'vote-answer', term: granted ? term : state.term, pre, granted });
    return;
  }
  if (term > state.term) follow(work, term, null);
  const granted = free(state, from, term) && upToDate(message.last, state.log.last);
  if (granted && state.vote === null) {
    state.vote = from;
    work.hard = true;
  }
  if (granted) postpone(work);
  const leaves = rules.voteLeaves === 'now' ? sendNow : sendAfter;
  leaves(work, from, { kind: 'vote-answer', term: state.term, pre, granted });
}

/** Has this member no other obligation in `term`, its own one? */
const free = (state: RaftState, from: MemberId, term: number): boolean =>
  term === state.term && state.lead === null && (state.vote === null || state.vote === from);

export function onVoteAnswer(work: Work, from: MemberId, message: VoteAnswer): void {
  const { state } = work;
  const asked = message.pre ? state.term + 1 : state.term;
  if (!message.granted && message.term > state.term) return follow(work, message.term, null);
  if (state.role !== (message.pre ? 'pre-candidate' : 'candidate')) return;
  if (message.granted && message.term === asked) {
    if (!state.granted.includes(from)) state.granted = [...state.granted, from];
  } else if (!message.granted && message.term === state.term) {
    if (!state.refused.includes(from)) state.refused = [...state.refused, from];
  } else return;
  count(work);
}

/** The leader hands over: no pre-vote, and nobody holds this election back. */
export function onStandNow(work: Work, from: MemberId, term: number): void {
  const { state } = work;
  if (term !== state.term || from !== state.leader || state.role !== 'follower' || !mayStand(state)) return;
  stand(work, true);
}
