/**
 * The stored entries of one Group. All Groups share a table whose key is the Group's number and the entry's index in
 * one integer: rows that are appended fill its pages one after the other, which no key of two columns does in SQLite.
 */
import type { Entry, Position } from '../../../protocol/raft/index.ts';
import type { Database } from '../database.ts';
import { dataOf, ENTRY_KINDS, entryOf } from './packed.ts';

/** Keys of one Group; 8191 Groups fit into the integers that JavaScript counts exactly. */
const SPAN = 2 ** 40;

/** In place of the table of the first version, whose key had two columns. */
export const oneKey = `
  CREATE TABLE log (
    key INTEGER PRIMARY KEY,
    term INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    data BLOB NOT NULL
  ) STRICT;
  INSERT INTO log (key, term, kind, data) SELECT grp * ${SPAN} + idx, term, kind, data FROM entries ORDER BY grp, idx;
  DROP TABLE entries;
  CREATE INDEX log_members ON log (key) WHERE kind = 2;`;

export type MembersEntry = Extract<Entry, { kind: 'members' }>;

export interface StoredEntries {
  append(entry: Entry): void;
  at(index: number): Entry | null;
  last(): Position | null;
  /** Ascending, from this index on. */
  from(index: number): Iterable<Entry>;
  /** Changes of members, ascending. */
  members(): MembersEntry[];
  removeFrom(index: number): void;
  removeUpTo(index: number): void;
}

export function storedEntries(db: Database, num: number): StoredEntries {
  const first = num * SPAN;
  const end = first + SPAN;
  const insert = db.sql('INSERT INTO log (key, term, kind, data) VALUES (?, ?, ?, ?)');
  const read = (row: Record<string, unknown>): Entry =>
    entryOf(Number(row['key']) - first, Number(row['term']), Number(row['kind']), row['data'] as Uint8Array);
  return {
    append(entry) {
      insert.run(first + entry.index, entry.term, ENTRY_KINDS.indexOf(entry.kind), dataOf(entry));
    },
    at(index) {
      const row = db.sql('SELECT * FROM log WHERE key = ?').get(first + index);
      return row === undefined ? null : read(row);
    },
    last() {
      const row = db
        .sql('SELECT key, term FROM log WHERE key >= ? AND key < ? ORDER BY key DESC LIMIT 1')
        .get(first, end);
      return row === undefined ? null : { index: Number(row['key']) - first, term: Number(row['term']) };
    },
    *from(index) {
      const rows = db
        .sql('SELECT * FROM log WHERE key >= ? AND key < ? ORDER BY key')
        .iterate(first + index, end);
      for (const row of rows) yield read(row);
    },
    members: () =>
      db
        .sql('SELECT * FROM log WHERE kind = 2 AND key >= ? AND key < ? ORDER BY key')
        .all(first, end)
        .map(read)
        .filter((entry) => entry.kind === 'members'),
    removeFrom(index) {
      db.sql('DELETE FROM log WHERE key >= ? AND key < ?').run(first + index, end);
    },
    removeUpTo(index) {
      db.sql('DELETE FROM log WHERE key >= ? AND key <= ?').run(first, Math.min(first + index, end - 1));
    },
  };
}
