/** The complete tiles of one log's tree, as rows (C2SP tlog-tiles, height 8). */
import type { Database } from './database.ts';
import type { TreeRows } from './tree.ts';

/** `group`: its number, where the logs of several Groups share the table. */
export function storedTiles(db: Database, group?: number): Pick<TreeRows, 'roots' | 'tile' | 'putTile'> {
  const [mine, own] = group === undefined ? ['', []] : ['grp = ? AND ', [group]];
  const [column, place] = group === undefined ? ['', ''] : ['grp, ', '?, '];
  return {
    roots: (level, first, count) =>
      db
        .sql(`SELECT root FROM tiles WHERE ${mine}level = ? AND idx >= ? AND idx < ? ORDER BY idx`)
        .all(...own, level, first, first + count)
        .map((row) => row['root'] as Uint8Array),
    tile: (level, index) =>
      db.sql(`SELECT hashes FROM tiles WHERE ${mine}level = ? AND idx = ?`).get(...own, level, index)?.[
        'hashes'
      ] as Uint8Array | undefined,
    putTile(level, index, root, hashes) {
      db.sql(`INSERT INTO tiles (${column}level, idx, root, hashes) VALUES (${place}?, ?, ?, ?)`).run(
        ...own,
        level,
        index,
        root,
        hashes,
      );
    },
  };
}
