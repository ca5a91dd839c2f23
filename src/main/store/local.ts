/**
 * The store in this thread: order, leaf, tree and fold in one transaction (house.md 1, 4). The worker runs this
 * very object; tests and offline commands use it directly.
 */
import {
  decodeCanonical,
  encodeCanonical,
  fromHex,
  NO_COALITION,
  Refusal,
  sameBytes,
} from '../../protocol/bytes/index.ts';
import type { Value } from '../../protocol/bytes/index.ts';
import { kinds } from '../../protocol/kinds.ts';
import {
  consistencyNodes,
  decodeFrontier,
  encodeFrontier,
  proveConsistency,
  proveInclusion,
  recordLeafHash,
  subtreeRoot,
} from '../../protocol/log/index.ts';
import type { FrontierState } from '../../protocol/log/index.ts';
import { foldInto, judge, recordId } from '../../protocol/record/index.ts';
import type { FoldResult, Record, Signed, View } from '../../protocol/record/index.ts';
import { nodeHashes } from '../hashes.ts';
import { startupChecks } from './checks.ts';
import { openDatabase, translating } from './database.ts';
import type { Database } from './database.ts';
import { openHeadFile } from './head-file.ts';
import type { HeadFile } from './head-file.ts';
import type { Appended, CheckpointRow, EntryFilter, EntryRow, Store, StoreOptions } from './store.ts';
import { createTree } from './tree.ts';

/** No view row is larger; a record is at most 16 KiB and a fold only gathers a few. */
const MAX_ROW_BYTES = 1024 * 1024;
/** Two checkpoints within this time are one step of the timeline, milliseconds (core.md 1.4). */
const CHECKPOINT_SPACING = 500;

/** Every method of the port, synchronous: what the worker calls. */
export type LocalStore = {
  readonly [K in keyof Store]: Store[K] extends (...args: infer A) => Promise<infer R>
    ? (...args: A) => R
    : Store[K];
};

/** Errors: `STORE_DAMAGED`, `STORE_TOO_NEW`, `STORE_UNWRITABLE`, `STORE_FULL`, `STORE_IO`. */
export function openLocalStore(options: StoreOptions): LocalStore {
  return translating(() => {
    const opened: { close(): void }[] = [];
    try {
      const db = openDatabase(options.path);
      opened.push(db);
      const headFile = openHeadFile(options.headPath);
      opened.push(headFile);
      const store = createLocalStore(db, headFile, options);
      // damage can show at any read: it has the same code then
      const guarded = Object.entries(store).map(([name, part]) => [
        name,
        typeof part === 'function'
          ? (...args: never[]) => translating(() => (part as (...given: never[]) => unknown)(...args))
          : part,
      ]);
      return Object.fromEntries(guarded) as LocalStore;
    } catch (error) {
      for (const one of opened.toReversed()) one.close();
      throw error;
    }
  });
}

function createLocalStore(db: Database, headFile: HeadFile, options: StoreOptions): LocalStore {
  const tree = createTree(db, storedFrontier(db));
  const health = startupChecks(db, tree, headFile.read());
  const view = databaseView(db);

  const insertEntry = db.sql(
    `INSERT INTO entries (idx, bytes, sig, leaf, digest, kind, author, at, refused, refused_why)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertMention = db.sql('INSERT OR IGNORE INTO mentions (id, idx) VALUES (?, ?)');
  const saveHead = db.sql('INSERT OR REPLACE INTO head (one, size, root, frontier) VALUES (1, ?, ?, ?)');
  const headSize = db.sql('SELECT size FROM head');

  const appendOne = ({ bytes, sig }: Signed): Appended => {
    const index = tree.frontier.size;
    const leaf = recordLeafHash(nodeHashes, bytes, sig);
    const folded: FoldResult =
      options.rules === 'kinds'
        ? foldInto(kinds, nodeHashes, view, bytes, index)
        : { id: recordId(nodeHashes, bytes), record: null, refused: null, changes: [] };
    const { record, refused } = folded;
    insertEntry.run(
      index,
      bytes,
      sig,
      leaf,
      nodeHashes.sha256(bytes),
      record?.kind ?? '',
      record?.author ?? NO_COALITION,
      record?.at ?? 0,
      refused?.code ?? null,
      refused?.message ?? null,
    );
    for (const id of mentionsOf(record)) insertMention.run(id, index);
    tree.append(leaf);
    return { index, leaf, id: folded.id, refused, changed: folded.changes.map(([key]) => key) };
  };

  return {
    health,
    append(commands, checkpoint) {
      if (!health.writable)
        throw new Refusal('STORE_BEHIND', 'The store is behind what this node has signed.');
      const before = tree.frontier.state();
      let appended: readonly Appended[];
      try {
        appended = db.transaction(() => {
          // compare-and-swap: another writer on this file would have moved the head
          const size = Number(headSize.get()?.['size'] ?? 0);
          if (size !== before.size)
            throw new Refusal(
              'STORE_MOVED',
              `The head stands at ${size}, not at ${before.size}: something else writes.`,
            );
          if (checkpoint !== undefined) putCheckpoint(db, checkpoint);
          const done = commands.map(appendOne);
          const state = tree.frontier.state();
          saveHead.run(state.size, tree.frontier.root(), encodeFrontier(state));
          return done;
        });
      } catch (error) {
        tree.reset(before);
        throw error;
      }
      // from here on the batch is in the store, whatever happens to the head file
      const [size, root] = [tree.frontier.size, tree.frontier.root()];
      headFile.write({ size, root });
      return { appended, size, root };
    },
    judge: (bytes) =>
      options.rules === 'kinds' ? judge(kinds, nodeHashes, view, bytes, tree.frontier.size).refused : null,
    entry: (index) => firstOf(db.sql(`${SELECT_ENTRY} WHERE idx = ?`).all(index).map(toEntry)),
    range: (from, to) =>
      db.sql(`${SELECT_ENTRY} WHERE idx >= ? AND idx <= ? ORDER BY idx`).all(from, to).map(toEntry),
    find: (filter, from, limit) => find(db, filter, from, limit),
    inclusion: (index, size) => proveInclusion(nodeHashes, index, checkCovered(size), tree.read),
    consistency(first, second) {
      checkCovered(second);
      consistencyNodes(first, second);
      return proveConsistency(nodeHashes, first, second, tree.read);
    },
    nodes: (refs) => refs.map(({ level, index }) => tree.read(level, index)),
    rootAt: (size) => subtreeRoot(nodeHashes, 0, checkCovered(size), tree.read),
    putCheckpoint(row) {
      db.transaction(() => putCheckpoint(db, row));
    },
    checkpoints: (before, limit) =>
      db
        .sql('SELECT size, root, at, note FROM checkpoints WHERE size < ? ORDER BY size DESC LIMIT ?')
        .all(before, limit)
        .map(toCheckpoint),
    viewRow: (key) => view.get(key),
    viewRows: (prefix) => [...view.list(prefix)],
    getLocal(key) {
      const row = db.sql('SELECT value FROM local WHERE key = ?').get(key);
      return row === undefined ? undefined : decodeCanonical(row['value'] as Uint8Array, MAX_ROW_BYTES);
    },
    putLocal(key, value) {
      db.transaction(() => {
        if (value === undefined) db.sql('DELETE FROM local WHERE key = ?').run(key);
        else
          db.sql('INSERT OR REPLACE INTO local (key, value) VALUES (?, ?)').run(key, encodeCanonical(value));
      });
    },
    close() {
      headFile.close();
      db.close();
    },
  };

  function checkCovered(size: number): number {
    if (size > tree.frontier.size)
      throw new Refusal('LOG_SIZE', `The log has ${tree.frontier.size} entries, not ${size}.`);
    return size;
  }
}

/** The edge of the tree as the head row has it. Errors: `STORE_DAMAGED`. */
function storedFrontier(db: Database): FrontierState {
  const row = db.sql('SELECT frontier FROM head').get();
  if (row === undefined) return { size: 0, hashes: [] };
  try {
    return decodeFrontier(row['frontier'] as Uint8Array);
  } catch {
    throw new Refusal('STORE_DAMAGED', 'The store contradicts itself: the edge of its tree cannot be read.');
  }
}

const SELECT_ENTRY = 'SELECT idx, bytes, sig, leaf, digest, refused, refused_why FROM entries';

type Row = { readonly [column: string]: unknown };

function toEntry(row: Row): EntryRow {
  const code = row['refused'] as string | null;
  return {
    index: Number(row['idx']),
    bytes: row['bytes'] as Uint8Array,
    sig: row['sig'] as Uint8Array,
    leaf: row['leaf'] as Uint8Array,
    digest: row['digest'] as Uint8Array,
    refused: code === null ? null : { code, message: String(row['refused_why']) },
  };
}

export function toCheckpoint(row: Row): CheckpointRow {
  return {
    size: Number(row['size']),
    root: row['root'] as Uint8Array,
    at: Number(row['at']),
    note: row['note'] as Uint8Array,
  };
}

const firstOf = <T>(rows: readonly T[]): T | null => rows[0] ?? null;

/** Ids of 32 bytes anywhere in the body: what "everything about this machine" finds. */
function mentionsOf(record: Record | null): Uint8Array[] {
  const found: Uint8Array[] = [];
  const walk = (value: unknown): void => {
    if (value instanceof Uint8Array) {
      if (value.length === 32) found.push(value);
    } else if (typeof value === 'object' && value !== null)
      for (const item of Object.values(value)) walk(item);
  };
  walk(record?.body);
  return found;
}

function databaseView(db: Database): View {
  const get = db.sql('SELECT value FROM view WHERE key = ?');
  const put = db.sql('INSERT OR REPLACE INTO view (key, value) VALUES (?, ?)');
  const remove = db.sql('DELETE FROM view WHERE key = ?');
  const list = db.sql('SELECT key, value FROM view WHERE key >= ? AND key < ? ORDER BY key');
  const read = (value: unknown): Value => decodeCanonical(value as Uint8Array, MAX_ROW_BYTES);
  return {
    get(key) {
      const row = get.get(key);
      return row === undefined ? undefined : read(row['value']);
    },
    list: (prefix) =>
      // keys are ASCII, so U+FFFF ends every prefix
      list.all(prefix, `${prefix}\uffff`).map((row) => [String(row['key']), read(row['value'])] as const),
    apply(changes) {
      for (const [key, value] of changes) {
        if (value === undefined) remove.run(key);
        else put.run(key, encodeCanonical(value));
      }
    },
  };
}

function find(db: Database, filter: EntryFilter, from: number, limit: number): EntryRow[] {
  const where = ['idx <= ?'];
  const values: (number | string | Uint8Array)[] = [from];
  const add = (condition: string, ...bound: (number | string | Uint8Array)[]): void => {
    where.push(condition);
    values.push(...bound);
  };
  if (filter.kind?.endsWith('*') === true) {
    const prefix = filter.kind.slice(0, -1);
    add('kind >= ? AND kind < ?', prefix, `${prefix}\uffff`);
  } else if (filter.kind !== undefined) add('kind = ?', filter.kind);
  if (filter.author !== undefined) add('author >= ? AND author <= ?', ...hexRange(filter.author));
  if (filter.digest !== undefined) add('digest >= ? AND digest <= ?', ...hexRange(filter.digest));
  if (filter.after !== undefined) add('at >= ?', filter.after);
  if (filter.before !== undefined) add('at < ?', filter.before);
  if (filter.refused !== undefined) add(filter.refused ? 'refused IS NOT NULL' : 'refused IS NULL');
  if (filter.mentions !== undefined)
    add('idx IN (SELECT idx FROM mentions WHERE id >= ? AND id <= ?)', ...hexRange(filter.mentions));
  return db
    .sql(`${SELECT_ENTRY} WHERE ${where.join(' AND ')} ORDER BY idx DESC LIMIT ?`)
    .all(...values, limit)
    .map(toEntry);
}

/** The 32-byte values that begin with these hex digits, as a closed range. */
const hexRange = (prefix: string): [Uint8Array, Uint8Array] => [
  fromHex(prefix.padEnd(64, '0'), 32),
  fromHex(prefix.padEnd(64, 'f'), 32),
];

/** Keeps the newest always; older ones no denser than the spacing, so the timeline stays short under load. */
function putCheckpoint(db: Database, row: CheckpointRow): void {
  const [last, previous] = db
    .sql('SELECT size, root, at, note FROM checkpoints ORDER BY size DESC LIMIT 2')
    .all()
    .map(toCheckpoint);
  if (last !== undefined) {
    if (row.size < last.size || (row.size === last.size && !sameBytes(row.root, last.root)))
      throw new Refusal(
        'CHECKPOINT_BELOW',
        `A checkpoint of size ${last.size} exists; ${row.size} is below it.`,
      );
    if (previous !== undefined && last.at - previous.at < CHECKPOINT_SPACING)
      db.sql('DELETE FROM checkpoints WHERE size = ?').run(last.size);
  }
  db.sql('INSERT OR REPLACE INTO checkpoints (size, root, at, note) VALUES (?, ?, ?, ?)').run(
    row.size,
    row.root,
    row.at,
    row.note,
  );
}
