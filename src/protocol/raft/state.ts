/**
 * What a member knows between two steps, and how it begins: fresh, or from what its disk kept (Raft figure 2; the
 * hard state is term, vote and log). Read-only: a step makes a new one, and an older one stays as it was.
 */
import { adopt, electable, inForce, isMember, settleHistory } from './members.ts';
import type { History } from './members.ts';
import { logOf } from './log.ts';
import type { Log } from './log.ts';
import { chance, firstDeadline } from './time.ts';
import type { Timing } from './time.ts';
import type { Run } from './run.ts';
import type { Entry, MemberId, Members, Position, Role } from './types.ts';

export interface Limits {
  /** Most bytes of entries in one append; a single larger entry still goes, alone. */
  readonly batchBytes: number;
  /** Appends under way to one follower before an answer is awaited. */
  readonly inflight: number;
}

/**
 * Half a wire frame (1 MiB), and as many as keep a gigabit of 100 ms busy. Together they fit into what a link holds
 * before it gives up (16 MiB), with room for what else goes over it.
 */
export const LIMITS: Limits = { batchBytes: 512 * 1024, inflight: 24 };

/** What a leader knows of one that gets its log. */
export interface Peer {
  readonly id: MemberId;
  /** probe: one append at a time until one matches; replicate: pipelined; snapshot: it must fetch the state. */
  readonly mode: 'probe' | 'replicate' | 'snapshot';
  /** Highest index known to be durable there and equal to ours. */
  readonly match: number;
  /** Index of the next entry to send. */
  readonly next: number;
  /** The entry before `next`, when it was loaded from the store and is not in memory. */
  readonly prev: Position | null;
  /** The last index of each append under way, in order; of mode replicate. */
  readonly flight: Run<number>;
  /** Of mode probe: the probe is under way. */
  readonly probing: boolean;
  /** Entries for it are being read from the stored log. */
  readonly loading: boolean;
  /** When it was last heard, milliseconds. */
  readonly heard: number;
  /** The latest round it answered. */
  readonly round: number;
  /** The commit index it was last told. */
  readonly told: number;
}

/** What only a leader knows. */
export interface Lead {
  readonly peers: readonly Peer[];
  /** Index of its first entry: once this is committed, so is everything before. */
  readonly first: number;
  /** Is its own vote known to be durable? Until then nothing of this term may leave before the disk has it. */
  readonly settled: boolean;
  readonly round: number;
  /** When all were last written to, milliseconds. */
  readonly beat: number;
  /** Reads at `confirmIndex` that wait for a quorum's answers to `confirmRound`; the waiting ones come next. */
  readonly confirming: readonly number[];
  readonly confirmRound: number;
  readonly confirmIndex: number;
  readonly waiting: readonly number[];
  /** To whom it hands over, and when it gives that up. */
  readonly transfer: { readonly to: MemberId; readonly until: number } | null;
}

/** The constants of a member. */
export interface Settings {
  readonly timing: Timing;
  readonly limits: Limits;
  readonly reluctance: number;
  readonly observer: boolean;
}

export interface RaftState {
  readonly self: MemberId;
  readonly settings: Settings;
  /** Time of the last tick, milliseconds. */
  readonly now: number;
  /** State of the generator behind the election jitter. */
  readonly chance: number;
  readonly term: number;
  readonly vote: MemberId | null;
  readonly role: Role;
  readonly leader: MemberId | null;
  /** When a leader was last heard; null: not since the start. */
  readonly heard: number | null;
  /** The latest round of this leader that was answered; -1: none. */
  readonly answered: number;
  /** When to stand unless a leader is heard before. */
  readonly deadline: number;
  readonly log: Log;
  /** The stored log begins after this entry. */
  readonly snapshot: Position;
  /** Entries up to here are durable here. */
  readonly durable: number;
  readonly commit: number;
  readonly history: History;
  /** Answers of those that were asked for their vote. */
  readonly granted: readonly MemberId[];
  readonly refused: readonly MemberId[];
  readonly lead: Lead | null;
}

export interface RaftOptions {
  readonly self: MemberId;
  /**
   * The membership in force at the start of `tail` (that of the newest membership entry up to `before`, else the
   * one the group was founded with); entries in the tail change it. Empty: this node does not know yet that it is
   * a member, and accepts the log of the first leader it hears.
   */
  readonly members: Members;
  readonly hard: { readonly term: number; readonly vote: MemberId | null };
  /** The stored log begins after this entry; `{ term: 0, index: 0 }` when all of it is there. */
  readonly snapshot: Position;
  /** The end of the stored log, contiguous; it must hold everything after `commit`. */
  readonly tail: readonly Entry[];
  /** The entry just before `tail`; left out: `snapshot`. */
  readonly before?: Position;
  /** Lowest index known to be committed; 0 is always right when `before` is the snapshot. */
  readonly commit: number;
  readonly now: number;
  /** Any whole number; members of one group should have different ones. */
  readonly seed: number;
  readonly timing: Timing;
  /** Multiplies election timeout and bootstrap delay (a reluctant member: 3); 1 when left out. */
  readonly reluctance?: number;
  /**
   * Never stands. Such a member is better a learner: where half or more of the voters are observers, the newest
   * entry may be with one of them only, and nobody else can be elected.
   */
  readonly observer?: boolean;
  readonly limits: Limits;
}

/**
 * A member as its disk left it; fresh: term 0, no vote, empty tail. It follows, and stands when nobody leads; a
 * sole voter stands at the next tick. Throws a plain error when what is said to be stored contradicts itself: that
 * disk must not take part.
 */
export function createRaft(options: RaftOptions): RaftState {
  const { self, hard, snapshot, tail, timing, observer = false, reluctance = 1 } = options;
  const before = options.before ?? snapshot;
  const log = logOf(before, tail);
  const commit = Math.max(options.commit, snapshot.index);
  checkStored(before, tail, hard.term);
  if (before.index > commit)
    throw new Error(`entries ${commit + 1} to ${before.index} may not be committed and must be in the tail`);
  if (commit > log.last.index)
    throw new Error(`entry ${commit} was committed but the stored log ends at ${log.last.index}`);
  const history = settleHistory(adopt([{ index: 0, members: options.members }], tail), commit);
  const settings = { timing, limits: options.limits, reluctance, observer };
  const drawn = chance(options.seed);
  const sole = inForce(history).members.voters.length === 1 && electable(history, self);
  return {
    self,
    settings,
    now: options.now,
    chance: drawn,
    term: hard.term,
    vote: hard.vote,
    role: electable(history, self) ? 'follower' : 'learner',
    leader: null,
    heard: null,
    answered: -1,
    deadline: sole ? options.now : firstDeadline(settings, options.now, hard.term, drawn),
    log,
    snapshot,
    durable: log.last.index,
    commit,
    history,
    granted: [],
    refused: [],
    lead: null,
  };
}

function checkStored(before: Position, tail: readonly Entry[], term: number): void {
  let last = before;
  for (const entry of tail) {
    if (entry.index !== last.index + 1 || entry.term < last.term)
      throw new Error(`stored entry ${entry.index} (term ${entry.term}) cannot follow ${last.index}`);
    last = entry;
  }
  if (last.term > term) throw new Error(`stored term ${term} is behind the stored log (term ${last.term})`);
}

/** The membership in force. */
export const membersOf = (state: RaftState): Members => inForce(state.history).members;

/**
 * Does a leader hold this member, so that it must not help to depose it? (thesis 4.2.3) True for the leader itself,
 * and for who heard one within the shortest election timeout.
 */
export const heldByLeader = (state: RaftState): boolean =>
  state.lead !== null ||
  (state.leader !== null && state.heard !== null && state.now - state.heard < state.settings.timing.election);

/** Is `id` somebody whose word counts here: a member now or before a change that is not committed, or the leader? */
export const knows = (state: RaftState, id: MemberId): boolean =>
  id === state.leader || state.history.some(({ members }) => isMember(members, id));
