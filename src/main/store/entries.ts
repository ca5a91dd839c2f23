/**
 * Rows of ordered commands: the bytes as they came, and beside them what this node reads out of them to find them
 * again (kind, author, time, what they mention, why the rules refused them).
 */
import { fromHex, NO_COALITION, sameBytes } from '../../protocol/bytes/index.ts';
import type { FoldResult, Record, Signed } from '../../protocol/record/index.ts';
import type { Database } from './database.ts';
import type { EntryFilter, EntryRow } from './store.ts';

/** A row as SQLite answers it. */
export type Row = { readonly [column: string]: unknown };
type Folded = Pick<FoldResult, 'record' | 'refused'>;

/** Everything but the order: what does not depend on the rules. */
export interface EntryBytes extends Signed {
  readonly index: number;
  readonly leaf: Uint8Array;
  readonly digest: Uint8Array;
}

export interface EntryTable {
  insert(entry: EntryBytes, folded: Folded): void;
  /** Writes what the rules of today read out of an entry that is there, where that is something else. */
  revise(index: number, before: Row, folded: Folded): void;
}

/** The columns that `revise` compares, for the row that it is given. */
export const READ_COLUMNS = 'kind, author, at, refused, refused_why';

export function entryTable(db: Database): EntryTable {
  const insertEntry = db.sql(
    `INSERT INTO entries (idx, bytes, sig, leaf, digest, ${READ_COLUMNS})
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const updateEntry = db.sql(`UPDATE entries SET (${READ_COLUMNS}) = (?, ?, ?, ?, ?) WHERE idx = ?`);
  const insertMention = db.sql('INSERT OR IGNORE INTO mentions (id, idx) VALUES (?, ?)');
  const mention = (index: number, { record }: Folded): void => {
    for (const id of mentionsOf(record)) insertMention.run(id, index);
  };
  return {
    insert({ index, bytes, sig, leaf, digest }, folded) {
      insertEntry.run(index, bytes, sig, leaf, digest, ...readOf(folded));
      mention(index, folded);
    },
    revise(index, before, folded) {
      const [kind, author, at, refused, why] = readOf(folded);
      const same =
        before['kind'] === kind &&
        before['at'] === at &&
        before['refused'] === refused &&
        before['refused_why'] === why &&
        sameBytes(before['author'] as Uint8Array, author);
      if (same) return;
      updateEntry.run(kind, author, at, refused, why, index);
      mention(index, folded);
    },
  };
}

/** Values of `READ_COLUMNS`. */
const readOf = ({ record, refused }: Folded) =>
  [
    record?.kind ?? '',
    record?.author ?? NO_COALITION,
    record?.at ?? 0,
    refused?.code ?? null,
    refused?.message ?? null,
  ] as const;

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

export const SELECT_ENTRY = 'SELECT idx, bytes, sig, leaf, digest, refused, refused_why FROM entries';

export function toEntry(row: Row): EntryRow {
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

/** Entries that the filter lets through, downwards from `from`. */
export function findEntries(db: Database, filter: EntryFilter, from: number, limit: number): EntryRow[] {
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
