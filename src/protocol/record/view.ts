/**
 * The view port: what folds read and write. Rows are canonical values under `table/id` keys, so that a view is
 * the same in SQLite, in a browser's Map and in the CLI, and can be compared bit for bit.
 */
import { compareBytes, encodeCanonical, utf8 } from '../bytes/index.ts';
import type { Hashes, Value } from '../bytes/index.ts';

export interface ReadView {
  get(key: string): Value | undefined;
  /** Rows whose key begins with `prefix`, in ascending order of the key's UTF-8 bytes. */
  list(prefix: string): Iterable<readonly [key: string, value: Value]>;
}

/** What a fold answers: rows to write (a value) or to remove (undefined). */
export type Change = readonly [key: string, value: Value | undefined];

export interface View extends ReadView {
  apply(changes: readonly Change[]): void;
}

/** A view in memory. */
export function memoryView(): View & { readonly rows: ReadonlyMap<string, Value> } {
  const rows = new Map<string, Value>();
  return {
    rows,
    get: (key) => rows.get(key),
    list: (prefix) => sortRows([...rows].filter(([key]) => key.startsWith(prefix))),
    apply(changes) {
      for (const [key, value] of changes) {
        if (value === undefined) rows.delete(key);
        else rows.set(key, value);
      }
    },
  };
}

function sortRows(rows: [string, Value][]): [string, Value][] {
  return rows.toSorted(([a], [b]) => compareBytes(utf8(a), utf8(b)));
}

/** SHA-256 over all rows in order: two views are the same state exactly when these 32 bytes are equal. */
export function viewDigest(hashes: Hashes, view: ReadView): Uint8Array {
  return hashes.sha256(encodeCanonical([...view.list('')].map(([key, value]) => [key, value])));
}
