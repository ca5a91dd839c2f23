/**
 * The tree on disk: the frontier in memory, complete tiles of 256 hashes in the database (C2SP tlog-tiles,
 * height 8). A node is answered from its tile; what the ragged right edge still lacks is read from the leaves.
 */
import { completeNodes, Frontier } from '../../protocol/log/index.ts';
import type { FrontierState, NodeReader } from '../../protocol/log/index.ts';
import { nodeHashes } from '../hashes.ts';
import type { Database } from './database.ts';
import { storedTiles } from './tiles.ts';

/** Where the hashes of a tree lie. */
export interface TreeRows {
  /** Leaf hashes, ascending. */
  leaves(first: number, count: number): readonly Uint8Array[];
  /** Roots of complete tiles of this level, ascending. */
  roots(level: number, first: number, count: number): readonly Uint8Array[];
  /** The 256 hashes of a complete tile in one piece; undefined when it is not complete yet. */
  tile(level: number, index: number): Uint8Array | undefined;
  putTile(level: number, index: number, root: Uint8Array, hashes: Uint8Array): void;
}

/** Hashes in a tile. */
export const TILE = 256;
const HEIGHT = 8;
const HASH = 32;

export interface StoredTree {
  readonly frontier: Frontier;
  /** Appends one leaf and writes every tile that it completes; call inside the entry's transaction. */
  append(leaf: Uint8Array): void;
  /** Takes the frontier back to `state` after a rollback. */
  reset(state: FrontierState): void;
  /** Hashes of complete nodes. */
  read: NodeReader;
}

/** The tree of the node's own log. */
export const treeRows = (db: Database): TreeRows => ({
  leaves: (first, count) =>
    db
      .sql('SELECT leaf FROM entries WHERE idx >= ? AND idx < ? ORDER BY idx')
      .all(first, first + count)
      .map((row) => row['leaf'] as Uint8Array),
  ...storedTiles(db),
});

export function createTree(stored: TreeRows, state: FrontierState): StoredTree {
  let frontier = new Frontier(nodeHashes, state);
  const cache = new Map<string, { readonly count: number; readonly read: NodeReader }>();

  const rows = (level: number, first: number, count: number): readonly Uint8Array[] =>
    level === 0 ? stored.leaves(first, count) : stored.roots(level - 1, first, count);

  const tile = (level: number, index: number): NodeReader => {
    const whole = Math.floor(frontier.size / TILE ** level);
    const count = Math.min(TILE, whole - index * TILE);
    const key = `${level}/${index}`;
    const known = cache.get(key);
    if (known !== undefined && known.count >= count) return known.read;
    const blob = stored.tile(level, index);
    const hashes =
      blob === undefined
        ? rows(level, index * TILE, count)
        : Array.from({ length: TILE }, (_, i) => blob.subarray(i * HASH, (i + 1) * HASH));
    const read = completeNodes(nodeHashes, hashes);
    if (cache.size >= 128) {
      const oldest = cache.keys().next();
      if (!oldest.done) cache.delete(oldest.value);
    }
    cache.set(key, { count: hashes.length, read });
    return read;
  };

  return {
    get frontier() {
      return frontier;
    },
    append(leaf) {
      frontier.append(leaf, (height, index, root) => {
        if (height === 0 || height % HEIGHT !== 0) return;
        // the root of a tile that is complete now
        const level = height / HEIGHT - 1;
        stored.putTile(level, index, root, Buffer.concat(rows(level, index * TILE, TILE)));
      });
    },
    reset(to) {
      frontier = new Frontier(nodeHashes, to);
      cache.clear();
    },
    read(level, index) {
      const inner = level % HEIGHT;
      const width = TILE / 2 ** inner;
      return tile(Math.floor(level / HEIGHT), Math.floor(index / width))(inner, index % width);
    },
  };
}
