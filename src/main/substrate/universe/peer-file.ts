/**
 * What libp2p remembers about peers, as an interface-datastore: in memory, bounded, and written behind into a SQLite
 * file so that a node that starts again knows where the others were. It is a cache: a crash may lose the last second,
 * and a file that is damaged is begun anew.
 */
import { rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { BaseDatastore } from 'datastore-core';
import { Key } from 'interface-datastore';
import type { KeyQuery, Pair, Query } from 'interface-datastore';
import { ownerOnly } from '../../store/index.ts';

export interface PeerFileOptions {
  /** Null: in memory only. */
  readonly path: string | null;
  /** Keys that are kept at most; beyond, the one that nobody asked for longest is dropped. */
  readonly limit?: number | undefined;
  /** Changes are written this long after the first of them, milliseconds. */
  readonly delay?: number | undefined;
  /** Keys that are not written to the file: this node's own entry is made anew at every start. */
  readonly volatile?: ((key: string) => boolean) | undefined;
  /** Keys that begin like this are kept until they are deleted, and are not counted. */
  readonly pinned?: string | undefined;
}

export interface PeerFile extends BaseDatastore {
  /** Writes what has not been written yet. */
  flush(): void;
  close(): void;
}

const SCHEMA = `CREATE TABLE IF NOT EXISTS pairs (
  key TEXT PRIMARY KEY, value BLOB NOT NULL, at INTEGER NOT NULL
) STRICT, WITHOUT ROWID`;

/** Opens the file, or makes it; one that is no database of this kind is replaced. Errors: those of the disk. */
export function openPeerFile(options: PeerFileOptions): PeerFile {
  const { path } = options;
  if (path === null) return new WrittenBehind(null, options);
  try {
    return new WrittenBehind(openDatabase(path), options);
  } catch {
    for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
    return new WrittenBehind(openDatabase(path), options);
  }
}

function openDatabase(path: string): DatabaseSync {
  ownerOnly(path);
  const db = new DatabaseSync(path, { timeout: 5000 });
  try {
    // NORMAL: no fsync per write; what a cache loses in a power cut it learns again
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA trusted_schema = OFF;');
    db.exec(SCHEMA);
    db.prepare('SELECT key, value FROM pairs ORDER BY at LIMIT 1').get();
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

class WrittenBehind extends BaseDatastore implements PeerFile {
  /** Longest unused first. */
  readonly #held = new Map<string, Uint8Array>();
  readonly #pinned = new Map<string, Uint8Array>();
  /** Keys whose row is not as they are held. */
  readonly #dirty = new Set<string>();
  readonly #db: DatabaseSync | null;
  readonly #limit: number;
  readonly #delay: number;
  readonly #volatile: (key: string) => boolean;
  readonly #pin: string | null;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(db: DatabaseSync | null, options: PeerFileOptions) {
    super();
    this.#db = db;
    this.#limit = options.limit ?? 20_000;
    this.#delay = options.delay ?? 1000;
    this.#volatile = options.volatile ?? (() => false);
    this.#pin = options.pinned ?? null;
    this.#load();
  }

  #load(): void {
    const rows = this.#db?.prepare('SELECT key, value FROM pairs ORDER BY at').all() ?? [];
    for (const { key, value } of rows) this.#mapOf(String(key)).set(String(key), value as Uint8Array);
    this.#makeRoom();
  }

  #mapOf(name: string): Map<string, Uint8Array> {
    return this.#pin !== null && name.startsWith(this.#pin) ? this.#pinned : this.#held;
  }

  #makeRoom(): void {
    while (this.#held.size > this.#limit) {
      const [oldest] = this.#held.keys();
      if (oldest === undefined) break;
      this.#held.delete(oldest);
      this.#changed(oldest);
    }
  }

  override put(key: Key, value: Uint8Array, options?: { signal?: AbortSignal }): Key {
    options?.signal?.throwIfAborted();
    const name = key.toString();
    const held = this.#mapOf(name);
    held.delete(name);
    held.set(name, value);
    this.#changed(name);
    this.#makeRoom();
    return key;
  }

  override get(key: Key, options?: { signal?: AbortSignal }): Uint8Array {
    options?.signal?.throwIfAborted();
    const name = key.toString();
    const held = this.#mapOf(name);
    const value = held.get(name);
    if (value === undefined) throw new NotFound(name);
    held.delete(name);
    held.set(name, value);
    return value;
  }

  override has(key: Key, options?: { signal?: AbortSignal }): boolean {
    options?.signal?.throwIfAborted();
    return this.#mapOf(key.toString()).has(key.toString());
  }

  override delete(key: Key, options?: { signal?: AbortSignal }): void {
    options?.signal?.throwIfAborted();
    const name = key.toString();
    if (this.#mapOf(name).delete(name)) this.#changed(name);
  }

  override async *_all(_query: Query, options?: { signal?: AbortSignal }): AsyncGenerator<Pair> {
    // a snapshot, because whoever iterates may write meanwhile
    for (const [key, value] of [...this.#held, ...this.#pinned]) {
      options?.signal?.throwIfAborted();
      yield { key: new Key(key, false), value };
    }
  }

  override async *_allKeys(_query: KeyQuery, options?: { signal?: AbortSignal }): AsyncGenerator<Key> {
    for (const key of [...this.#held.keys(), ...this.#pinned.keys()]) {
      options?.signal?.throwIfAborted();
      yield new Key(key, false);
    }
  }

  #changed(name: string): void {
    if (this.#db === null || this.#closed || this.#volatile(name)) return;
    this.#dirty.add(name);
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.flush(), this.#delay);
    this.#timer.unref();
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const db = this.#db;
    if (db === null || this.#closed || this.#dirty.size === 0) return;
    const at = Date.now();
    const put = db.prepare(
      'INSERT INTO pairs (key, value, at) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value, at = excluded.at',
    );
    const drop = db.prepare('DELETE FROM pairs WHERE key = ?');
    try {
      db.exec('BEGIN IMMEDIATE');
      for (const name of this.#dirty) {
        const value = this.#mapOf(name).get(name);
        if (value === undefined) drop.run(name);
        else put.run(name, value, at);
      }
      db.exec('COMMIT');
      this.#dirty.clear();
    } catch {
      // the disk is full or gone: the node goes on without, and tries again with the next change
      if (db.isTransaction) db.exec('ROLLBACK');
    }
  }

  close(): void {
    if (this.#closed) return;
    this.flush();
    this.#closed = true;
    this.#db?.close();
  }
}

/** What libp2p looks for by name when a key is absent. */
class NotFound extends Error {
  override readonly name = 'NotFoundError';
  constructor(key: string) {
    super(`${key} is not here`);
  }
}
