/**
 * The port of what a member of Groups keeps on disk: for each Group its consensus log (term, vote, entries), the
 * tree over the committed commands, what it has signed, and snapshots. All Groups of a node share one file and one
 * worker, so that what several of them write at one moment is one transaction.
 */
import type { SavedSessions } from '../../../protocol/group/index.ts';
import type { Entry, MemberId, Position } from '../../../protocol/raft/index.ts';
import type { CheckpointRow } from '../store.ts';

/**
 * What is written in one go. Durable when `write` answers: term, vote and entries. The rest can be derived again and
 * reaches the disk with the next that is durable, whole or not at all.
 */
export interface GroupWrite {
  readonly hard?: { readonly term: number; readonly vote: MemberId | null } | undefined;
  /** Remove entries from this index on, before appending. */
  readonly truncateFrom?: number | undefined;
  readonly append?: readonly Entry[] | undefined;
  /** Entries up to here are committed now. */
  readonly commit?: CommitWrite | undefined;
  readonly checkpoint?: CheckpointRow | undefined;
  /** A state of the machine at the last committed entry: kept, and the entries up to there are dropped. */
  readonly compact?: { readonly last: Position; readonly state: Uint8Array } | undefined;
}

/** Does this member promise somebody what is in it? */
export const isPromise = ({ hard, truncateFrom, append }: GroupWrite): boolean =>
  hard !== undefined || truncateFrom !== undefined || append !== undefined;

export interface CommitWrite {
  readonly upTo: number;
  /** Log indexes among the newly committed that are no leaves: no-ops, changes of members, commands sent twice. */
  readonly gaps: readonly number[];
  readonly sessions: SavedSessions;
}

/** Leaves and root of the tree over what is committed. */
export interface Head {
  readonly size: number;
  readonly root: Uint8Array;
}

export interface GroupState {
  readonly hard: { readonly term: number; readonly vote: MemberId | null };
  /** The stored log begins after this position. */
  readonly base: Position;
  readonly last: Position;
  readonly committed: number;
  readonly head: Head;
  readonly sessions: SavedSessions;
  /** Entries that change members, ascending, as far as they are still stored. */
  readonly members: readonly Extract<Entry, { kind: 'members' }>[];
  /** The newest snapshot: its own bytes, to be read by `decodeSnapshot`. */
  readonly snapshot: Uint8Array | null;
  /** Largest head that this member has cosigned. */
  readonly signed: Head | null;
  readonly checkpoint: CheckpointRow | null;
  /** True when the head file is gone or ahead: the file came out of a backup (house.md 4). */
  readonly restored: boolean;
  /** The cosigning key with which this member must not sign any more, and not vote: it was restored once. */
  readonly muted: Uint8Array | null;
}

export interface GroupLog {
  /** As it was when the log was opened. */
  readonly opened: GroupState;
  /** Errors: `STORE_FULL`, `STORE_IO`, `STORE_CLOSED`. */
  write(batch: GroupWrite): Promise<Head>;
  /** Entries from `from` on, ascending, at most `bytes` of data (one entry at least), and the position before. */
  read(
    from: number,
    bytes: number,
  ): Promise<{ readonly prev: Position; readonly entries: readonly Entry[] } | null>;
  /** Leaves from this one on, ascending, at most `bytes` of data (one at least); empty when it was compacted away. */
  leaves(from: number, bytes: number): Promise<readonly StoredLeaf[]>;
  inclusion(index: number, size: number): Promise<readonly Uint8Array[]>;
  consistency(first: number, second: number): Promise<readonly Uint8Array[]>;
  rootAt(size: number): Promise<Uint8Array>;
  /**
   * Remembers that this member is about to sign this head; durable when it answers. Refused when it has signed a
   * larger one, or another of that size. Errors: `SIGNED_LARGER`, `SIGNED_OTHER`.
   */
  sign(head: Head): Promise<void>;
  /** Newest first, with size below `before`. */
  checkpoints(before: number, limit: number): Promise<readonly CheckpointRow[]>;
  snapshot(): Promise<Uint8Array | null>;
  /**
   * Puts a snapshot from another member in place of the log up to its position; entries after it stay if the log
   * has the entry that it ends with. Errors: as `decodeSnapshot`.
   */
  restore(snapshot: Uint8Array): Promise<Head>;
  /** Sets or lifts `muted`. */
  mute(key: Uint8Array | null): Promise<void>;
}

export interface StoredLeaf {
  /** Index of the leaf. */
  readonly index: number;
  readonly position: Position;
  readonly leaf: Uint8Array;
}

export interface GroupStore {
  /** Opens (and makes) the log of a Group. */
  open(group: Uint8Array): Promise<GroupLog>;
  close(): Promise<void>;
}
