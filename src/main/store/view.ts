/** The view port of the rules (protocol/record/view.ts) on the store's table of rows. */
import { decodeCanonical, encodeCanonical } from '../../protocol/bytes/index.ts';
import type { Value } from '../../protocol/bytes/index.ts';
import type { View } from '../../protocol/record/index.ts';
import type { Database } from './database.ts';

/** No row is larger; a record is at most 16 KiB and a fold only gathers a few. */
export const MAX_ROW_BYTES = 1024 * 1024;

/** Reads and writes in whatever transaction is open. */
export function databaseView(db: Database): View {
  const get = db.sql('SELECT value FROM view WHERE key = ?');
  const put = db.sql('INSERT OR REPLACE INTO view (key, value) VALUES (?, ?)');
  const remove = db.sql('DELETE FROM view WHERE key = ?');
  const list = db.sql('SELECT key, value FROM view WHERE key >= ? AND key < ? ORDER BY key');
  const read = (value: unknown): Value => decodeCanonical(value as Uint8Array, MAX_ROW_BYTES);
  return {
    get(key) {
      const row = get.get(key);
      return row === undefined ? undefined : read(row['value']);
    },
    list: (prefix) =>
      // keys are ASCII, so U+FFFF ends every prefix
      list.all(prefix, `${prefix}\uffff`).map((row) => [String(row['key']), read(row['value'])] as const),
    apply(changes) {
      for (const [key, value] of changes) {
        if (value === undefined) remove.run(key);
        else put.run(key, encodeCanonical(value));
      }
    },
  };
}
