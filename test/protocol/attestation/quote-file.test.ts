/** The forms in which a quote may arrive. */
import { describe, expect, it } from 'vitest';
import { readQuoteFile } from '../../../src/protocol/attestation/index.ts';
import { concat, toBase64, toBase64url, toHex, utf8 } from '../../../src/protocol/bytes/index.ts';
import { codeOf } from './refusals.ts';

// the first bytes of a quote, then something that needs every alphabet
const quote = Uint8Array.from([
  4,
  0,
  2,
  0,
  0x81,
  0,
  0,
  0,
  ...Array.from({ length: 300 }, (_, i) => (i * 7) & 0xff),
]);
const lines = (text: string): string => text.replaceAll(/.{64}/g, '$&\n');

describe('readQuoteFile', () => {
  const forms: [string, Uint8Array, string][] = [
    ['raw bytes', quote, 'raw'],
    ['hex', utf8(toHex(quote)), 'hex'],
    ['upper-case hex', utf8(toHex(quote).toUpperCase()), 'hex'],
    ['hex with 0x and a line end', utf8(`0x${toHex(quote)}\n`), 'hex'],
    ['hex in lines', utf8(lines(toHex(quote))), 'hex'],
    ['base64', utf8(toBase64(quote)), 'base64'],
    ['base64 in lines', utf8(`${lines(toBase64(quote))}\r\n`), 'base64'],
    ['base64 without padding', utf8(toBase64(quote).replaceAll('=', '')), 'base64'],
    ['base64url', utf8(toBase64url(quote)), 'base64url'],
    ['JSON with a member quote', utf8(JSON.stringify({ quote: toHex(quote) })), 'json'],
    [
      'JSON with a member tdx.quote',
      utf8(JSON.stringify({ tdx: { quote: toBase64(quote) }, more: 1 })),
      'json',
    ],
  ];
  it.each(forms)('finds the quote in %s', (_name, bytes, form) => {
    expect(readQuoteFile(bytes)).toEqual({ quote: new Uint8Array(quote), form });
  });

  it('gives a copy, not a view of the caller’s buffer', () => {
    const buffer = new Uint8Array(quote);
    const found = readQuoteFile(buffer).quote;
    buffer.fill(0);
    expect(found).toEqual(new Uint8Array(quote));
  });

  it('refuses an empty file and an empty text by that name', () => {
    for (const bytes of [new Uint8Array(0), utf8(' \n\t'), utf8('{"quote":""}')])
      expect(codeOf(() => readQuoteFile(bytes))).toBe('QUOTE_EMPTY');
  });

  it('refuses ten megabytes of noise by their size, whatever they are', () => {
    for (const byte of [0, 0x41, 0xff])
      expect(codeOf(() => readQuoteFile(new Uint8Array(10_000_000).fill(byte)))).toBe('QUOTE_TOO_LARGE');
  });

  const broken: [string, Uint8Array][] = [
    ['noise that is not text', Uint8Array.from({ length: 5000 }, (_, i) => (i * 151 + 0x80) & 0xff)],
    ['prose', utf8('this is not a quote, it only looks like a sentence')],
    ['hex with an odd number of digits', utf8(toHex(quote).slice(1))],
    ['hex with a foreign letter', utf8(`${toHex(quote)}zz!`)],
    ['base64 of mixed alphabets', utf8('BAAC+AAA_AAA')],
    ['base64 with bits that belong to no byte', utf8('BAB=')],
    ['base64 with padding too much', utf8('BAAB=')],
    ['JSON without a quote', utf8('{"evidence":"none"}')],
    ['JSON with a number for a quote', utf8('{"quote":4}')],
    ['JSON with two quotes', utf8('{"quote":"04","quote":"05"}')],
    ['JSON cut short', utf8('{"quote":"0400')],
    ['JSON nested a thousand deep', utf8(`{"quote":${'['.repeat(1000)}${']'.repeat(1000)}}`)],
  ];
  it.each(broken)('refuses %s as malformed', (_name, bytes) => {
    expect(codeOf(() => readQuoteFile(bytes))).toBe('QUOTE_FORMAT');
  });

  it('refuses raw bytes only later, in the parser', () => {
    expect(readQuoteFile(concat(Uint8Array.of(9, 0), new Uint8Array(10))).form).toBe('raw');
  });
});
