/**
 * Ids of the coalition world: BLAKE3-256 in plain hash mode (coalition.md 2.1). Thirty-two bytes, lower-case
 * hex for people. `derive` has no separator and no length prefix; order matters.
 */
import { blake3 as nobleBlake3 } from '@noble/hashes/blake3.js';
import { concat, fromHex, toHex, utf8 } from './base.ts';
import { Refusal } from './refusal.ts';

/** 32 bytes. Networks, coalitions, groups, streams and stores are all named by one of these. */
export type UniqueId = Uint8Array;

export const ID_BYTES = 32;
/** Stands where a record belongs to no coalition yet. */
export const NO_COALITION: UniqueId = new Uint8Array(ID_BYTES);

export const blake3 = (bytes: Uint8Array): UniqueId => nobleBlake3(bytes);

/** A string that is exactly 64 hex digits is that id; any other string is hashed as UTF-8. */
export function idFrom(text: string): UniqueId {
  return /^[0-9a-fA-F]{64}$/.test(text) ? fromHex(text) : blake3(utf8(text));
}

/** blake3(id ‖ info); a string stands for its UTF-8 bytes. */
export function derive(id: UniqueId, info: Uint8Array | string): UniqueId {
  return blake3(concat(checkId(id), typeof info === 'string' ? utf8(info) : info));
}

/** blake3 over the id itself. */
export const hashed = (id: UniqueId): UniqueId => blake3(checkId(id));

/** blake3 over the concatenation of the parts. */
export const idFromParts = (parts: readonly Uint8Array[]): UniqueId => blake3(concat(...parts));

/** An unsigned integer as an id: right-aligned in 32 bytes, its own eight bytes little-endian. */
export function idFromU64(value: number | bigint): UniqueId {
  const n = BigInt(value);
  if (n < 0n || n >= 1n << 64n) throw new RangeError('idFromU64: value is outside 0..2^64-1');
  const out = new Uint8Array(ID_BYTES);
  new DataView(out.buffer).setBigUint64(24, n, true);
  return out;
}

/** One byte as an id: the last of the 32. */
export function idFromU8(value: number): UniqueId {
  if (!Number.isInteger(value) || value < 0 || value > 255)
    throw new RangeError('idFromU8: value is outside 0..255');
  const out = new Uint8Array(ID_BYTES);
  out[31] = value;
  return out;
}

/** Reads an id from 64 hex digits of either case. Errors: `ID_FORMAT`. */
export function readId(text: string): UniqueId {
  if (!/^[0-9a-fA-F]{64}$/.test(text)) throw new Refusal('ID_FORMAT', 'An id is 64 hex digits.');
  return fromHex(text);
}

export const idText = (id: UniqueId): string => toHex(id);

function checkId(id: Uint8Array): Uint8Array {
  if (id.length !== ID_BYTES) throw new RangeError('an id is 32 bytes');
  return id;
}

/** The one shared network on which everything lives: blake3("mosaik.universe"). */
export const UNIVERSE: UniqueId = idFrom('mosaik.universe');
