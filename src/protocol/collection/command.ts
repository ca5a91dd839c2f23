/**
 * A command as it stands in the log: a leaf `[bytes, sig]` (house.md 4), where `bytes` is the canonical CBOR of
 * `[operation, arguments, author, counter, nonce]` and the signature the author's, over a domain, the scope and
 * `bytes`. The scope names one Group of one collection. Each author counts its commands 1, 2, 3 …; each number is taken
 * once and in turn, so that nobody can play an old command again, and an author's commands keep their order. The nonce
 * tells apart who writes for one author: signatures are the same wherever they are made, and so equal leaves would not
 * mean one and the same write.
 */
import { concat, decodeCanonical, encodeCanonical, Refusal, toHex, utf8 } from '../bytes/index.ts';
import type { SignatureJob, UniqueId, Value } from '../bytes/index.ts';

/** Bytes of a leaf: what a Group takes as one command. */
export const MAX_COLLECTION_LEAF = 17 * 1024;
const SIG = 64;
export const COMMAND_NONCE = 8;
/** What the signature and the frame of the leaf take. */
const FRAME = 72;
const DOMAIN = concat(utf8('muster/collection/2'), new Uint8Array([0]));

export interface CollectionCommand {
  readonly operation: string;
  readonly args: readonly Value[];
  /** Raw 32-byte Ed25519 key. */
  readonly author: Uint8Array;
  /** From 1, without gaps. */
  readonly counter: number;
  /** 8 bytes that whoever sends the commands has drawn at random, once for all of them. */
  readonly nonce: Uint8Array;
}

/** One that was read: who and what, and the signature to be checked. */
export interface ReadCommand extends CollectionCommand {
  readonly authorHex: string;
  readonly job: SignatureJob;
}

/** The bytes of a command. Errors: `COMMAND_TOO_LONG`, `CBOR_PROFILE`. */
export function encodeCollectionCommand({
  operation,
  args,
  author,
  counter,
  nonce,
}: CollectionCommand): Uint8Array<ArrayBuffer> {
  const bytes = encodeCanonical([operation, args, author, counter, nonce]);
  if (bytes.length > MAX_COLLECTION_LEAF - FRAME)
    throw new Refusal(
      'COMMAND_TOO_LONG',
      `A command of a collection has at most ${MAX_COLLECTION_LEAF - FRAME} bytes, not ${bytes.length}.`,
    );
  return bytes;
}

/** What an author signs. `scope`: 32 bytes that name one Group of one collection. */
export const collectionMessage = (scope: UniqueId, bytes: Uint8Array): Uint8Array =>
  concat(DOMAIN, scope, bytes);

export const encodeCollectionLeaf = (bytes: Uint8Array, sig: Uint8Array): Uint8Array =>
  encodeCanonical([bytes, sig]);

/** Errors: `COLLECTION_COMMAND`, `CBOR_*`. */
export function readCollectionLeaf(leaf: Uint8Array, scope: UniqueId): ReadCommand {
  const { bytes, sig } = splitLeaf(leaf);
  const [operation, args, author, counter, nonce] = listOf(decodeCanonical(bytes, MAX_COLLECTION_LEAF), 5);
  if (typeof operation !== 'string' || typeof counter !== 'number' || counter < 1) throw malformed();
  if (!(author instanceof Uint8Array) || author.length !== 32) throw malformed();
  if (!(nonce instanceof Uint8Array) || nonce.length !== COMMAND_NONCE) throw malformed();
  return {
    operation,
    args: listOf(args),
    author,
    counter,
    nonce,
    authorHex: toHex(author),
    job: { alg: 'ed25519', key: author, message: collectionMessage(scope, bytes), signature: sig },
  };
}

/**
 * `[bytes, sig]` has one canonical spelling for each length: two heads are all that stands beside what is signed.
 * Reading it here takes half of what the general way would add to every command.
 */
function splitLeaf(leaf: Uint8Array): { bytes: Uint8Array; sig: Uint8Array } {
  const from = leaf.length - SIG;
  // a list of two, a string of a one-byte or a two-byte length, and one of 64
  const width = from - 2 - 3 < 256 ? 3 : 4;
  const length = from - 2 - width;
  if (length < (width === 3 ? 24 : 256) || leaf.length > MAX_COLLECTION_LEAF) throw malformed();
  const head = width === 3 ? [0x82, 0x58, length] : [0x82, 0x59, length >> 8, length & 255];
  if (!head.every((byte, at) => leaf[at] === byte)) throw malformed();
  if (leaf[from - 2] !== 0x58 || leaf[from - 1] !== SIG) throw malformed();
  return { bytes: leaf.subarray(width, from - 2), sig: leaf.subarray(from) };
}

/** A list, of this length if one is given. Errors: `COLLECTION_COMMAND`. */
export function listOf(value: Value | undefined, length?: number): readonly Value[] {
  if (!Array.isArray(value) || (length !== undefined && value.length !== length)) throw malformed();
  return value as readonly Value[];
}

/** What each of one or more items is. Errors: `COLLECTION_COMMAND`, and those of `read`. */
export function eachOf<T>(items: readonly Value[], read: (item: Value) => T): T[] {
  if (items.length === 0) throw malformed();
  return items.map((item) => read(item));
}

/** `[]` stands for nothing, `[x]` for x: null is a value like others. Errors: `COLLECTION_COMMAND`. */
export function optionOf(value: Value | undefined): Value | undefined {
  const items = listOf(value);
  if (items.length > 1) throw malformed();
  return items[0];
}

/** One item that must be there. Errors: `COLLECTION_COMMAND`. */
export function valueOf(value: Value | undefined): Value {
  if (value === undefined) throw malformed();
  return value;
}

/** A position or a length. Errors: `COLLECTION_COMMAND`. */
export function countOf(value: Value | undefined): number {
  if (typeof value !== 'number' || value < 0) throw malformed();
  return value;
}

export const malformed = (): Refusal =>
  new Refusal('COLLECTION_COMMAND', 'The bytes are no command of this collection.');
