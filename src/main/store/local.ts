/**
 * The store in this thread: order, leaf, tree and fold in one transaction (house.md 1, 4). The worker runs this
 * very object; tests and offline commands use it directly.
 */
import { decodeCanonical, encodeCanonical, Refusal, sameBytes } from '../../protocol/bytes/index.ts';
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
import type { FoldResult, Signed } from '../../protocol/record/index.ts';
import { nodeHashes } from '../hashes.ts';
import { timelineOf } from './checkpoints.ts';
import { startupChecks } from './checks.ts';
import { openDatabase, translating } from './database.ts';
import type { Database } from './database.ts';
import { entryTable, findEntries, SELECT_ENTRY, toEntry } from './entries.ts';
import { openHeadFile } from './head-file.ts';
import type { HeadFile } from './head-file.ts';
import { currentView } from './rebuild.ts';
import type { Appended, CheckpointRow, Rebuilding, Store, StoreHealth, StoreOptions } from './store.ts';
import { createTree, treeRows } from './tree.ts';
import { databaseView, MAX_ROW_BYTES } from './view.ts';

/** Every method of the port, synchronous: what the worker calls. */
export type LocalStore = {
  readonly [K in keyof Store]: Store[K] extends (...args: infer A) => Promise<infer R>
    ? (...args: A) => R
    : Store[K];
};

/**
 * Opens the store; `report` hears of a view that is folded anew. Errors: `STORE_DAMAGED`, `STORE_TOO_NEW`,
 * `STORE_REPLAY`, `STORE_UNWRITABLE`, `STORE_FULL`, `STORE_IO`.
 */
export function openLocalStore(
  options: StoreOptions,
  report: (progress: Rebuilding) => void = () => undefined,
): LocalStore {
  return translating(() => {
    const opened: { close(): void }[] = [];
    try {
      const db = openDatabase(options.path);
      opened.push(db);
      const headFile = openHeadFile(options.headPath);
      opened.push(headFile);
      const store = createLocalStore(db, headFile, options, report);
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

function createLocalStore(
  db: Database,
  headFile: HeadFile,
  options: StoreOptions,
  report: (progress: Rebuilding) => void,
): LocalStore {
  const tree = createTree(treeRows(db), storedFrontier(db));
  const timeline = timelineOf(db);
  const found = startupChecks(db, tree, headFile.read());
  const view = databaseView(db);
  const entries = entryTable(db);
  const health: StoreHealth =
    options.rules === 'kinds'
      ? { ...found, checks: [...found.checks, currentView({ db, view, entries, head: found, report })] }
      : found;

  const saveHead = db.sql('INSERT OR REPLACE INTO head (one, size, root, frontier) VALUES (1, ?, ?, ?)');
  const headSize = db.sql('SELECT size FROM head');

  const appendOne = ({ bytes, sig }: Signed): Appended => {
    const index = tree.frontier.size;
    const leaf = recordLeafHash(nodeHashes, bytes, sig);
    const folded: FoldResult =
      options.rules === 'kinds'
        ? foldInto(kinds, nodeHashes, view, bytes, index)
        : { id: recordId(nodeHashes, bytes), record: null, refused: null, changes: [] };
    entries.insert({ index, bytes, sig, leaf, digest: nodeHashes.sha256(bytes) }, folded);
    tree.append(leaf);
    return {
      index,
      leaf,
      id: folded.id,
      refused: folded.refused,
      changed: folded.changes.map(([key]) => key),
    };
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
          if (checkpoint !== undefined) putCheckpoint(checkpoint);
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
      headFile.write({ size, root }, true);
      return { appended, size, root };
    },
    judge: (bytes) =>
      options.rules === 'kinds' ? judge(kinds, nodeHashes, view, bytes, tree.frontier.size).refused : null,
    entry: (index) => firstOf(db.sql(`${SELECT_ENTRY} WHERE idx = ?`).all(index).map(toEntry)),
    range: (from, to) =>
      db.sql(`${SELECT_ENTRY} WHERE idx >= ? AND idx <= ? ORDER BY idx`).all(from, to).map(toEntry),
    find: (filter, from, limit) => findEntries(db, filter, from, limit),
    inclusion: (index, size) => proveInclusion(nodeHashes, index, checkCovered(size), tree.read),
    consistency(first, second) {
      checkCovered(second);
      consistencyNodes(first, second);
      return proveConsistency(nodeHashes, first, second, tree.read);
    },
    nodes: (refs) => refs.map(({ level, index }) => tree.read(level, index)),
    rootAt: (size) => subtreeRoot(nodeHashes, 0, checkCovered(size), tree.read),
    putCheckpoint(row) {
      db.transaction(() => putCheckpoint(row));
    },
    checkpoints: (before, limit) => timeline.before(before, limit),
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

  function putCheckpoint(row: CheckpointRow): void {
    checkCovered(row.size);
    const last = timeline.newest();
    if (
      last !== null &&
      (row.size < last.size || (row.size === last.size && !sameBytes(row.root, last.root)))
    )
      throw new Refusal(
        'CHECKPOINT_BELOW',
        `A checkpoint of size ${last.size} exists; ${row.size} is below it.`,
      );
    timeline.put(row);
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

const firstOf = <T>(rows: readonly T[]): T | null => rows[0] ?? null;
