import { blake3 as nobleBlake3 } from '@noble/hashes/blake3.js';
import { base58btc } from 'multiformats/bases/base58';
import { CID } from 'multiformats/cid';
import { sha256 } from 'multiformats/hashes/sha2';
import * as Digest from 'multiformats/hashes/digest';
import { describe, expect, it } from 'vitest';
import { nodeHashes } from '../../../src/main/hashes.ts';
import {
  cidFromDigest,
  cidOf,
  concat,
  derive,
  digestFromCid,
  encodeCanonical,
  fromHex,
  hashed,
  idFrom,
  idFromParts,
  idFromU64,
  idFromU8,
  idText,
  peerHex,
  peerIdText,
  readId,
  readPeer,
  toBase32,
  toHex,
  UNIVERSE,
  utf8,
} from '../../../src/protocol/bytes/index.ts';
import { codeOf } from '../../refusal.ts';

describe('ids', () => {
  // published test vectors of BLAKE3: input bytes count 0, 1, 2 … 250, 0, 1 …
  it.each([
    [0, 'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262'],
    [1, '2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213'],
  ])('are plain BLAKE3 (%i bytes)', (n, hex) => {
    expect(toHex(idFromParts([Uint8Array.from({ length: n }, (_, i) => i % 251)]))).toBe(hex);
  });

  it('of the universe is the one that the seeds publish', () => {
    expect(idText(UNIVERSE)).toBe('b82b6f3b4a1e53d2d56523f5a7b1974e3842ac37a068cc302286065a8853cf43');
    expect(idText(idFrom('mosaik.universe'))).toBe(idText(UNIVERSE));
  });

  it('of 64 hex digits are those digits; of anything else its hash', () => {
    const digits = 'AB'.repeat(32);
    expect(idText(idFrom(digits))).toBe(digits.toLowerCase());
    expect(idText(idFrom(digits.slice(1)))).toBe(toHex(nobleBlake3(utf8(digits.slice(1)))));
    expect(idText(idFrom(`${digits}0`))).toBe(toHex(nobleBlake3(utf8(`${digits}0`))));
  });

  it('derive by appending, with no separator and no length', () => {
    const id = idFrom('some.thing');
    expect(derive(id, 'ab')).toEqual(nobleBlake3(concat(id, utf8('ab'))));
    expect(derive(id, utf8('ab'))).toEqual(derive(id, 'ab'));
    expect(derive(derive(id, 'a'), 'b')).not.toEqual(derive(id, 'ab'));
    expect(hashed(id)).toEqual(nobleBlake3(id));
    expect(idFromParts([id, id])).toEqual(nobleBlake3(concat(id, id)));
  });

  it('of integers stand at the right end, little-endian', () => {
    expect(idText(idFromU64(1))).toBe(`${'00'.repeat(24)}0100000000000000`);
    expect(idText(idFromU64(0x0102030405060708n))).toBe(`${'00'.repeat(24)}0807060504030201`);
    expect(idText(idFromU8(255))).toBe(`${'00'.repeat(31)}ff`);
    for (const wrong of [-1, 2n ** 64n]) expect(() => idFromU64(wrong)).toThrow(RangeError);
    for (const wrong of [-1, 256, 1.5]) expect(() => idFromU8(wrong)).toThrow(RangeError);
  });

  it('are read from 64 hex digits only', () => {
    expect(readId('0F'.repeat(32))).toEqual(new Uint8Array(32).fill(15));
    for (const wrong of ['', '0f'.repeat(31), `${'0f'.repeat(32)} `, `0x${'0f'.repeat(31)}`, 'g'.repeat(64)])
      expect(codeOf(() => readId(wrong))).toBe('ID_FORMAT');
  });

  it('have 32 bytes wherever one is asked for', () => {
    for (const wrong of [new Uint8Array(31), new Uint8Array(33), new Uint8Array(0)]) {
      expect(() => derive(wrong, 'a')).toThrow(RangeError);
      expect(() => hashed(wrong)).toThrow(RangeError);
    }
  });
});

describe('content ids', () => {
  const blocks = [{}, { a: 1 }, ['muster', false, null], { kind: 'x.y', at: 1_700_000_000_000 }] as const;

  it.each(blocks.map((block, n) => [n, block] as const))(
    'block %i has the CID that multiformats gives it',
    async (_n, block) => {
      const bytes = encodeCanonical(block);
      const cid = CID.createV1(0x71, await sha256.digest(bytes));
      const ours = cidOf(nodeHashes, bytes);
      expect(ours).toBe(cid.toString());
      expect(ours).toMatch(/^bafyrei[a-z2-7]{52}$/);
      const read = CID.parse(ours);
      expect([read.version, read.code, read.multihash.code]).toEqual([1, 0x71, 0x12]);
      expect(toHex(digestFromCid(ours))).toBe(toHex(read.multihash.digest));
      expect(cidFromDigest(digestFromCid(ours))).toBe(ours);
    },
  );

  it('of other kinds are refused', () => {
    const digest = nodeHashes.sha256(utf8('x'));
    const multihash = Digest.create(0x12, digest);
    const ours = cidFromDigest(digest);
    const others = {
      empty: '',
      'version 0': CID.createV0(multihash).toString(),
      raw: CID.createV1(0x55, multihash).toString(),
      'dag-pb': CID.createV1(0x70, multihash).toString(),
      'another hash': CID.createV1(0x71, Digest.create(0x1e, digest)).toString(),
      base58: CID.createV1(0x71, multihash).toString(base58btc),
      capitals: ours.toUpperCase(),
      'one character less': ours.slice(0, -1),
      'one character more': `${ours}a`,
      'another length byte': `b${toBase32(concat(Uint8Array.of(1, 0x71, 0x12, 0x21), digest))}`,
    };
    for (const [name, text] of Object.entries(others))
      expect(
        codeOf(() => digestFromCid(text)),
        name,
      ).toMatch(/^(CID_FORMAT|TEXT_BASE32)$/);
  });
});

describe('peer ids', () => {
  /** The Ed25519 public key that the libp2p specification prints, protobuf around it. */
  const published = '080112201ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e';
  /** The Ed25519 peer id that it prints. */
  const example = '12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA';

  it('are the identity multihash of the protobuf that libp2p publishes', () => {
    const text = peerIdText(fromHex(published.slice(8)));
    expect(toHex(base58btc.baseDecode(text))).toBe(`0024${published}`);
    expect(peerHex(readPeer(text))).toBe(published.slice(8));
  });

  it('reads and writes the one that libp2p prints', () => {
    expect(peerIdText(readPeer(example))).toBe(example);
    expect(toHex(base58btc.baseDecode(example))).toBe(`002408011220${peerHex(readPeer(example))}`);
  });

  it('is 52 characters beginning with 12D3Koo, for every key', () => {
    for (const key of [new Uint8Array(32), new Uint8Array(32).fill(255), readPeer(example)]) {
      const text = peerIdText(key);
      expect(text).toMatch(/^12D3Koo\w{45}$/);
      expect(readPeer(text)).toEqual(key);
      expect(readPeer(` ${text}\n`)).toEqual(key);
      expect(readPeer(peerHex(key).toUpperCase())).toEqual(key);
    }
    expect(() => peerIdText(new Uint8Array(31))).toThrow(RangeError);
  });

  it('of other kinds are refused', () => {
    const others = [
      '',
      example.slice(0, -1),
      `${example}A`,
      example.replace('SA', 'S0'),
      `13${example.slice(2)}`,
      'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N',
      'ab'.repeat(31),
      `0x${'ab'.repeat(31)}`,
      '12D3Koozzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz',
    ];
    for (const text of others)
      expect(
        codeOf(() => readPeer(text)),
        text,
      ).toBe('PEER_FORMAT');
  });
});
