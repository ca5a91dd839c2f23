/**
 * What is checked before a store answers: the frontier against tiles and leaves, the entries since the last
 * checkpoint against their own bytes, the last checkpoint against the tree, and the head file. The check of
 * everything runs in the background (full-check.ts).
 */
import { sameBytes } from '../../protocol/bytes/index.ts';
import { recordLeafHash, subtreeRoot } from '../../protocol/log/index.ts';
import type { TreeHead } from '../../protocol/log/index.ts';
import { nodeHashes } from '../hashes.ts';
import type { Database } from './database.ts';
import { Refusal } from '../../protocol/bytes/index.ts';
import type { StoreHealth } from './store.ts';
import type { StoredTree } from './tree.ts';
import { timelineOf } from './checkpoints.ts';

type Check = StoreHealth['checks'][number];
type Head = Pick<TreeHead, 'size' | 'root'>;

/** At most this many entries are re-hashed before start; the background check does the rest. */
const TAIL = 2048;

/** Errors: `STORE_DAMAGED` when entries, tiles and head do not agree: nothing built on them could be trusted. */
export function startupChecks(db: Database, tree: StoredTree, signed: Head | null): StoreHealth {
  const { size } = tree.frontier;
  const root = tree.frontier.root();
  const row = db.sql('SELECT size, root FROM head').get();
  const checks: Check[] = [];
  const passed = (id: string, detail: string): void => void checks.push({ id, outcome: 'passed', detail });
  const damaged = (why: string): never => {
    throw new Refusal('STORE_DAMAGED', `The store contradicts itself: ${why}.`);
  };

  const entries = Number(db.sql('SELECT COALESCE(MAX(idx) + 1, 0) AS n FROM entries').get()?.['n'] ?? 0);
  if (entries !== size) damaged(`its head speaks of ${size} entries, and there are ${entries}`);
  if (row !== undefined && Number(row['size']) !== size)
    damaged(`its head speaks of ${Number(row['size'])} entries, and the edge of its tree of ${size}`);
  if (row !== undefined && !sameBytes(row['root'] as Uint8Array, root))
    damaged('the root of its head is another one');
  if (size > 0 && !sameBytes(subtreeRoot(nodeHashes, 0, size, tree.read), root))
    damaged('its tiles and leaves do not hash to the root');
  passed('tree', `tiles and leaves hash to the root of ${size} entries`);

  const checkpoint = timelineOf(db).newest();
  if (checkpoint !== null) {
    if (checkpoint.size > size) damaged(`a checkpoint of ${checkpoint.size} entries exists`);
    const then = subtreeRoot(nodeHashes, 0, checkpoint.size, tree.read);
    if (!sameBytes(then, checkpoint.root)) damaged('its last checkpoint does not belong to the tree');
    passed('checkpoint', `the checkpoint of ${checkpoint.size} entries belongs to the tree`);
  }

  const from = Math.max(checkpoint?.size ?? 0, size - TAIL, 0);
  for (const entry of db
    .sql('SELECT idx, bytes, sig, leaf FROM entries WHERE idx >= ? ORDER BY idx')
    .all(from)) {
    const leaf = recordLeafHash(nodeHashes, entry['bytes'] as Uint8Array, entry['sig'] as Uint8Array);
    if (!sameBytes(leaf, entry['leaf'] as Uint8Array))
      damaged(`entry ${Number(entry['idx'])} is not what it was`);
  }
  passed('tail', `${size - from} entries since the last checkpoint hash to their leaves`);

  const behind = whyBehind(tree, signed);
  checks.push(
    behind === null
      ? { id: 'head', outcome: 'passed', detail: 'the store is not behind what this node has signed' }
      : { id: 'head', outcome: 'failed', detail: behind },
  );
  return { size, root, checks, writable: behind === null, checkpoint };
}

/** Why this store must not sign, or null. */
function whyBehind(tree: StoredTree, signed: Head | null): string | null {
  const { size } = tree.frontier;
  if (signed === null)
    return size === 0 ? null : 'the head file is missing: the store may have been restored from a backup';
  if (signed.size > size)
    return `this node has signed a head of ${signed.size} entries, and the store knows ${size}: its tail was lost or it was restored`;
  if (!sameBytes(subtreeRoot(nodeHashes, 0, signed.size, tree.read), signed.root))
    return `this node has signed another history of ${signed.size} entries`;
  return null;
}
