/**
 * What stands at index i of a Chronicle's tree: the canonical CBOR of the two-element array [bytes, sig] of the
 * i-th record (house.md 4). The shape is fixed, so it is written and read by hand here; there is one spelling.
 */
import { Refusal } from '../bytes/index.ts';
import { leafHash } from './tree.ts';
import type { Hashes } from '../bytes/index.ts';

/** A leaf fits the u16 length prefix of a tlog-tiles entry bundle. */
export const MAX_LEAF_BYTES = 65_535;
/** An Ed25519 signature. */
export const SIGNATURE_BYTES = 64;

/** array(2) and, before the signature, byte string(64): the constant bytes of a leaf. */
const ARRAY_2 = 0x82;
const SIG_HEAD = [0x58, SIGNATURE_BYTES] as const;

/** Length of the CBOR head of a byte string of n bytes. */
const headBytes = (n: number): number => (n < 24 ? 1 : n < 256 ? 2 : 3);

/** The most bytes a record may have for its leaf to stay within `MAX_LEAF_BYTES`. */
export const MAX_LEAF_RECORD_BYTES = MAX_LEAF_BYTES - 1 - 3 - SIG_HEAD.length - SIGNATURE_BYTES;

/** Canonical CBOR of `[bytes, sig]`; `sig` is 64 bytes. Errors: `LEAF_FORMAT`. */
export function leafBytes(bytes: Uint8Array, sig: Uint8Array): Uint8Array<ArrayBuffer> {
  if (sig.length !== SIGNATURE_BYTES)
    throw new Refusal('LEAF_FORMAT', `A signature has ${SIGNATURE_BYTES} bytes, not ${sig.length}.`);
  if (bytes.length > MAX_LEAF_RECORD_BYTES)
    throw new Refusal('LEAF_FORMAT', `A record of ${bytes.length} bytes is too large for a leaf.`);
  const n = bytes.length;
  const head = headBytes(n);
  const out = new Uint8Array(1 + head + n + SIG_HEAD.length + SIGNATURE_BYTES);
  out[0] = ARRAY_2;
  if (head === 1) out[1] = 0x40 | n;
  else if (head === 2) out.set([0x58, n], 1);
  else out.set([0x59, n >> 8, n & 0xff], 1);
  out.set(bytes, 1 + head);
  out.set(SIG_HEAD, 1 + head + n);
  out.set(sig, 1 + head + n + SIG_HEAD.length);
  return out;
}

/** Reads a leaf back; anything but the one spelling of `leafBytes` is refused. Errors: `LEAF_FORMAT`. */
export function parseLeaf(leaf: Uint8Array): { bytes: Uint8Array; sig: Uint8Array } {
  const tail = SIG_HEAD.length + SIGNATURE_BYTES;
  const [first, kind = 0, high = 0, low = 0] = leaf;
  const head = kind >= 0x40 && kind < 0x58 ? 1 : kind === 0x58 ? 2 : kind === 0x59 ? 3 : 0;
  const n = head === 1 ? kind - 0x40 : head === 2 ? high : high * 256 + low;
  const sigAt = 1 + head + n;
  const wellFormed =
    first === ARRAY_2 &&
    head !== 0 &&
    headBytes(n) === head &&
    leaf.length === sigAt + tail &&
    leaf.length <= MAX_LEAF_BYTES &&
    leaf[sigAt] === SIG_HEAD[0] &&
    leaf[sigAt + 1] === SIG_HEAD[1];
  if (!wellFormed)
    throw new Refusal('LEAF_FORMAT', 'The leaf is not the canonical CBOR of a record and its signature.');
  return { bytes: leaf.slice(1 + head, sigAt), sig: leaf.slice(sigAt + SIG_HEAD.length) };
}

/** Leaf hash of a signed record. Errors: `LEAF_FORMAT`. */
export const recordLeafHash = (hashes: Hashes, bytes: Uint8Array, sig: Uint8Array): Uint8Array =>
  leafHash(hashes, leafBytes(bytes, sig));
