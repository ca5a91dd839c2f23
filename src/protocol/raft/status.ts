/** What a member can say of itself and, when it leads, of the others: for the rim and for the screens. */
import { changePending } from './members.ts';
import { entriesOf } from './log.ts';
import { membersOf } from './state.ts';
import type { Peer, RaftState } from './state.ts';
import type { Entry, MemberId, Members, Position, Role } from './types.ts';

export interface PeerStatus {
  readonly id: MemberId;
  readonly voter: boolean;
  /** Highest index known to be durable there. */
  readonly match: number;
  /** Index of the next entry to be sent. */
  readonly next: number;
  readonly mode: Peer['mode'];
  /** Heard within an election timeout. */
  readonly recentlyActive: boolean;
}

export interface RaftStatus {
  readonly self: MemberId;
  readonly role: Role;
  readonly term: number;
  readonly leader: MemberId | null;
  readonly commit: number;
  readonly last: Position;
  /** Highest index that is durable here. */
  readonly durable: number;
  /** The stored log begins after this entry. */
  readonly snapshot: Position;
  /** Entries after this one are in memory. */
  readonly trimmed: Position;
  readonly members: Members;
  /** Is a change of membership in the log that is not known to be committed? */
  readonly changing: boolean;
  /** Has a leader committed an entry of its own term, so that it can answer reads and change members? */
  readonly ready: boolean;
  readonly handingOverTo: MemberId | null;
  /** Of a leader; empty elsewhere. */
  readonly peers: readonly PeerStatus[];
}

export function status(state: RaftState): RaftStatus {
  const { lead, now, settings } = state;
  const members = membersOf(state);
  return {
    self: state.self,
    role: state.role,
    term: state.term,
    leader: state.leader,
    commit: state.commit,
    last: state.log.last,
    durable: state.durable,
    snapshot: state.snapshot,
    trimmed: state.log.before,
    members,
    changing: changePending(state.history),
    ready: lead !== null && state.commit >= lead.first,
    handingOverTo: lead?.transfer?.to ?? null,
    peers: (lead?.peers ?? []).map(({ id, match, next, mode, heard }) => ({
      id,
      voter: members.voters.includes(id),
      match,
      next,
      mode,
      recentlyActive: now - heard < settings.timing.election,
    })),
  };
}

/** Entries `from` to `to`, both included, as far as they are still in memory (those after `status().trimmed`). */
export const entriesInMemory = (state: RaftState, from: number, to: number): readonly Entry[] =>
  entriesOf(state.log, from, to);

/**
 * The next time, in milliseconds of the same clock, at which a tick has something to do; Infinity: only inputs have.
 * A rim that sleeps until then should tick before it hands over what woke it earlier: inputs happen at the time of
 * the last tick.
 */
export function nextDue(state: RaftState): number {
  if (state.lead !== null) return state.lead.beat + state.settings.timing.heartbeat;
  return state.role === 'learner' ? Infinity : state.deadline;
}
