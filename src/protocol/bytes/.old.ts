/**
 * Text forms of bytes. Every decoder is strict: one spelling per value, anything else is refused
 * (Buffer.from(…, 'hex') and most base64 decoders silently skip rubbish: tdx.md 11).
 */
import { Refusal } from './refusal.ts';

const utf8Encoder = new TextEncoder();

export const utf8 = (text: string): Uint8Array<ArrayBuffer> => utf8Encoder.encode(text);

/** Decodes UTF-8; malformed bytes are refused with `TEXT_UTF8`, a byte order mark is kept as a character. */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Refusal('TEXT_UTF8', 'The text is not valid UTF-8.');
  }
}

const hexOf = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

/** Lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  let out = '';
  for (const byte of bytes) out += hexOf[byte];
  return out;
}

/** Reads hex of either case; `length` (bytes), when given, must match. Errors: `TEXT_HEX`. */
export function fromHex(text: string, length?: number): Uint8Array<ArrayBuffer> {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text))
    throw new Refusal('TEXT_HEX', 'The text is not hex.');
  if (length !== undefined && text.length !== length * 2)
    throw new Refusal('TEXT_HEX', `Expected ${length} bytes of hex, got ${text.length / 2}.`);
  const out = new Uint8Array(text.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return out;
}

const B64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const B64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const B32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** Groups bits of bytes into characters of a power-of-two alphabet (RFC 4648), without padding. */
function encodeBits(bytes: Uint8Array, alphabet: string, bits: number): string {
  let out = '';
  let held = 0;
  let value = 0;
  const mask = (1 << bits) - 1;
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xffff;
    held += 8;
    while (held >= bits) {
      held -= bits;
      out += alphabet[(value >> held) & mask];
    }
  }
  if (held > 0) out += alphabet[(value << (bits - held)) & mask];
  return out;
}

function decodeBits(text: string, alphabet: string, bits: number, code: string): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(Math.floor((text.length * bits) / 8));
  let held = 0;
  let value = 0;
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = indexOf(alphabet, text.charCodeAt(i));
    if (digit < 0) throw new Refusal(code, `Character ${i + 1} does not belong to this encoding.`);
    value = ((value << bits) | digit) & 0xffff;
    held += bits;
    if (held >= 8) {
      held -= 8;
      out[at++] = (value >> held) & 0xff;
    }
  }
  // what is left over must be less than one character and all zero: one spelling per value
  if (held >= bits || (value & ((1 << held) - 1)) !== 0)
    throw new Refusal(code, 'The last character carries bits that belong to no byte.');
  return out;
}

const tables = new Map<string, Int8Array>();
function indexOf(alphabet: string, char: number): number {
  let table = tables.get(alphabet);
  if (table === undefined) {
    table = new Int8Array(128).fill(-1);
    for (let i = 0; i < alphabet.length; i++) table[alphabet.charCodeAt(i)] = i;
    tables.set(alphabet, table);
  }
  return table[char] ?? -1;
}

/** Standard base64 with padding (RFC 4648 4). */
export function toBase64(bytes: Uint8Array): string {
  const text = encodeBits(bytes, B64, 6);
  return text + '='.repeat((4 - (text.length % 4)) % 4);
}

/** Strict standard base64: padding required, no white space, unused bits zero. Errors: `TEXT_BASE64`. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  if (text.length % 4 !== 0) throw new Refusal('TEXT_BASE64', 'Base64 comes in groups of four characters.');
  const pad = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return decodeBits(text.slice(0, text.length - pad), B64, 6, 'TEXT_BASE64');
}

/** base64url without padding (RFC 4648 5), the form in which bytes cross the API. */
export const toBase64url = (bytes: Uint8Array): string => encodeBits(bytes, B64URL, 6);

/** Strict base64url without padding. Errors: `TEXT_BASE64`. */
export function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  if (text.length % 4 === 1) throw new Refusal('TEXT_BASE64', 'No byte string has this length in base64url.');
  return decodeBits(text, B64URL, 6, 'TEXT_BASE64');
}

/** Lower-case base32 without padding, as CIDs use it. */
export const toBase32 = (bytes: Uint8Array): string => encodeBits(bytes, B32, 5);

/** Strict lower-case base32 without padding. Errors: `TEXT_BASE32`. */
export function fromBase32(text: string): Uint8Array<ArrayBuffer> {
  if ([1, 3, 6].includes(text.length % 8))
    throw new Refusal('TEXT_BASE32', 'No byte string has this length in base32.');
  return decodeBits(text, B32, 5, 'TEXT_BASE32');
}

/** True when both hold the same bytes. For public data: not constant time. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Lexicographic order of byte strings: negative, zero or positive. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const d = (a[i] as number) - (b[i] as number);
    if (d !== 0) return d;
  }
  return a.length - b.length;
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
