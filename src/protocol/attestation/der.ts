/**
 * A small strict reader of DER (ITU-T X.690): definite minimal lengths, single-byte tags, every element inside
 * its parent, nothing left over. It reads in place and allocates one cursor per constructed element, because
 * certificates are on the hot path (tdx.md 6).
 */
import { Refusal } from '../bytes/index.ts';
import { readGeneralizedTime, readUtcTime } from './times.ts';

/** Tags that certificates, CRLs and Intel's extension use. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  printableString: 0x13,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  context0: 0xa0,
  context3: 0xa3,
} as const;

/** The longest OID and integer anybody here has a use for; longer ones are refused before they are copied. */
const LONGEST_OID = 32;
const LONGEST_INTEGER = 66;

/** A cursor over the contents of one element (or over a whole document). */
export class DerCursor {
  readonly bytes: Uint8Array;
  readonly end: number;
  /** The code of the refusals this cursor throws, e.g. `CERT_FORMAT`. */
  readonly code: string;
  #at: number;

  constructor(bytes: Uint8Array, code: string, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.code = code;
    this.#at = start;
    this.end = end;
  }

  get atEnd(): boolean {
    return this.#at === this.end;
  }

  /** The tag that comes next, or -1 at the end. */
  get nextTag(): number {
    return this.#at < this.end ? (this.bytes[this.#at] as number) : -1;
  }

  refuse(what: string): never {
    throw new Refusal(this.code, `${what} (at byte ${this.#at}).`);
  }

  /** Enters the next element, which must have this tag, and moves past it. */
  enter(tag: number, what: string): DerCursor {
    const start = this.#header(tag, what);
    const end = this.#at;
    return new DerCursor(this.bytes, this.code, start, end);
  }

  /** The contents of the next element, which must have this tag; shares memory with the input. */
  content(tag: number, what: string): Uint8Array {
    const start = this.#header(tag, what);
    return this.bytes.subarray(start, this.#at);
  }

  /** The whole next element, header included; shares memory with the input. */
  element(tag: number, what: string): Uint8Array {
    const from = this.#at;
    this.#header(tag, what);
    return this.bytes.subarray(from, this.#at);
  }

  /** Checks that the element was read to its end. */
  finish(what: string): void {
    if (this.#at !== this.end) this.refuse(`${what} holds more than it may`);
  }

  /** An object identifier as the hex of its content bytes. */
  oid(what: string): string {
    const bytes = this.content(TAG.oid, what);
    if (bytes.length === 0 || bytes.length > LONGEST_OID || (bytes[bytes.length - 1] as number) > 0x7f)
      this.refuse(`${what} is not an object identifier`);
    let hex = '';
    for (const byte of bytes) hex += byte < 16 ? `0${byte.toString(16)}` : byte.toString(16);
    return hex;
  }

  /** The content bytes of a minimally encoded integer, sign byte included. */
  integer(what: string): Uint8Array {
    const bytes = this.content(TAG.integer, what);
    const first = bytes[0];
    const second = bytes[1];
    if (first === undefined || bytes.length > LONGEST_INTEGER)
      this.refuse(`${what} has no acceptable length`);
    if (second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second > 0x7f)))
      this.refuse(`${what} is not minimally encoded`);
    return bytes;
  }

  /** A non-negative integer of at most `max` (itself at most 2^31). */
  smallInteger(max: number, what: string): number {
    const bytes = this.integer(what);
    if ((bytes[0] as number) > 0x7f || bytes.length > 5) this.refuse(`${what} is out of range`);
    let value = 0;
    for (const byte of bytes) value = value * 256 + byte;
    if (value > max) this.refuse(`${what} is out of range`);
    return value;
  }

  /** A DER boolean: 0x00 or 0xff, nothing between. */
  boolean(what: string): boolean {
    const bytes = this.content(TAG.boolean, what);
    if (bytes.length !== 1 || (bytes[0] !== 0 && bytes[0] !== 0xff)) this.refuse(`${what} is not a boolean`);
    return bytes[0] === 0xff;
  }

  /** The bytes of a bit string that has no unused bits. */
  wholeBits(what: string): Uint8Array {
    const bytes = this.content(TAG.bitString, what);
    if (bytes.length < 1 || bytes[0] !== 0) this.refuse(`${what} is not a string of whole bytes`);
    return bytes.subarray(1);
  }

  /** A Time (UTCTime or GeneralizedTime) as Unix seconds. */
  time(what: string): number {
    const tag = this.nextTag;
    const value =
      tag === TAG.generalizedTime
        ? readGeneralizedTime(this.content(tag, what))
        : readUtcTime(this.content(TAG.utcTime, what));
    return value ?? this.refuse(`${what} is not a date`);
  }

  /** Reads a header, moves past the element and returns where its content starts. */
  #header(tag: number, what: string): number {
    const { bytes, end } = this;
    let at = this.#at;
    if (at >= end || bytes[at] !== tag) this.refuse(`${what} is missing or of another type`);
    at += 1;
    if (at >= end) this.refuse(`${what} has no length`);
    let length = bytes[at] as number;
    at += 1;
    if (length >= 0x80) {
      const count = length & 0x7f;
      if (count < 1 || count > 3 || at + count > end) this.refuse(`The length of ${what} is not DER`);
      length = 0;
      for (let i = 0; i < count; i++) length = length * 256 + (bytes[at + i] as number);
      if (length < 0x80 || (count > 1 && length < 2 ** (8 * (count - 1))))
        this.refuse(`The length of ${what} is not minimal`);
      at += count;
    }
    if (length > end - at) this.refuse(`${what} reaches beyond its parent`);
    this.#at = at + length;
    return at;
  }
}

/** Opens a document that must be exactly one SEQUENCE. */
export function openSequence(bytes: Uint8Array, code: string, what: string): DerCursor {
  const document = new DerCursor(bytes, code);
  const sequence = document.enter(TAG.sequence, what);
  document.finish(what);
  return sequence;
}

/** Drops the sign byte (and any leading zeros), so that serials compare as unsigned integers (tdx.md 3 step 5). */
export function unsigned(integer: Uint8Array): Uint8Array {
  let from = 0;
  while (from < integer.length - 1 && integer[from] === 0) from += 1;
  return integer.subarray(from);
}

/**
 * Turns the content of a signature bit string (SEQUENCE of INTEGER r, s) into r‖s of 32 bytes each.
 * High S is allowed: Intel does not normalise.
 */
export function rawSignature(bits: Uint8Array, code: string): Uint8Array {
  const pair = openSequence(bits, code, 'The signature');
  const out = new Uint8Array(64);
  for (const offset of [0, 32]) {
    const integer = pair.integer('A part of the signature');
    const number = unsigned(integer);
    if ((integer[0] as number) > 0x7f || number.length > 32)
      pair.refuse('A part of the signature is out of range');
    out.set(number, offset + 32 - number.length);
  }
  pair.finish('The signature');
  return out;
}

const decoder = new TextDecoder();

/** Bytes as characters of the same number, for text that a pattern judges right afterwards. */
export function ascii(bytes: Uint8Array): string {
  let seen = 0;
  for (let at = 0; at < bytes.length; at++) seen |= bytes[at] as number;
  // much quicker, and the same for bytes below 128
  if (seen < 0x80) return decoder.decode(bytes);
  let out = '';
  // in pieces that fit on the stack as arguments
  for (let at = 0; at < bytes.length; at += 4096)
    out += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return out;
}
