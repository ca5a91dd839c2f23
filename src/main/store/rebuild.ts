/**
 * The view after an upgrade. Its rows were folded by the rules of their time; where those are not today's
 * (protocol/rules-version.ts), the view is folded anew from the entries. One transaction: until it ends the store is
 * what it was, whatever stops it, and the next start begins again. Entries are read a batch at a time.
 */
import { Refusal, sameBytes } from '../../protocol/bytes/index.ts';
import { kinds } from '../../protocol/kinds.ts';
import { Frontier, recordLeafHash } from '../../protocol/log/index.ts';
import { foldInto } from '../../protocol/record/index.ts';
import type { FoldResult, View } from '../../protocol/record/index.ts';
import { RULES_VERSION } from '../../protocol/rules-version.ts';
import { nodeHashes } from '../hashes.ts';
import { storageRefusal } from './database.ts';
import type { Database } from './database.ts';
import { READ_COLUMNS } from './entries.ts';
import type { EntryTable } from './entries.ts';
import type { Rebuilding, StoreHealth } from './store.ts';

/** Entries in memory at once: 4 MiB of records at most. */
const BATCH = 256;

export interface RebuildPorts {
  readonly db: Database;
  readonly view: View;
  readonly entries: EntryTable;
  /** Head that the start-up checks found. */
  readonly head: Pick<StoreHealth, 'size' | 'root'>;
  /** Called at the beginning, after every batch, and at last before everything is committed. */
  report(progress: Rebuilding): void;
}

/**
 * Folds the view anew where it must be; answers what there was to do, as a start-up check. Errors: `STORE_TOO_NEW`
 * (folded by rules of a later version: those took entries that today's would refuse), `STORE_DAMAGED` (the entries
 * are not those of the head), `STORE_REPLAY` (the rules break on an entry), `STORE_FULL`. The store is left as it
 * was by each of them.
 */
export function currentView({
  db,
  view,
  entries,
  head,
  report,
}: RebuildPorts): StoreHealth['checks'][number] {
  const passed = (detail: string) => ({ id: 'view', outcome: 'passed', detail }) as const;
  const before = storedVersion(db);
  if (before > RULES_VERSION)
    throw new Refusal(
      'STORE_TOO_NEW',
      `The view was folded by version ${before} of the rules; this version of Muster knows ${RULES_VERSION}.`,
    );
  if (before === RULES_VERSION) return passed(`the view was folded by version ${before} of the rules`);
  db.transaction(() => {
    db.exec('DELETE FROM view');
    replay({ db, view, entries, head, report });
    db.sql('INSERT OR REPLACE INTO rules (one, version) VALUES (1, ?)').run(RULES_VERSION);
  });
  // a long transaction leaves a journal of its own size behind
  if (head.size > BATCH) db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  return passed(
    `the view was folded anew from ${head.size} entries by version ${RULES_VERSION} of the rules`,
  );
}

/** 0 for a store from before there was a version. */
const storedVersion = (db: Database): number =>
  Number(db.sql('SELECT version FROM rules').get()?.['version'] ?? 0);

function replay({ db, view, entries, head, report }: RebuildPorts): void {
  const { size: total } = head;
  if (total === 0) return;
  // a view folded from bytes that are not the log's would be wrong for good, so they are hashed on the way
  const frontier = new Frontier(nodeHashes);
  const damaged = (why: string): Refusal =>
    new Refusal('STORE_DAMAGED', `The view cannot be folded anew: ${why}.`);
  const batch = db.sql(
    `SELECT idx, bytes, sig, leaf, ${READ_COLUMNS} FROM entries WHERE idx >= ? ORDER BY idx LIMIT ${BATCH}`,
  );
  report({ done: 0, total });
  for (let from = 0; from < total; from += BATCH) {
    for (const row of batch.all(from)) {
      const index = frontier.size;
      const bytes = row['bytes'] as Uint8Array;
      const leaf = recordLeafHash(nodeHashes, bytes, row['sig'] as Uint8Array);
      if (Number(row['idx']) !== index) throw damaged(`entry ${index} is missing`);
      if (!sameBytes(leaf, row['leaf'] as Uint8Array)) throw damaged(`entry ${index} is not what it was`);
      frontier.append(leaf);
      entries.revise(index, row, foldAgain(view, bytes, index));
    }
    report({ done: frontier.size, total });
  }
  if (frontier.size !== total || !sameBytes(frontier.root(), head.root))
    throw damaged('its entries do not hash to the root of the head');
}

/** A refusal of the record is an outcome like any other; anything else means that these rules cannot go on. */
function foldAgain(view: View, bytes: Uint8Array, index: number): FoldResult {
  try {
    return foldInto(kinds, nodeHashes, view, bytes, index);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw (
      storageRefusal(error) ??
      new Refusal('STORE_REPLAY', `The rules of this version break on entry ${index} (${why}).`)
    );
  }
}
