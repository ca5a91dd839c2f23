/**
 * The words of the consensus core: what goes into `step` and what comes out of it (Ongaro and Ousterhout, "In
 * Search of an Understandable Consensus Algorithm"; pre-vote, check-quorum, learners, read-index and leadership
 * transfer after Ongaro's thesis 3.10, 4.2.1, 6.2, 6.4 and 9.6). No clock, no socket, no disk and no randomness:
 * all of them come in as inputs.
 *
 * Indexes count from 1; index 0 with term 0 is the empty log. Times are milliseconds of any monotonic clock.
 */

/** A member's node key, 64 lower-case hex digits. */
export type MemberId = string;

export interface Position {
  readonly term: number;
  readonly index: number;
}

/** Who decides and who only replicates. Changed one member at a time; takes effect as soon as it is in the log. */
export interface Members {
  /** 1 to 7, explicit: the quorum is more than half of them, however many are reachable. */
  readonly voters: readonly MemberId[];
  readonly learners: readonly MemberId[];
}

export const MAX_VOTERS = 7;

export type Entry =
  | { readonly kind: 'command'; readonly index: number; readonly term: number; readonly data: Uint8Array }
  /** What a new leader appends first: nothing of earlier terms is committed before an entry of its own. */
  | { readonly kind: 'no-op'; readonly index: number; readonly term: number }
  /** `data` is the command that an operator signed; who gives it to the core has checked it and read `members` from it. */
  | {
      readonly kind: 'members';
      readonly index: number;
      readonly term: number;
      readonly members: Members;
      readonly data: Uint8Array;
    };

export type Message =
  | {
      readonly kind: 'vote-request';
      readonly term: number;
      /** True: would you vote for me in `term`? Binds nobody. */
      readonly pre: boolean;
      readonly last: Position;
      /** True when the leader itself asked for this election: followers do not hold it back. */
      readonly transfer: boolean;
    }
  | { readonly kind: 'vote-answer'; readonly term: number; readonly pre: boolean; readonly granted: boolean }
  | {
      readonly kind: 'append';
      readonly term: number;
      readonly prev: Position;
      readonly entries: readonly Entry[];
      readonly commit: number;
      /** Counts the leader's rounds: an answer to a later round confirms leadership for a read (read-index). */
      readonly round: number;
    }
  | {
      readonly kind: 'append-answer';
      readonly term: number;
      readonly round: number;
      readonly ok: boolean;
      /** ok: highest index known to match and to be durable here. Not ok: where to try next. */
      readonly index: number;
      /** Not ok: the term at `index` here, so that the leader can skip whole terms; else 0. */
      readonly conflict: number;
    }
  /** The follower is behind everything the leader still has; the state is fetched outside the core. */
  | {
      readonly kind: 'snapshot-offer';
      readonly term: number;
      readonly last: Position;
      readonly round: number;
    }
  /** Stand for election at once: the leader hands over. */
  | { readonly kind: 'stand-now'; readonly term: number };

export interface Envelope {
  readonly to: MemberId;
  readonly message: Message;
}

export type Input =
  /** `mute`: what this member has promised is forgotten, so it does not stand, whatever is due. */
  | { readonly kind: 'tick'; readonly now: number; readonly mute?: boolean }
  | { readonly kind: 'message'; readonly from: MemberId; readonly message: Message }
  /** Refused (`refused: 'NOT_LEADER'`) unless this member leads and is not handing over. */
  | { readonly kind: 'propose'; readonly commands: readonly Uint8Array[] }
  /** Refused also while an earlier change is not committed, when more than one member differs, or 0 or 8 voters. */
  | { readonly kind: 'propose-members'; readonly members: Members; readonly data: Uint8Array }
  /** A linearizable read; answered in `reads` with the index that must be applied first, or in `readsLost`. */
  | { readonly kind: 'read'; readonly id: number }
  /** What `persist` asked for is durable up to this entry; an older answer than the newest request is fine. */
  | { readonly kind: 'persisted'; readonly upTo: Position }
  /** Answers `effects.load`: entries of the stored log, contiguous, after `prev`; may be fewer than asked for. */
  | {
      readonly kind: 'loaded';
      readonly to: MemberId;
      readonly prev: Position;
      readonly entries: readonly Entry[];
    }
  /** The stored log begins after this position now; a follower that is further back needs a snapshot. */
  | { readonly kind: 'compacted'; readonly upTo: Position }
  /**
   * A snapshot was fetched and made durable here. The same transaction must have removed the stored entries up to
   * `last`, and those after it too unless the stored entry at `last.index` had the term `last.term`.
   */
  | { readonly kind: 'restored'; readonly last: Position; readonly members: Members }
  /** The link to this member broke: what was sent and not answered may be lost. */
  | { readonly kind: 'disconnected'; readonly member: MemberId }
  /** Entries up to here may be forgotten in memory; they stay in the stored log. */
  | { readonly kind: 'trim'; readonly upTo: number }
  | { readonly kind: 'transfer'; readonly to: MemberId };

export type Role = 'follower' | 'pre-candidate' | 'candidate' | 'leader' | 'learner';

export interface Effects {
  /** To be made durable, in this order, in one transaction, before anything in `after` leaves; null: nothing. */
  readonly persist: {
    readonly hard: { readonly term: number; readonly vote: MemberId | null } | null;
    /** Remove stored entries from this index on, before appending; null: nothing to remove. */
    readonly truncateFrom: number | null;
    readonly append: readonly Entry[];
  } | null;
  /** May leave at once: it promises nothing that a crash could take back. */
  readonly now: readonly Envelope[];
  /** May leave only once `persist` (and everything that earlier steps asked to persist) is durable. */
  readonly after: readonly Envelope[];
  /** The new commit index; null when it did not move. May be ahead of what is durable here. */
  readonly commit: number | null;
  readonly reads: readonly { readonly id: number; readonly index: number }[];
  /** Reads that this member cannot answer any more: it lost the lead. */
  readonly readsLost: readonly number[];
  /** Positions that the commands of `propose` got, in order; null when nothing was proposed or it was refused. */
  readonly accepted: { readonly first: Position; readonly count: number } | null;
  readonly refused: { readonly code: string; readonly message: string } | null;
  /** Entries that are in the stored log but no longer in memory are wanted for this member, from `from` on. */
  readonly load: readonly { readonly to: MemberId; readonly from: number }[];
  /**
   * The leader no longer has the entries that come next here: a state at `last` or later is to be fetched from it
   * and given back as `restored`. Said again with every offer, as long as it is so; null: nothing to fetch.
   */
  readonly fetch: { readonly from: MemberId; readonly last: Position } | null;
  /** True when role, term, leader or members differ from before. */
  readonly changed: boolean;
}
