/**
 * The timeline of checkpoints of one log: the newest always, older ones no denser than the spacing, so that it stays
 * short under load.
 */
import type { Database } from './database.ts';
import type { CheckpointRow } from './store.ts';

/** Two checkpoints within this time are one step of the timeline, milliseconds (core.md 1.4). */
const SPACING = 500;

export interface Timeline {
  newest(): CheckpointRow | null;
  /** Newest first, with size below `before`. */
  before(size: number, limit: number): CheckpointRow[];
  /** Inside the caller's transaction; it takes the place of one of its size. */
  put(row: CheckpointRow): void;
}

/** `group`: its number, where the logs of several Groups share the table. */
export function timelineOf(db: Database, group?: number): Timeline {
  const [mine, own] = group === undefined ? ['', []] : ['grp = ? AND ', [group]];
  const before: Timeline['before'] = (size, limit) =>
    db
      .sql(`SELECT size, root, at, note FROM checkpoints WHERE ${mine}size < ? ORDER BY size DESC LIMIT ?`)
      .all(...own, size, limit)
      .map((row) => ({
        size: Number(row['size']),
        root: row['root'] as Uint8Array,
        at: Number(row['at']),
        note: row['note'] as Uint8Array,
      }));
  return {
    before,
    newest: () => before(Number.MAX_SAFE_INTEGER, 1)[0] ?? null,
    put({ size, root, at, note }) {
      const [last, previous] = before(Number.MAX_SAFE_INTEGER, 2);
      if (last !== undefined && previous !== undefined && last.at - previous.at < SPACING)
        db.sql(`DELETE FROM checkpoints WHERE ${mine}size = ?`).run(...own, last.size);
      const columns = group === undefined ? '' : 'grp, ';
      const places = group === undefined ? '' : '?, ';
      db.sql(
        `INSERT OR REPLACE INTO checkpoints (${columns}size, root, at, note) VALUES (${places}?, ?, ?, ?)`,
      ).run(...own, size, root, at, note);
    },
  };
}
