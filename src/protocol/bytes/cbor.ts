/**
 * Canonical CBOR: the bytes that are signed and hashed (house.md 3, core.md 5). A profile that is valid
 * DAG-CBOR and RFC 8949 core deterministic CBOR at once: text keys of 1..23 ASCII bytes, no floats, no tags,
 * integers within ±(2^53−1), NFC text without lone surrogates, depth at most 16. @ipld/dag-cbor writes and
 * reads the bytes; the walks here refuse everything outside the profile, before encoding and before decoding.
 */
import * as dagCbor from '@ipld/dag-cbor';
import { sameBytes } from './base.ts';
import { Refusal } from './refusal.ts';

/** What canonical CBOR can carry. */
export type Value =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly Value[]
  | { readonly [key: string]: Value };

/** Containers may nest this deep; a scalar alone has depth 0. */
export const MAX_DEPTH = 16;

const refuse = (why: string): never => {
  throw new Refusal('CBOR_PROFILE', `Not canonical CBOR: ${why}.`);
};

/** Encodes a value of the profile. Errors: `CBOR_PROFILE` names what does not fit. */
export function encodeCanonical(value: Value): Uint8Array<ArrayBuffer> {
  walk(value, 0);
  return dagCbor.encode(value) as Uint8Array<ArrayBuffer>;
}

/**
 * Decodes bytes that must be exactly the canonical encoding of their value: decode, re-encode, compare.
 * `maxBytes` is checked first. Errors: `CBOR_SIZE`, `CBOR_PROFILE`.
 */
export function decodeCanonical(bytes: Uint8Array, maxBytes: number): Value {
  if (bytes.length > maxBytes)
    throw new Refusal('CBOR_SIZE', `The block is ${bytes.length} bytes; the limit is ${maxBytes}.`);
  scan(bytes);
  let value: Value;
  try {
    value = dagCbor.decode(bytes);
  } catch {
    return refuse('the bytes do not decode');
  }
  if (!sameBytes(encodeCanonical(value), bytes))
    return refuse('the same value has a shorter or sorted spelling');
  return value;
}

function walk(value: unknown, depth: number): void {
  switch (typeof value) {
    case 'boolean':
      return;
    case 'number':
      if (!Number.isSafeInteger(value) || Object.is(value, -0))
        refuse('a number is no integer within ±(2^53−1)');
      return;
    case 'string':
      if (!value.isWellFormed()) refuse('a text has a lone surrogate');
      if (value.normalize('NFC') !== value) refuse('a text is not in NFC');
      return;
    case 'object':
      break;
    default:
      refuse(`a value of type ${typeof value} has no encoding`);
  }
  if (value === null || value instanceof Uint8Array) return;
  if (depth >= MAX_DEPTH) refuse(`it nests deeper than ${MAX_DEPTH}`);
  if (Array.isArray(value)) {
    for (const item of value) walk(item, depth + 1);
    return;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) refuse('an object is not a plain one');
  for (const [key, item] of Object.entries(value as object)) {
    // `__proto__` would vanish when the map is read back into an object
    if (!/^[\x20-\x7e]{1,23}$/.test(key) || key === '__proto__')
      refuse('a key is not 1..23 ASCII characters');
    walk(item, depth + 1);
  }
}

/** Walks the raw heads without building anything, so that hostile nesting or lengths cost nothing. */
function scan(bytes: Uint8Array): void {
  const open: number[] = []; // items still to come, one number per open container
  let at = 0;
  let done = false;
  while (!done) {
    const head = bytes[at];
    if (head === undefined) return refuse('it ends early');
    const major = head >> 5;
    const [argument, next] = readArgument(bytes, at, head & 31);
    at = next;
    let items = 0;
    if (major === 2 || major === 3) {
      if (argument > bytes.length - at) return refuse('a string runs past the end');
      at += argument;
    } else if (major === 4 || major === 5) {
      items = major === 4 ? argument : argument * 2;
      if (items > bytes.length - at) return refuse('a container promises more than there is');
    } else if (major === 6) {
      return refuse('it has a tag');
    } else if (major === 7 && (head < 0xf4 || head > 0xf6)) {
      return refuse('it has a float or an undefined value');
    }
    if (items > 0) {
      open.push(items);
      if (open.length > MAX_DEPTH) return refuse(`it nests deeper than ${MAX_DEPTH}`);
      continue;
    }
    for (;;) {
      const left = open.pop();
      if (left === undefined) {
        done = true;
        break;
      }
      if (left > 1) {
        open.push(left - 1);
        break;
      }
    }
  }
  if (at !== bytes.length) refuse('bytes follow the value');
}

function readArgument(bytes: Uint8Array, at: number, info: number): [argument: number, next: number] {
  if (info < 24) return [info, at + 1];
  if (info > 27) return refuse('it has an indefinite length');
  const size = 1 << (info - 24);
  if (at + 1 + size > bytes.length) return refuse('it ends early');
  let argument = 0;
  for (let i = 0; i < size; i++) argument = argument * 256 + (bytes[at + 1 + i] as number);
  return [argument, at + 1 + size];
}
