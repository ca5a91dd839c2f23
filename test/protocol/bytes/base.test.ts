import * as fc from 'fast-check';
import { base32 } from 'multiformats/bases/base32';
import { describe, expect, it } from 'vitest';
import {
  compareBytes,
  concat,
  fromBase32,
  fromBase64,
  fromBase64url,
  fromHex,
  fromUtf8,
  sameBytes,
  toBase32,
  toBase64,
  toBase64url,
  toHex,
  utf8,
} from '../../../src/protocol/bytes/index.ts';
import { codeOf, refusalOf } from '../../refusal.ts';

const buffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes);
const counted = (n: number): Uint8Array => Uint8Array.from({ length: n }, (_, i) => (i * 37 + n) & 255);

/** Each text form: ours, and another implementation's spelling of the same bytes. */
const codecs = [
  ['hex', toHex, fromHex, (b: Uint8Array) => buffer(b).toString('hex'), 'TEXT_HEX'],
  ['base64', toBase64, fromBase64, (b: Uint8Array) => buffer(b).toString('base64'), 'TEXT_BASE64'],
  [
    'base64url',
    toBase64url,
    fromBase64url,
    (b: Uint8Array) => buffer(b).toString('base64url'),
    'TEXT_BASE64',
  ],
  ['base32', toBase32, fromBase32, (b: Uint8Array) => base32.baseEncode(b), 'TEXT_BASE32'],
] as const;

describe.each(codecs)('%s', (_name, encode, decode, reference, code) => {
  it('spells bytes of every length from 0 to 300 as the standard does, and reads them back', () => {
    for (let n = 0; n <= 300; n++) {
      const bytes = counted(n);
      expect(encode(bytes)).toBe(reference(bytes));
      expect(decode(reference(bytes))).toEqual(bytes);
    }
  });

  it('does so for megabytes as well', () => {
    const bytes = counted(1_000_003);
    expect(encode(bytes) === reference(bytes)).toBe(true);
    expect(sameBytes(decode(reference(bytes)), bytes)).toBe(true);
  });

  it('reads one spelling of each value and no other', () => {
    // whatever text is read must be the very text that its bytes are written as
    const alphabet = fc.constantFrom(...'0123456789abcdefABCDEFghijkLMNOPqrstuvwxyzZ+/-_= \n\u0141é');
    fc.assert(
      fc.property(fc.string({ unit: alphabet, maxLength: 24 }), (text) => {
        let bytes: Uint8Array;
        try {
          bytes = decode(text);
        } catch {
          expect(codeOf(() => decode(text))).toBe(code);
          return;
        }
        // hex is read in either case, the others are exact
        expect(encode(bytes)).toBe(code === 'TEXT_HEX' ? text.toLowerCase() : text);
      }),
      { numRuns: 2000 },
    );
  });

  it('reads whatever it wrote', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => sameBytes(decode(encode(bytes)), bytes)),
    );
  });

  it('takes a view of a larger buffer for what it is', () => {
    const whole = counted(64);
    expect(encode(whole.subarray(7, 40))).toBe(reference(whole.slice(7, 40)));
  });
});

describe('spellings that are refused', () => {
  it.each([
    ['odd length', 'abc'],
    ['a letter that is no digit', 'abcg'],
    ['a prefix', '0xab'],
    ['white space', 'ab cd '],
    ['a line end', 'abcd\n\n'],
    ['full-width digits', '\uff11\uff12'],
    ['a character whose low byte is a digit', '\u0130\u0131'],
  ])('hex with %s', (_why, text) => {
    expect(codeOf(() => fromHex(text))).toBe('TEXT_HEX');
  });

  it('hex of another length than was asked for', () => {
    expect(fromHex('ABcd', 2)).toEqual(new Uint8Array([0xab, 0xcd]));
    expect(refusalOf(() => fromHex('abcd', 3)).message).toContain('3 bytes');
  });

  it.each([
    ['no padding', 'QQ'],
    ['half the padding', 'QQ='],
    ['padding too much', 'QUI==='],
    ['padding alone', '===='],
    ['three paddings', 'Q==='],
    ['padding in the middle', 'QQ==QQ=='],
    ['unused bits set, one byte', 'QR=='],
    ['unused bits set, two bytes', 'QUJ='],
    ['a line break', 'QUJD\nUUJD'],
    ['white space at the end', 'QUI= '],
    ['letters of the other alphabet', 'QU-_'],
    ['a character above ASCII', 'QU\u0142D'],
  ])('base64 with %s', (_why, text) => {
    expect(codeOf(() => fromBase64(text))).toBe('TEXT_BASE64');
  });

  it.each([
    ['padding', 'QQ=='],
    ['a lone last character', 'QUJDQ'],
    ['unused bits set, one byte', 'QR'],
    ['unused bits set, two bytes', 'QUJ'],
    ['letters of the other alphabet', 'QU+/'],
  ])('base64url with %s', (_why, text) => {
    expect(codeOf(() => fromBase64url(text))).toBe('TEXT_BASE64');
  });

  it.each([
    ['capitals', 'MZXW6'],
    ['padding', 'mzxw6==='],
    ['digits that are not of it', 'mzxw1'],
    ['unused bits set', 'mzxw7'],
    ['a length that no bytes have', 'mzx'],
  ])('base32 with %s', (_why, text) => {
    expect(codeOf(() => fromBase32(text))).toBe('TEXT_BASE32');
  });

  it('says which character it was', () => {
    expect(refusalOf(() => fromBase64('QUJDQ!JD')).message).toContain('6');
    expect(refusalOf(() => fromBase64url('QUJDQQ-\u20ac')).message).toContain('8');
    expect(refusalOf(() => fromBase32('mzx!6')).message).toContain('4');
  });

  it.each([
    ['a lone continuation byte', [0x80]],
    ['an overlong spelling', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a code point beyond the last', [0xf4, 0x90, 0x80, 0x80]],
    ['a character that ends early', [0xe2, 0x82]],
  ])('UTF-8 with %s', (_why, bytes) => {
    expect(codeOf(() => fromUtf8(Uint8Array.from(bytes)))).toBe('TEXT_UTF8');
  });

  it('keeps a byte order mark as the character it is', () => {
    expect(fromUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x41))).toBe('\ufeffA');
    expect(utf8('\ufeffA')).toEqual(Uint8Array.of(0xef, 0xbb, 0xbf, 0x41));
  });
});

describe('byte strings', () => {
  it('are ordered like their hex', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 6 }), fc.uint8Array({ maxLength: 6 }), (a, b) => {
        expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(a, b));
        expect(sameBytes(a, b)).toBe(buffer(a).equals(b));
      }),
    );
  });

  it('are joined in order', () => {
    expect(concat()).toEqual(new Uint8Array(0));
    expect(concat(Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2, 3))).toEqual(Uint8Array.of(1, 2, 3));
  });
});
