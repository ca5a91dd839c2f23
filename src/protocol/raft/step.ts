/**
 * One step of a member: an input in, the next state and what is to be done out (Raft figure 2). The same state and
 * input give the same result, and an older state stays usable: nothing in it changes.
 */
import { onFollowerTick, onStandNow, onVoteAnswer, onVoteRequest } from './election.ts';
import { onAppend, onRestored, onSnapshotOffer } from './follower.ts';
import { onAppendAnswer, onDisconnected, onLeaderTick, onPersisted } from './leader.ts';
import { trim } from './log.ts';
import { onPropose, onProposeMembers, onTransfer } from './propose.ts';
import { onRead } from './reads.ts';
import { onLoaded } from './replicate.ts';
import type { Rules } from './rules.ts';
import { soundMessage } from './sound.ts';
import { heldByLeader, knows } from './state.ts';
import type { RaftState } from './state.ts';
import type { Effects, Input, MemberId, Message, Position } from './types.ts';
import { begin, finish } from './work.ts';
import type { Work } from './work.ts';

export type Step = (
  state: RaftState,
  input: Input,
) => { readonly state: RaftState; readonly effects: Effects };

/** The step that goes by `rules`. */
export function createStep(rules: Rules): Step {
  return (state, input) => {
    const work = begin(rules, state);
    take(work, input);
    return finish(work);
  };
}

function take(work: Work, input: Input): void {
  switch (input.kind) {
    case 'tick':
      return onTick(work, input);
    case 'message':
      return onMessage(work, input.from, input.message);
    case 'propose':
      return onPropose(work, input.commands);
    case 'propose-members':
      return onProposeMembers(work, input);
    case 'read':
      return onRead(work, input.id);
    case 'persisted':
      return onPersisted(work, input.upTo);
    case 'loaded':
      return onLoaded(work, input);
    case 'compacted':
      return onCompacted(work, input.upTo);
    case 'restored':
      return onRestored(work, input);
    case 'disconnected':
      return onDisconnected(work, input.member);
    case 'trim':
      return onTrim(work, input.upTo);
    case 'transfer':
      return onTransfer(work, input.to);
  }
}

function onTick(work: Work, { now, mute = false }: Extract<Input, { kind: 'tick' }>): void {
  // a clock that goes back stands still here
  if (now > work.state.now) work.state.now = now;
  if (work.state.lead !== null) onLeaderTick(work);
  else onFollowerTick(work, mute);
}

/**
 * A stranger is heard only by a member that no leader holds: while this member was away the membership may have
 * changed so far that it knows nobody who leads now, or it does not know yet that it is a member (thesis 4.1).
 */
function onMessage(work: Work, from: MemberId, message: Message): void {
  const { state } = work;
  if (from === state.self || !soundMessage(message, state.term)) return;
  const known = knows(state, from);
  switch (message.kind) {
    case 'append':
      if (known || !heldByLeader(state)) onAppend(work, from, message);
      return;
    case 'snapshot-offer':
      if (known || !heldByLeader(state)) onSnapshotOffer(work, from, message);
      return;
    case 'vote-request':
      if (known || !heldByLeader(state)) onVoteRequest(work, from, message);
      return;
    case 'vote-answer':
      if (known) onVoteAnswer(work, from, message);
      return;
    case 'append-answer':
      if (known) onAppendAnswer(work, from, message);
      return;
    case 'stand-now':
      if (known) onStandNow(work, from, message.term);
  }
}

/** The store drops only what is committed and durable; anything else would be a mistake of the rim. */
function onCompacted(work: Work, upTo: Position): void {
  const { state } = work;
  if (upTo.index > Math.min(state.commit, state.durable))
    throw new Error(`entry ${upTo.index} is not committed and durable and must not be compacted`);
  if (upTo.index > state.snapshot.index) state.snapshot = upTo;
}

function onTrim(work: Work, upTo: number): void {
  const { state } = work;
  state.log = trim(state.log, Math.min(upTo, state.commit, state.durable));
}
