/**
 * Are the stored tiles what the leaves give? Proofs are answered from them, and start-up looks only at their roots
 * (C2SP tlog-tiles, height 8). Used by the check of everything.
 */
import { concat, sameBytes } from '../../protocol/bytes/index.ts';
import { rootOf } from '../../protocol/log/index.ts';
import { nodeHashes } from '../hashes.ts';
import type { Database } from './database.ts';
import { TILE } from './tree.ts';

export interface TileCheck {
  /** Takes the leaves in order; false when the tile that this one completes is not what they give. */
  leaf(leaf: Uint8Array): boolean;
}

export function createTileCheck(db: Database): TileCheck {
  /** Hashes of the tile that is being filled, one list per level. */
  const open: Uint8Array[][] = [[]];
  const counts: number[] = [];

  const add = (level: number, hash: Uint8Array): boolean => {
    const hashes = (open[level] ??= []);
    hashes.push(hash);
    if (hashes.length < TILE) return true;
    const index = counts[level] ?? 0;
    counts[level] = index + 1;
    open[level] = [];
    const row = db.sql('SELECT root, hashes FROM tiles WHERE level = ? AND idx = ?').get(level, index);
    const root = rootOf(nodeHashes, hashes);
    return (
      row !== undefined &&
      sameBytes(row['hashes'] as Uint8Array, concat(...hashes)) &&
      sameBytes(row['root'] as Uint8Array, root) &&
      add(level + 1, root)
    );
  };
  return { leaf: (leaf) => add(0, leaf) };
}
