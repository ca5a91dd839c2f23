import { encode as dagEncode } from '@ipld/dag-cbor';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeCanonical,
  encodeCanonical,
  fromHex,
  MAX_DEPTH,
  toHex,
  utf8,
} from '../../../src/protocol/bytes/index.ts';
import type { Value } from '../../../src/protocol/bytes/index.ts';
import { codeOf } from '../../refusal.ts';

const LIMIT = 1 << 20;
const decodeHex = (hex: string): Value => decodeCanonical(fromHex(hex), LIMIT);
const nested = (depth: number): Value => {
  let value: Value = 0;
  for (let n = 0; n < depth; n++) value = [value];
  return value;
};
/** Values of the profile, small and large. */
const key = fc.stringMatching(/^[\x20-\x7e]{1,23}$/).filter((k) => k !== '__proto__');
const text = fc.string({ unit: 'grapheme', maxLength: 40 }).map((s) => s.normalize('NFC'));
const value: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.integer({ min: -300, max: 300 }),
    text,
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie('value'), { maxLength: 6 }),
    fc.dictionary(key, tie('value'), { maxKeys: 6, noNullPrototype: true }),
  ),
})).value;

describe('what is written', () => {
  // RFC 8949 appendix A, as far as the profile goes
  it.each<[string, Value, string]>([
    ['0', 0, '00'],
    ['23', 23, '17'],
    ['24', 24, '1818'],
    ['255', 255, '18ff'],
    ['256', 256, '190100'],
    ['65535', 65_535, '19ffff'],
    ['65536', 65_536, '1a00010000'],
    ['2^32 - 1', 4_294_967_295, '1affffffff'],
    ['2^32', 4_294_967_296, '1b0000000100000000'],
    ['a time in milliseconds', 1_700_000_000_000, '1b0000018bcfe56800'],
    ['2^53 - 1', Number.MAX_SAFE_INTEGER, '1b001fffffffffffff'],
    ['-1', -1, '20'],
    ['-1000', -1000, '3903e7'],
    ['-(2^53 - 1)', Number.MIN_SAFE_INTEGER, '3b001ffffffffffffe'],
    ['false, true, null', [false, true, null], '83f4f5f6'],
    ['an empty text', '', '60'],
    ['ü and 水', ['ü', '水'], '8262c3bc63e6b0b4'],
    ['a character beyond the first plane', '𐅑', '64f0908591'],
    ['bytes', new Uint8Array([1, 2, 3, 4]), '4401020304'],
    ['an empty list and map', [[], {}], '8280a0'],
    [
      '25 numbers',
      Array.from({ length: 25 }, (_, n) => n + 1),
      '98190102030405060708090a0b0c0d0e0f101112131415161718181819',
    ],
    ['a map in a list', ['a', { b: 'c' }], '826161a161626163'],
  ])('%s', (_name, given, hex) => {
    expect(toHex(encodeCanonical(given))).toBe(hex);
    expect(decodeHex(hex)).toEqual(given);
  });

  it('is the same whatever the order of the keys', () => {
    const hex = toHex(encodeCanonical({ bb: 1, a: 2, c: 3 }));
    expect(hex).toBe('a361610261630362626201');
    expect(toHex(encodeCanonical({ c: 3, a: 2, bb: 1 }))).toBe(hex);
  });

  it('is DAG-CBOR, byte for byte', () => {
    fc.assert(fc.property(value, (v) => toHex(encodeCanonical(v)) === toHex(dagEncode(v))));
  });

  it('reads back as the same value, and as the same bytes', () => {
    fc.assert(
      fc.property(value, (v) => {
        const bytes = encodeCanonical(v);
        const read = decodeCanonical(bytes, LIMIT);
        expect(read).toEqual(v);
        expect(toHex(encodeCanonical(read))).toBe(toHex(bytes));
      }),
    );
  });
});

describe('what cannot be written', () => {
  const cyclic: unknown[] = [];
  cyclic.push(cyclic);
  it.each<[string, unknown]>([
    ['a fraction', 1.5],
    ['-0', -0],
    ['NaN', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
    ['2^53', 2 ** 53],
    ['-2^53', -(2 ** 53)],
    ['a bigint', 1n],
    ['undefined', undefined],
    ['undefined in a map', { a: undefined }],
    ['a hole in a list', [1, , 3]], // oxlint-disable-line no-sparse-arrays
    ['a function', () => 0],
    ['a symbol', Symbol.iterator],
    ['a date', new Date(0)],
    ['a Map', new Map([['a', 1]])],
    ['an object of a class', new URL('muster:thing')],
    ['an array buffer', new ArrayBuffer(4)],
    ['a lone high surrogate', 'a\ud800'],
    ['a lone low surrogate', '\udc00b'],
    ['text that is not in NFC', 'e\u0301'],
    ['an empty key', { '': 1 }],
    ['a key of 24 characters', { ['k'.repeat(24)]: 1 }],
    ['a key beyond ASCII', { schlüssel: 1 }],
    ['a key with a control character', { 'a\u0007': 1 }],
    ['the key __proto__', JSON.parse('{"__proto__": 1}')],
    ['lists nested 17 deep', nested(MAX_DEPTH + 1)],
    ['a list within itself', cyclic],
  ])('%s', (_name, given) => {
    expect(codeOf(() => encodeCanonical(given as Value))).toBe('CBOR_PROFILE');
  });

  it('but lists nested 16 deep can, and a key of 23 characters', () => {
    expect(decodeCanonical(encodeCanonical(nested(MAX_DEPTH)), LIMIT)).toEqual(nested(MAX_DEPTH));
    expect(decodeCanonical(encodeCanonical({ ['k'.repeat(23)]: 1 }), LIMIT)).toEqual({ ['k'.repeat(23)]: 1 });
  });
});

describe('what is not read', () => {
  it.each([
    ['nothing', ''],
    ['bytes after the value', '0000'],
    ['a number that ends early', '19'],
    ['a number in a longer spelling, 8 bit', '1817'],
    ['a number in a longer spelling, 16 bit', '1900ff'],
    ['a number in a longer spelling, 32 bit', '1a0000ffff'],
    ['a number in a longer spelling, 64 bit', '1b00000000ffffffff'],
    ['a text length in a longer spelling', '780161'],
    ['a byte length in a longer spelling', '5800'],
    ['a list length in a longer spelling', '980101'],
    ['2^53', '1b0020000000000000'],
    ['2^64 - 1', '1bffffffffffffffff'],
    ['-2^53', '3b001fffffffffffff'],
    ['a reserved head', '1c'],
    ['half-width floats', 'f93c00'],
    ['32-bit floats', 'fa47c35000'],
    ['64-bit floats', 'fb3ff199999999999a'],
    ['-0 as a float', 'f98000'],
    ['NaN', 'f97e00'],
    ['undefined', 'f7'],
    ['another simple value', 'f0'],
    ['a simple value in two bytes', 'f818'],
    ['a break', 'ff'],
    ['an indefinite text', '7f6161ff'],
    ['indefinite bytes', '5f4101ff'],
    ['an indefinite list', '9f01ff'],
    ['an indefinite map', 'bf616101ff'],
    ['a tag', 'c000'],
    ['a CID link', 'd82a450001711220'],
    ['a big number', 'c249010000000000000000'],
    ['unsorted keys', 'a2616201616102'],
    ['keys in the order of their letters, not of their length', 'a262616101616202'],
    ['a key that stands twice', 'a2616101616102'],
    ['a number as a key', 'a10102'],
    ['bytes as a key', 'a1416101'],
    ['an empty key', 'a16001'],
    ['a key of 24 bytes', `a17818${'6b'.repeat(24)}01`],
    ['a key beyond ASCII', 'a162c3bc01'],
    ['the key __proto__', `a169${Buffer.from('__proto__').toString('hex')}01`],
    ['bad UTF-8', '61ff'],
    ['UTF-8 that ends early', '61c3'],
    ['an overlong spelling of a letter', '62c1a1'],
    ['a surrogate in UTF-8', '63eda080'],
    ['text that is not in NFC', '6365cc81'],
    ['a text that runs past the end', '6361'],
    ['a list that promises more than there is', '8201'],
    ['a map with half a pair', 'a16161'],
    ['lists nested 17 deep', `${'81'.repeat(17)}00`],
    ['empty lists nested 17 deep', `${'81'.repeat(16)}80`],
    ['maps nested 17 deep', `${'a16161'.repeat(17)}00`],
  ])('%s', (_name, hex) => {
    expect(codeOf(() => decodeHex(hex))).toBe('CBOR_PROFILE');
  });

  it.each([
    ['text', '7bffffffffffffffff'],
    ['bytes', '5b7fffffffffffffff'],
    ['lists', '9bffffffffffffffff'],
    ['maps', 'bb7fffffffffffffff'],
    ['lists in lists', `${'9affffffff'.repeat(12)}`],
  ])('%s of a huge declared length, without making room for it', (_name, hex) => {
    const before = process.memoryUsage().arrayBuffers;
    for (let n = 0; n < 1000; n++) expect(codeOf(() => decodeHex(hex))).toBe('CBOR_PROFILE');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
  });

  it('a hundred thousand nested lists, without a stack overflow', () => {
    const bytes = new Uint8Array(100_001).fill(0x81);
    bytes[100_000] = 0;
    expect(codeOf(() => decodeCanonical(bytes, LIMIT))).toBe('CBOR_PROFILE');
  });

  it('more bytes than the caller takes', () => {
    const bytes = encodeCanonical(new Uint8Array(100));
    expect(decodeCanonical(bytes, bytes.length)).toEqual(new Uint8Array(100));
    expect(codeOf(() => decodeCanonical(bytes, bytes.length - 1))).toBe('CBOR_SIZE');
  });
});

describe('whatever bytes come', () => {
  const readOrRefuse = (bytes: Uint8Array): Value | undefined => {
    try {
      return decodeCanonical(bytes, LIMIT);
    } catch {
      // anything but a refusal is a bug, and codeOf throws it on
      expect(codeOf(() => decodeCanonical(bytes, LIMIT))).toBe('CBOR_PROFILE');
      return undefined;
    }
  };

  it('are either refused or the one spelling of what they mean', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const read = readOrRefuse(bytes);
        if (read !== undefined) expect(toHex(encodeCanonical(read))).toBe(toHex(bytes));
      }),
      { numRuns: 3000 },
    );
  });

  it('never mean the same as before after one byte of them was changed', () => {
    fc.assert(
      fc.property(value, fc.nat(), fc.integer({ min: 1, max: 255 }), (v, at, flip) => {
        const bytes = encodeCanonical(v);
        const changed = bytes.slice();
        changed[at % bytes.length]! ^= flip;
        const read = readOrRefuse(changed);
        if (read !== undefined) {
          expect(toHex(encodeCanonical(read))).toBe(toHex(changed));
          expect(read).not.toEqual(v);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('never mean anything when they were cut short', () => {
    const bytes = encodeCanonical({ a: [1, 'two', utf8('three')], b: { c: null, d: -70_000 } });
    for (let n = 0; n < bytes.length; n++)
      expect(codeOf(() => decodeCanonical(bytes.subarray(0, n), LIMIT))).toBe('CBOR_PROFILE');
  });
});
