/** Content ids: CIDv1, codec dag-cbor, SHA-256. Every record is therefore an IPFS block (house.md 3). */
import { concat, fromBase32, sameBytes, toBase32 } from './base.ts';
import type { Hashes } from './crypto.ts';
import { Refusal } from './refusal.ts';

/** version 1, codec 0x71 dag-cbor, multihash 0x12 sha2-256 of 0x20 bytes. */
const PREFIX = new Uint8Array([0x01, 0x71, 0x12, 0x20]);

/** The CID of a canonical CBOR block as text (`bafyrei…`, 59 characters). */
export const cidOf = (hashes: Hashes, block: Uint8Array): string => cidFromDigest(hashes.sha256(block));

export const cidFromDigest = (digest: Uint8Array): string => `b${toBase32(concat(PREFIX, digest))}`;

/** The 32-byte SHA-256 digest inside a CID text. Errors: `CID_FORMAT`. */
export function digestFromCid(text: string): Uint8Array {
  if (text.length !== 59 || !text.startsWith('b'))
    throw new Refusal('CID_FORMAT', 'This is not a CIDv1 in base32.');
  const bytes = fromBase32(text.slice(1));
  if (!sameBytes(bytes.subarray(0, 4), PREFIX))
    throw new Refusal('CID_FORMAT', 'Only CIDs of dag-cbor blocks with SHA-256 are used here.');
  return bytes.subarray(4);
}
