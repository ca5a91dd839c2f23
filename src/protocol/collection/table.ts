/** Entries by key, found at once and walked in the order of the keys' canonical bytes: what Map and Set are made of. */
import { createBlocks } from './blocks.ts';
import { keyText, MAX_KEY } from './element.ts';

export interface Row {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Keys and values are canonical bytes. */
export interface Table {
  size(): number;
  /** Bytes of all keys and values. */
  bytes(): number;
  get(key: Uint8Array): Uint8Array | undefined;
  /** Answers what stood there. */
  put(key: Uint8Array, value: Uint8Array): Uint8Array | undefined;
  /** Answers what stood there. */
  remove(key: Uint8Array): Uint8Array | undefined;
  /** Answers how many rows there were. */
  clear(): number;
  /** In order; the table must not change meanwhile. */
  rows(): IterableIterator<Row>;
  /** Takes rows in order in place of all there was; false: they are not in order, or a key is too long. */
  load(rows: readonly Row[]): boolean;
}

export function createTable(): Table {
  const rows = new Map<string, Row>();
  const order = createBlocks<string>();
  let bytes = 0;
  const placeOf = (text: string): number => order.search((one) => one < text);
  return {
    size: () => rows.size,
    bytes: () => bytes,
    get: (key) => rows.get(keyText(key))?.value,
    put(key, value) {
      const text = keyText(key);
      const before = rows.get(text);
      if (before === undefined) {
        order.insert(placeOf(text), text);
        bytes += key.length + value.length;
      } else bytes += value.length - before.value.length;
      rows.set(text, { key, value });
      return before?.value;
    },
    remove(key) {
      const text = keyText(key);
      const before = rows.get(text);
      if (before === undefined) return undefined;
      rows.delete(text);
      order.remove(placeOf(text));
      bytes -= key.length + before.value.length;
      return before.value;
    },
    clear() {
      const count = rows.size;
      rows.clear();
      order.load([]);
      bytes = 0;
      return count;
    },
    *rows() {
      for (const text of order.from(0)) {
        const row = rows.get(text);
        if (row !== undefined) yield row;
      }
    },
    load(given) {
      this.clear();
      const texts: string[] = [];
      for (const row of given) {
        const text = keyText(row.key);
        const last = texts.at(-1);
        if (row.key.length > MAX_KEY || (last !== undefined && last >= text)) return false;
        texts.push(text);
        rows.set(text, row);
        bytes += row.key.length + row.value.length;
      }
      order.load(texts);
      return true;
    },
  };
}
