/** What all collections have in common: what members share, what a node brings, and how a handle is used. */
import type { UniqueId } from '../../../protocol/bytes/index.ts';
import { Refusal } from '../../../protocol/bytes/index.ts';
import type { Outcome, Writers } from '../../../protocol/collection/index.ts';
import type { Heartbeat, Membership } from '../../../protocol/group/index.ts';
import type { Timing } from '../../../protocol/raft/index.ts';
import type { Group, Groups, LeadershipPreference } from '../group/index.ts';
import type { Schema } from './schema.ts';

/** The same at every member: all of it is folded into the id of the Group. */
export interface SharedOptions {
  /** The StoreId, or a name that is hashed to it. */
  readonly id: UniqueId | string;
  /** Whose commands count; default everybody's. */
  readonly writers?: Writers;
  /** What members prove to hold; default the StoreId itself, which keeps nobody out. */
  readonly secret?: UniqueId;
  readonly heartbeat?: Heartbeat;
  /** Signatures of the ticket validators, in order. */
  readonly validators?: readonly UniqueId[];
}

/** Of the kinds whose elements are values and nothing else. */
export interface ValueOptions<T> extends SharedOptions {
  readonly value: Schema<T>;
}

/** What one node brings. */
export interface CollectionMember {
  readonly groups: Groups;
  /** The first members; a reader is one of the learners. */
  readonly genesis: Membership;
  readonly timing?: Partial<Timing>;
  /** Whether the tickets of a peer let it in; as of a Group. */
  readonly admit?: (peer: string) => number | null;
  /** Commands after which the log behind a state is let go; 0: never, so that every command stays provable. Default 10,000. */
  readonly compactAfter?: number;
}

/**
 * The key that a node's writes carry. Two nodes may share one: all they write happens once, but their numbers collide,
 * and the order of each is lost.
 */
export interface Author {
  /** Raw 32-byte Ed25519 public key. */
  readonly key: Uint8Array;
  /** Errors: `VAULT_LOCKED`. */
  sign(message: Uint8Array): Uint8Array;
}

export interface WritingMember extends CollectionMember {
  readonly author: Author;
  /** How willing the node is to lead; the first handle on a node decides, and that of a reader never leads. */
  readonly preference?: Exclude<LeadershipPreference, 'observer'>;
}

/** Index of the leaf that was applied last; −1 before the first. */
export type Version = number;

/** A write that is committed and applied here. */
export interface Written {
  readonly version: Version;
  /** Entries that it acted on; 0: it changed nothing. */
  readonly changed: number;
}

export interface WriteOptions {
  /** Takes the write back as long as it was not sent. */
  readonly signal?: AbortSignal;
  /** False: rejects at once when no leader can be reached; default: waits for one. */
  readonly wait?: boolean;
}

/**
 * A write that did not happen, with what was to be written. Codes: `GROUP_OFFLINE`, `CANCELLED`, `GROUP_BUSY`,
 * `GROUP_CLOSED`, `COMMAND_TOO_LONG`, `CBOR_PROFILE`, `VAULT_LOCKED`, `COLLECTION_*`; after `OUTCOME_UNKNOWN` it may
 * have happened.
 */
export class Unwritten<T = unknown> extends Refusal {
  readonly given: T;

  constructor(code: string, message: string, given: T) {
    super(code, message);
    this.name = 'Unwritten';
    this.given = given;
  }
}

/**
 * What readers and writers of every kind can do. Reads are local: what this node has applied. What others wrote in
 * another form than the schema names is an entry like others to `size` and `has`; a walk leaves it out, and who asks
 * for that one entry is refused with `COLLECTION_ELEMENT`.
 */
export interface CollectionReader {
  /** Id of the Group: the same wherever definition and timing are the same. */
  readonly id: UniqueId;
  /** For status, proofs, members. */
  readonly group: Group<Outcome>;
  version(): Version;
  /** After it resolves, reads see everything that was committed when it was called. Errors: `GROUP_OFFLINE`. */
  barrier(signal?: AbortSignal): Promise<Version>;
  /** BLAKE3 of the whole state: the same on every replica at the same version. */
  digest(): UniqueId;
  readonly when: {
    online(signal?: AbortSignal): Promise<void>;
    offline(signal?: AbortSignal): Promise<void>;
    /** Anything more is applied than when it was called. */
    updated(signal?: AbortSignal): Promise<Version>;
    reaches(version: Version, signal?: AbortSignal): Promise<void>;
  };
  /** Hears of every change of state or standing; answers how to stop. */
  changes(listener: () => void): () => void;
  /** The Group is left when its last handle on this node is closed. */
  close(): Promise<void>;
}
