/**
 * The Store port: what a node keeps on disk. Entries of the log, the tree over them, the view folded from them,
 * checkpoints, and rows that stay local. Two implementations: in this thread, and in a worker thread; one
 * compliance suite (test/compliance/store.ts) runs against both.
 */
import type { Value } from '../../protocol/bytes/index.ts';
import type { TreeHead } from '../../protocol/log/index.ts';
import type { Signed } from '../../protocol/record/index.ts';

/** Which rules fold commands into the view; `none` for a log of opaque commands. */
export type Rules = 'kinds' | 'none';

export interface StoreOptions {
  /** Path of the SQLite file. */
  readonly path: string;
  /** Path of the owner-only head file (house.md 4). */
  readonly headPath: string;
  readonly rules: Rules;
}

/** How far the view has been folded anew, in entries (rebuild.ts). */
export interface Rebuilding {
  readonly done: number;
  readonly total: number;
}

/** One ordered command. */
export interface Appended {
  readonly index: number;
  readonly leaf: Uint8Array;
  /** CID of the record. */
  readonly id: string;
  readonly refused: { readonly code: string; readonly message: string } | null;
  /** Keys of view rows that changed. */
  readonly changed: readonly string[];
}

export interface Batch {
  readonly appended: readonly Appended[];
  /** Tree head after the batch: durable, and written to the head file, before this is answered. */
  readonly size: number;
  readonly root: Uint8Array;
}

export interface EntryRow extends Signed {
  readonly index: number;
  readonly leaf: Uint8Array;
  /** SHA-256 of the record bytes. */
  readonly digest: Uint8Array;
  readonly refused: { readonly code: string; readonly message: string } | null;
}

export interface EntryFilter {
  /** Exact kind, or a prefix ending in `*`. */
  readonly kind?: string | undefined;
  /** Prefix of the author's key, hex. */
  readonly author?: string | undefined;
  readonly after?: number | undefined;
  readonly before?: number | undefined;
  /** Prefix of the record's SHA-256, hex. */
  readonly digest?: string | undefined;
  /** Prefix of a 32-byte value that the body holds, hex. */
  readonly mentions?: string | undefined;
  readonly refused?: boolean | undefined;
}

export interface CheckpointRow extends TreeHeadRow {
  readonly at: number;
  readonly note: Uint8Array;
}
type TreeHeadRow = Pick<TreeHead, 'size' | 'root'>;

export interface StoreHealth {
  readonly size: number;
  readonly root: Uint8Array;
  readonly checks: readonly {
    readonly id: string;
    readonly outcome: 'passed' | 'failed';
    readonly detail: string;
  }[];
  /** False when the head file says that this node has signed more than the store knows. */
  readonly writable: boolean;
  readonly checkpoint: CheckpointRow | null;
}

export interface Store {
  /** What the start-up checks found; done once, before the store answers. */
  readonly health: StoreHealth;
  /**
   * Orders, stores and folds these commands in one durable transaction, and keeps `checkpoint` (of an earlier
   * head) in the same one. Errors: `STORE_FULL`, `STORE_BEHIND`, `STORE_MOVED`.
   */
  append(commands: readonly Signed[], checkpoint?: CheckpointRow): Promise<Batch>;
  /** What the rules would say of this record now, without ordering it. */
  judge(bytes: Uint8Array): Promise<{ readonly code: string; readonly message: string } | null>;
  entry(index: number): Promise<EntryRow | null>;
  /** Ascending, from..to inclusive. */
  range(from: number, to: number): Promise<readonly EntryRow[]>;
  /** Descending from `from`, at most `limit`; the filter is answered over the whole log. */
  find(filter: EntryFilter, from: number, limit: number): Promise<readonly EntryRow[]>;
  inclusion(index: number, size: number): Promise<readonly Uint8Array[]>;
  consistency(first: number, second: number): Promise<readonly Uint8Array[]>;
  /** Hashes of complete nodes, as `coveringNodes` names them. */
  nodes(refs: readonly { readonly level: number; readonly index: number }[]): Promise<readonly Uint8Array[]>;
  rootAt(size: number): Promise<Uint8Array>;
  putCheckpoint(row: CheckpointRow): Promise<void>;
  /** Newest first, with size below `before`. */
  checkpoints(before: number, limit: number): Promise<readonly CheckpointRow[]>;
  viewRow(key: string): Promise<Value | undefined>;
  viewRows(prefix: string): Promise<readonly (readonly [key: string, value: Value])[]>;
  getLocal(key: string): Promise<Value | undefined>;
  putLocal(key: string, value: Value | undefined): Promise<void>;
  close(): Promise<void>;
}
