/**
 * The SQLite file: opening, pragmas, numbered migrations. One connection writes (in the store worker); readers
 * open their own. WAL with synchronous=FULL: a commit that returned survives power loss (core.md 4).
 */
import { DatabaseSync } from 'node:sqlite';
import type { StatementSync } from 'node:sqlite';
import { Refusal } from '../../protocol/bytes/index.ts';
import { ownerOnly } from './files.ts';

/** One file each in spirit: a migration is never edited after release; the next number is added. */
const storeMigrations: readonly string[] = [
  `CREATE TABLE entries (
     idx INTEGER PRIMARY KEY,
     bytes BLOB NOT NULL,
     sig BLOB NOT NULL,
     leaf BLOB NOT NULL,
     digest BLOB NOT NULL,
     kind TEXT NOT NULL,
     author BLOB NOT NULL,
     at INTEGER NOT NULL,
     refused TEXT,
     refused_why TEXT
   ) STRICT;
   CREATE INDEX entries_kind ON entries (kind, idx);
   CREATE INDEX entries_digest ON entries (digest);
   CREATE TABLE mentions (id BLOB NOT NULL, idx INTEGER NOT NULL, PRIMARY KEY (id, idx)) STRICT, WITHOUT ROWID;
   CREATE TABLE tiles (
     level INTEGER NOT NULL,
     idx INTEGER NOT NULL,
     root BLOB NOT NULL,
     hashes BLOB NOT NULL,
     UNIQUE (level, idx)
   ) STRICT;
   CREATE TABLE view (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE head (
     one INTEGER PRIMARY KEY CHECK (one = 1),
     size INTEGER NOT NULL,
     root BLOB NOT NULL,
     frontier BLOB NOT NULL
   ) STRICT;
   CREATE TABLE checkpoints (
     size INTEGER PRIMARY KEY,
     root BLOB NOT NULL,
     at INTEGER NOT NULL,
     note BLOB NOT NULL
   ) STRICT;
   CREATE TABLE local (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;`,
  // the version of the rules that folded the view; no row: folded before there was one, or by no rules
  `CREATE TABLE rules (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL) STRICT;`,
];

export interface Database {
  /** A prepared statement, prepared once. */
  sql(text: string): StatementSync;
  /** Runs `work` in one immediate transaction, durable when it returns; rolls back when it throws. */
  transaction<T>(work: () => T): T;
  /** The same for what can be derived again: whole or not at all, on disk with the next durable one. */
  lightly<T>(work: () => T): T;
  exec(text: string): void;
  close(): void;
}

/**
 * Opens (and migrates) a store file; the node's own unless other migrations are given. Errors: `STORE_DAMAGED` (not a database, or SQLite finds it corrupt),
 * `STORE_TOO_NEW` (written by a later version), `STORE_FULL`, `STORE_UNWRITABLE`.
 */
export function openDatabase(
  path: string,
  options: { readOnly?: boolean; migrations?: readonly string[] } = {},
): Database {
  return translating(() => {
    // the journals take over the mode of the file itself
    if (options.readOnly !== true) ownerOnly(path);
    const db = new DatabaseSync(path, { readOnly: options.readOnly ?? false, timeout: 5000 });
    try {
      if (options.readOnly !== true) {
        db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000;');
        db.exec('PRAGMA cache_size = -16384; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;');
      }
      migrate(db, options.migrations ?? storeMigrations, options.readOnly ?? false);
      return wrap(db);
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

function migrate(db: DatabaseSync, migrations: readonly string[], readOnly: boolean): void {
  const row = db.prepare('PRAGMA user_version').get();
  const version = Number(row?.['user_version'] ?? 0);
  if (version > migrations.length)
    throw new Refusal(
      'STORE_TOO_NEW',
      `The store has format ${version}; this version knows ${migrations.length}.`,
    );
  if (readOnly) return;
  for (let next = version; next < migrations.length; next++) {
    db.exec('BEGIN IMMEDIATE');
    try {
      db.exec(migrations[next] ?? '');
      db.exec(`PRAGMA user_version = ${next + 1}`);
      db.exec('COMMIT');
    } catch (error) {
      db.exec('ROLLBACK');
      throw error;
    }
  }
}

function wrap(db: DatabaseSync): Database {
  const prepared = new Map<string, StatementSync>();
  return {
    sql(text) {
      let statement = prepared.get(text);
      if (statement === undefined) {
        statement = db.prepare(text);
        prepared.set(text, statement);
      }
      return statement;
    },
    transaction: (work) => transact(db, work),
    lightly(work) {
      db.exec('PRAGMA synchronous = NORMAL');
      try {
        return transact(db, work);
      } finally {
        db.exec('PRAGMA synchronous = FULL');
      }
    },
    exec: (text) => db.exec(text),
    close: () => db.close(),
  };
}

function transact<T>(db: DatabaseSync, work: () => T): T {
  return translating(() => {
    db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      db.exec('COMMIT');
      return result;
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      throw error;
    }
  });
}

const SQLITE_READONLY = 8;
const SQLITE_IOERR = 10;
/** There was no room for the shared memory of the write-ahead log. */
const SQLITE_IOERR_SHMSIZE = SQLITE_IOERR | (19 << 8);
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_NOTADB = 26;

/** Turns errors of SQLite and of the disk into refusals with a code; anything else is a bug and passes through. */
export function translating<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw storageRefusal(error) ?? error;
  }
}

/** What SQLite or the disk complained of, as a refusal with a code; null when it is something else. */
export function storageRefusal(error: unknown): Refusal | null {
  const { errcode: code, syscall } = error as { errcode?: unknown; syscall?: unknown };
  const why = error instanceof Error ? error.message : String(error);
  if (typeof syscall === 'string') return diskProblem((error as NodeJS.ErrnoException).code, why);
  if (typeof code !== 'number') return null;
  switch (code === SQLITE_IOERR_SHMSIZE ? SQLITE_FULL : code & 0xff) {
    case SQLITE_FULL:
      return new Refusal('STORE_FULL', `The disk that holds the store is full (${why}).`);
    case SQLITE_IOERR:
      return new Refusal('STORE_IO', `The disk that holds the store answered with an error (${why}).`);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return new Refusal('STORE_DAMAGED', `The store file is damaged (${why}).`);
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
      return new Refusal('STORE_UNWRITABLE', `The store file cannot be opened for writing (${why}).`);
    default:
      return null;
  }
}

function diskProblem(code: string | undefined, why: string): Refusal {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new Refusal('STORE_FULL', `The disk that holds the store is full (${why}).`);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'EISDIR':
    case 'ENOENT':
    case 'ENOTDIR':
      return new Refusal('STORE_UNWRITABLE', `The store file cannot be opened for writing (${why}).`);
    default:
      return new Refusal('STORE_IO', `The disk that holds the store answered with an error (${why}).`);
  }
}
