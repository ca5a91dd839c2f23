/**
 * Keys and values: canonical CBOR, kept as the bytes that it is. Bytes are compared, so that what is equal and what
 * comes first is the same on every replica (coalition.md 3.5); they are decoded where somebody reads.
 */
import { compareBytes, encodeCanonical, Refusal, utf8 } from '../bytes/index.ts';
import type { Value } from '../bytes/index.ts';

export const MAX_KEY = 1024;
/** With a key of the longest kind it still fits into one command. So must both values of an exchange, together. */
export const MAX_VALUE = 15 * 1024;
/**
 * Bytes that an entry is counted for beside its elements. The objects around them, the indexes and the copies of keys
 * take so much and up to three times as much, however short the elements are: a full collection has 130,000 entries at
 * most, takes some 100 MB of memory, and is read back in a fraction of a second.
 */
export const ENTRY = 256;
/** Bytes that each item of a priority is counted for: it is kept as it is compared, and an item of one byte is an object. */
const ITEM = 48;

/** Canonical bytes of a key. Errors: `COLLECTION_ELEMENT`, `CBOR_PROFILE`. */
export const keyBytes = (key: Value): Uint8Array => limited(encodeCanonical(key), MAX_KEY, 'A key');

/** Canonical bytes of a value. Errors: as `keyBytes`. */
export const valueBytes = (value: Value): Uint8Array => limited(encodeCanonical(value), MAX_VALUE, 'A value');

function limited(bytes: Uint8Array, most: number, what: string): Uint8Array {
  // a copy: what an encoder returns may be a view that keeps a pool of 64 KiB alive
  if (bytes.length <= most) return new Uint8Array(bytes);
  throw new Refusal('COLLECTION_ELEMENT', `${what} has at most ${most} bytes, not ${bytes.length}.`);
}

/** One character a byte: text that JavaScript compares in the order of the bytes, and finds in a Map. */
export const keyText = (bytes: Uint8Array): string =>
  String.fromCharCode.apply(null, bytes as unknown as number[]);

/** What has an order that people mean: whole numbers, texts, bytes, and lists of those, compared item by item. */
export type Priority = number | string | Uint8Array | readonly Priority[];

/** Errors: `COLLECTION_ELEMENT`. */
export function checkPriority(value: Value): Priority {
  if (typeof value === 'number' || typeof value === 'string' || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) {
    for (const item of value as readonly Value[]) checkPriority(item);
    return value as readonly Priority[];
  }
  throw new Refusal('COLLECTION_ELEMENT', 'A priority is a whole number, a text, bytes, or a list of these.');
}

/** Bytes that the items of a priority are counted for beside their encoding. */
export const priorityWeight = (priority: Priority): number =>
  Array.isArray(priority)
    ? (priority as readonly Priority[]).reduce<number>((sum, item) => sum + priorityWeight(item), ITEM)
    : ITEM;

/** Negative: `a` is lower. Numbers come before texts, texts before bytes, bytes before lists. */
export function comparePriorities(a: Priority, b: Priority): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [left, right] = [rankOf(a), rankOf(b)];
  if (left !== right) return left - right;
  // texts by their UTF-8, not by UTF-16 units: the order that every language can have
  if (typeof a === 'string' && typeof b === 'string') return compareBytes(utf8(a), utf8(b));
  if (a instanceof Uint8Array && b instanceof Uint8Array) return compareBytes(a, b);
  if (!Array.isArray(a) || !Array.isArray(b)) return 0;
  const [one, other] = [a as readonly Priority[], b as readonly Priority[]];
  for (let i = 0; i < Math.min(one.length, other.length); i++) {
    const order = comparePriorities(one[i] ?? 0, other[i] ?? 0);
    if (order !== 0) return order;
  }
  return one.length - other.length;
}

const rankOf = (value: Priority): number =>
  typeof value === 'number' ? 0 : typeof value === 'string' ? 1 : value instanceof Uint8Array ? 2 : 3;
