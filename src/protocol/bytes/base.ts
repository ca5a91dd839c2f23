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

// The verifier and every export pass through here, so nothing below builds a string character by character:
// encoders fill an array of character codes, decoders look each code up in a table.

const asciiDecoder = new TextDecoder();

/** Character codes below 128 as text. Short texts (ids, hashes) are quicker without the decoder. */
const textOf = (codes: Uint8Array): string =>
  codes.length <= 128
    ? String.fromCharCode.apply(null, codes as unknown as number[])
    : asciiDecoder.decode(codes);

/** One alphabet of a power-of-two size, as two tables: digit → character code, character code → digit or -1. */
interface Alphabet {
  readonly codes: Uint8Array;
  readonly digits: Int8Array;
}

function alphabetOf(...spellings: readonly string[]): Alphabet {
  const [written = ''] = spellings;
  const digits = new Int8Array(128).fill(-1);
  for (const spelling of spellings)
    for (let digit = 0; digit < spelling.length; digit++) digits[spelling.charCodeAt(digit)] = digit;
  return { codes: utf8(written), digits };
}

const HEX = alphabetOf('0123456789abcdef', '0123456789ABCDEF');
const B64 = alphabetOf('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
const B64URL = alphabetOf('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');
const B32 = alphabetOf('abcdefghijklmnopqrstuvwxyz234567');

/** The digit of the character at `at`, or -1: what is no character of the alphabet makes the result negative. */
function digitAt(digits: Int8Array, text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code < 128 ? (digits[code] as number) : -1;
}

/** Lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  const { codes } = HEX;
  const out = new Uint8Array(bytes.length * 2);
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    out[2 * i] = codes[byte >> 4] as number;
    out[2 * i + 1] = codes[byte & 15] as number;
  }
  return textOf(out);
}

/** Reads hex of either case; `length` (bytes), when given, must match. Errors: `TEXT_HEX`. */
export function fromHex(text: string, length?: number): Uint8Array<ArrayBuffer> {
  const { digits } = HEX;
  if (text.length % 2 !== 0) throw new Refusal('TEXT_HEX', 'The text is not hex.');
  const out = new Uint8Array(text.length / 2);
  let seen = 0;
  for (let i = 0; i < out.length; i++) {
    const byte = (digitAt(digits, text, 2 * i) << 4) | digitAt(digits, text, 2 * i + 1);
    seen |= byte; // negative from the first character on that is no digit
    out[i] = byte;
  }
  if (seen < 0) throw new Refusal('TEXT_HEX', 'The text is not hex.');
  if (length !== undefined && out.length !== length)
    throw new Refusal('TEXT_HEX', `Expected ${length} bytes of hex, got ${out.length}.`);
  return out;
}

/** Three bytes are four characters; `pad` says whether the last group is filled with `=`. */
function encode64(bytes: Uint8Array, { codes }: Alphabet, pad: boolean): string {
  const whole = bytes.length - (bytes.length % 3);
  const rest = bytes.length - whole;
  const out = new Uint8Array((whole / 3) * 4 + (rest === 0 ? 0 : pad ? 4 : rest + 1));
  let to = 0;
  for (let at = 0; at < whole; at += 3) {
    const group =
      ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
    out[to] = codes[group >> 18] as number;
    out[to + 1] = codes[(group >> 12) & 63] as number;
    out[to + 2] = codes[(group >> 6) & 63] as number;
    out[to + 3] = codes[group & 63] as number;
    to += 4;
  }
  if (rest > 0) {
    const group = ((bytes[whole] as number) << 16) | ((bytes[whole + 1] ?? 0) << 8);
    out.fill(0x3d, to);
    out[to] = codes[group >> 18] as number;
    out[to + 1] = codes[(group >> 12) & 63] as number;
    if (rest === 2) out[to + 2] = codes[(group >> 6) & 63] as number;
  }
  return textOf(out);
}

/** `length` characters of `text`, without padding. Errors: `TEXT_BASE64`. */
function decode64(text: string, length: number, { digits }: Alphabet): Uint8Array<ArrayBuffer> {
  const rest = length % 4;
  const whole = length - rest;
  if (rest === 1) throw new Refusal('TEXT_BASE64', 'The last character carries bits that belong to no byte.');
  const out = new Uint8Array((whole / 4) * 3 + (rest === 0 ? 0 : rest - 1));
  let seen = 0;
  let to = 0;
  for (let at = 0; at < whole; at += 4) {
    const group =
      (digitAt(digits, text, at) << 18) |
      (digitAt(digits, text, at + 1) << 12) |
      (digitAt(digits, text, at + 2) << 6) |
      digitAt(digits, text, at + 3);
    seen |= group; // negative from the first character on that is no digit
    out[to] = group >> 16;
    out[to + 1] = group >> 8;
    out[to + 2] = group;
    to += 3;
  }
  let spare = 0;
  if (rest > 0) {
    const group =
      (digitAt(digits, text, whole) << 18) |
      (digitAt(digits, text, whole + 1) << 12) |
      (rest === 3 ? digitAt(digits, text, whole + 2) << 6 : 0);
    seen |= group;
    out[to] = group >> 16;
    if (rest === 3) out[to + 1] = group >> 8;
    spare = group & (rest === 3 ? 0xff : 0xffff);
  }
  if (seen < 0) throw stranger('TEXT_BASE64', text, length, digits);
  // unused bits are zero: one spelling per value
  if (spare !== 0)
    throw new Refusal('TEXT_BASE64', 'The last character carries bits that belong to no byte.');
  return out;
}

/** Says which character it was. */
function stranger(code: string, text: string, length: number, digits: Int8Array): Refusal {
  let at = 0;
  while (at < length && digitAt(digits, text, at) >= 0) at++;
  return new Refusal(code, `Character ${at + 1} does not belong to this encoding.`);
}

/** Standard base64 with padding (RFC 4648 4). */
export const toBase64 = (bytes: Uint8Array): string => encode64(bytes, B64, true);

/** Strict standard base64: padding required, no white space, unused bits zero. Errors: `TEXT_BASE64`. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  if (text.length % 4 !== 0) throw new Refusal('TEXT_BASE64', 'Base64 comes in groups of four characters.');
  const pad = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return decode64(text, text.length - pad, B64);
}

/** base64url without padding (RFC 4648 5), the form in which bytes cross the API. */
export const toBase64url = (bytes: Uint8Array): string => encode64(bytes, B64URL, false);

/** Strict base64url without padding. Errors: `TEXT_BASE64`. */
export function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  if (text.length % 4 === 1) throw new Refusal('TEXT_BASE64', 'No byte string has this length in base64url.');
  return decode64(text, text.length, B64URL);
}

/** Lower-case base32 without padding, as CIDs use it. */
export function toBase32(bytes: Uint8Array): string {
  const { codes } = B32;
  const out = new Uint8Array(Math.ceil((bytes.length * 8) / 5));
  let held = 0;
  let value = 0;
  let to = 0;
  for (let at = 0; at < bytes.length; at++) {
    value = ((value << 8) | (bytes[at] as number)) & 0xfff;
    held += 8;
    while (held >= 5) {
      held -= 5;
      out[to++] = codes[(value >> held) & 31] as number;
    }
  }
  if (held > 0) out[to] = codes[(value << (5 - held)) & 31] as number;
  return textOf(out);
}

/** Strict lower-case base32 without padding. Errors: `TEXT_BASE32`. */
export function fromBase32(text: string): Uint8Array<ArrayBuffer> {
  if ([1, 3, 6].includes(text.length % 8))
    throw new Refusal('TEXT_BASE32', 'No byte string has this length in base32.');
  const out = new Uint8Array(Math.floor((text.length * 5) / 8));
  let held = 0;
  let value = 0;
  let to = 0;
  for (let at = 0; at < text.length; at++) {
    const digit = digitAt(B32.digits, text, at);
    if (digit < 0) throw stranger('TEXT_BASE32', text, text.length, B32.digits);
    value = ((value << 5) | digit) & 0xfff;
    held += 5;
    if (held >= 8) {
      held -= 8;
      out[to++] = value >> held;
    }
  }
  // what is left over is less than one character and all zero: one spelling per value
  if ((value & ((1 << held) - 1)) !== 0)
    throw new Refusal('TEXT_BASE32', 'The last character carries bits that belong to no byte.');
  return out;
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
