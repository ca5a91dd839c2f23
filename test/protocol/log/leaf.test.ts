/** The leaf of a Chronicle: canonical CBOR of [bytes, sig], one spelling. */
import * as dagCbor from '@ipld/dag-cbor';
import { describe, expect, it } from 'vitest';
import {
  leafBytes,
  leafHash,
  MAX_LEAF_BYTES,
  parseLeaf,
  recordLeafHash,
} from '../../../src/protocol/log/index.ts';
import { MAX_LEAF_RECORD_BYTES } from '../../../src/protocol/log/index.ts';
import { hashes, refusal } from './support.ts';

const sig = Uint8Array.from({ length: 64 }, (_, i) => 255 - i);
const record = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i & 0xff);
const LENGTHS = [0, 1, 22, 23, 24, 25, 255, 256, 257, 16_384, MAX_LEAF_RECORD_BYTES];

describe('a leaf', () => {
  it('is what a CBOR library writes for the array of record and signature', () => {
    for (const length of LENGTHS) {
      const bytes = record(length);
      expect(Buffer.from(leafBytes(bytes, sig)).equals(dagCbor.encode([bytes, sig]))).toBe(true);
    }
  });

  it('reads back to the same record and signature, and hashes with the prefix of RFC 6962', () => {
    for (const length of LENGTHS) {
      const bytes = record(length);
      const leaf = leafBytes(bytes, sig);
      expect(leaf.length).toBeLessThanOrEqual(MAX_LEAF_BYTES);
      const read = parseLeaf(leaf);
      expect(Buffer.from(read.bytes).equals(bytes)).toBe(true);
      expect(Buffer.from(read.sig).equals(sig)).toBe(true);
      expect(recordLeafHash(hashes, bytes, sig)).toEqual(leafHash(hashes, leaf));
    }
  });

  it('is refused in any other spelling', () => {
    const leaf = leafBytes(record(30), sig);
    const longer = [
      Uint8Array.of(0x82, 0x58, 0x05, 1, 2, 3, 4, 5, 0x58, 64, ...sig), // length 5 in two bytes
      Uint8Array.of(0x82, 0x59, 0x00, 30, ...record(30), 0x58, 64, ...sig), // length 30 in three
      Uint8Array.of(0x9f, ...leaf.subarray(1), 0xff), // indefinite array
      Uint8Array.of(0x83, ...leaf.subarray(1), 0), // three elements
      Uint8Array.of(...leaf, 0), // something after it
      leaf.subarray(0, -1),
      leaf.with(34, 63), // signature of 63 bytes
      dagCbor.encode([record(30), sig.subarray(1)]),
      dagCbor.encode(['text', sig]),
      new Uint8Array(0),
      Uint8Array.of(0x82),
      Uint8Array.of(0x82, 0x58),
    ];
    for (const bytes of longer) refusal('LEAF_FORMAT', () => parseLeaf(bytes));
  });

  it('is not made of a short signature or of a record that no tile could hold', () => {
    refusal('LEAF_FORMAT', () => leafBytes(record(3), sig.subarray(1)));
    refusal('LEAF_FORMAT', () => leafBytes(record(MAX_LEAF_RECORD_BYTES + 1), sig));
  });
});
