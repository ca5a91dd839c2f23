/** The small strict readers under the verifier: dates, DER, PEM, JSON. Each has one spelling per value. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  intelRoot,
  INTEL_ROOT_SHA256,
  isoTime,
  readCertificate,
  readCrl,
  readIsoTime,
  readJson,
  readJsonObject,
  readPemChain,
  readSgxExtension,
  writePemChain,
} from '../../../src/protocol/attestation/index.ts';
import { concat, fromHex, toHex, utf8 } from '../../../src/protocol/bytes/index.ts';
import { nodeHashes } from '../../../src/main/hashes.ts';
import { describeWith } from '../../parts.ts';
import { codeOf } from './refusals.ts';
import { vectorBytes, vectorCollateral } from './vectors.ts';

describe('a date in signed text', () => {
  it('reads to the second and writes back the same', () => {
    for (const [text, seconds] of [
      ['1970-01-01T00:00:00Z', 0],
      ['2000-02-29T23:59:59Z', 951_868_799],
      ['2026-02-22T09:52:00Z', 1_771_753_920],
      ['2049-12-31T23:59:59Z', 2_524_607_999],
      ['9999-12-31T23:59:59Z', 253_402_300_799],
    ] as const) {
      expect(readIsoTime(text)).toBe(seconds);
      expect(isoTime(seconds)).toBe(text);
    }
  });

  it('agrees with the calendar of the platform on every month of four centuries', () => {
    for (let year = 1900; year < 2300; year++)
      for (let month = 1; month <= 12; month++) {
        const text = `${year}-${String(month).padStart(2, '0')}-28T12:00:00Z`;
        expect(readIsoTime(text)).toBe(Date.parse(text) / 1000);
      }
  });

  it.each([
    '2026',
    '2026-02-30T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:60:00Z',
    '2026-01-01 00:00:00Z',
    '2026-01-01T00:00:00',
    '2026-01-01T00:00:00.000Z',
    '2026-01-01T00:00:00+00:00',
    ' 2026-01-01T00:00:00Z',
    'NaN',
    '',
  ])('is not %j', (text) => {
    expect(readIsoTime(text)).toBeNull();
  });
});

describe('JSON that is signed', () => {
  it('reads as JSON.parse does', () => {
    const text = ' {"a":[1,-2,{"b":null}],"c":"\\u00e9\\n\\"","d":true,"e":false,"f":{},"g":[],"h":1.5e3}\n';
    expect(JSON.parse(JSON.stringify(readJson(text, 'X')))).toEqual(JSON.parse(text));
  });

  it('tells where the members stand, so that signed text can be cut out', () => {
    const text = '{ "tcbInfo" : {"id": "TDX", "n":[1, 2]} , "signature":"00"}';
    const { spans } = readJsonObject(text, 'X');
    const span = spans.get('tcbInfo')!;
    expect(text.slice(span.start, span.end)).toBe('{"id": "TDX", "n":[1, 2]}');
    expect(spans.has('id')).toBe(false);
  });

  it('may use names that JavaScript has for itself', () => {
    expect(Object.keys(readJson('{"__proto__":1,"constructor":2}', 'X') as object)).toEqual([
      '__proto__',
      'constructor',
    ]);
  });

  it.each([
    ['a key twice', '{"a":1,"a":1}'],
    ['a key twice, one of them escaped', '{"a":1,"\\u0061":1}'],
    ['a key twice in depth', '{"a":[{"b":1,"b":2}]}'],
    ['a comma too much', '{"a":1,}'],
    ['a comma too much in a list', '[1,]'],
    ['no comma', '{"a":1 "b":2}'],
    ['single quotes', "{'a':1}"],
    ['a comment', '{"a":1}//'],
    ['a leading zero', '[01]'],
    ['a bare point', '[1.]'],
    ['not a number', '[NaN]'],
    ['a raw line end in a text', '"a\nb"'],
    ['an unknown escape', '"\\x41"'],
    ['half an escape', '"\\u00"'],
    ['two documents', '{}{}'],
    ['nothing', ''],
    ['an open object', '{"a":{'],
    ['33 levels', '['.repeat(33) + ']'.repeat(33)],
    ['a byte order mark', '\ufeff{}'],
  ])('is refused with %s', (_name, text) => {
    expect(codeOf(() => readJson(text, 'X'))).toBe('X');
  });

  it('may be 32 levels deep', () => {
    expect(codeOf(() => readJson('['.repeat(32) + ']'.repeat(32), 'X'))).toBe('no refusal');
  });
});

describe('the Intel root', () => {
  const root = intelRoot();

  it('is the certificate with the published hash', () => {
    expect(toHex(nodeHashes.sha256(root))).toBe(INTEL_ROOT_SHA256);
    expect(readCertificate(root)).toMatchObject({
      commonName: 'Intel SGX Root CA',
      isCa: true,
      pathLength: 1,
      keyUsage: 0x06,
      notAfter: readIsoTime('2049-12-31T23:59:59Z'),
      sgxExtension: null,
    });
  });

  it('is the certificate in the resources folder', () => {
    const resource = join(import.meta.dirname, '../../../resources/intel-sgx-root-ca.der');
    expect(toHex(readFileSync(resource))).toBe(toHex(root));
  });

  it('is given out as a fresh copy', () => {
    intelRoot().fill(0);
    expect(intelRoot()).toEqual(root);
  });

  it('is refused as a certificate when any byte of its structure is cut or added', () => {
    for (let length = 0; length < root.length; length++)
      expect(codeOf(() => readCertificate(root.slice(0, length)))).toBe('CERT_FORMAT');
    expect(codeOf(() => readCertificate(concat(root, Uint8Array.of(0))))).toBe('CERT_FORMAT');
  });

  it('never crashes the reader, whatever one byte becomes', () => {
    for (let at = 0; at < root.length; at++)
      for (const mask of [0x01, 0x80, 0xff]) {
        const changed = new Uint8Array(root);
        changed[at] = changed[at]! ^ mask;
        expect(['CERT_FORMAT', 'CERT_DUP_EXT', 'no refusal']).toContain(
          codeOf(() => readCertificate(changed)),
        );
      }
  });
});

describe('a PEM chain', () => {
  const root = intelRoot();
  const text = writePemChain([root, root]);

  it.each([
    ['as it is written', text],
    ['without the last line end', text.slice(0, -1)],
    ['with one closing NUL', `${text}\0`],
    ['with CRLF throughout', text.replaceAll('\n', '\r\n')],
  ])('reads %s', (_name, form) => {
    expect(readPemChain(form)).toEqual([root, root]);
  });

  it.each([
    ['nothing', ''],
    ['two closing NULs', `${text}\0\0`],
    ['a blank line at the end', `${text}\n`],
    ['a blank line between', text.replace('-----\n-----', '-----\n\n-----')],
    ['text before', `x${text}`],
    ['text after', `${text}x`],
    ['mixed line ends', text.replace('\n', '\r\n')],
    ['a space at a line end', text.replace('\n', ' \n')],
    ['shorter lines', text.replace(/(.{10})\n/, '\n$1')],
    ['another label', text.replaceAll('CERTIFICATE', 'X509 CRL')],
    ['base64url', text.replace('/', '_')],
    ['no end', text.slice(0, -10)],
    ['bits that belong to no byte', text.replace('XaqI=', 'XaqJ=')],
  ])('is refused with %s', (_name, form) => {
    expect(form).not.toBe(text);
    expect(codeOf(() => readPemChain(form))).toBe('CERT_FORMAT');
  });

  it('has one text: no change of one bit leaves it readable as the same chain', () => {
    let unreadable = 0;
    for (let at = 0; at < text.length; at++) {
      const changed = text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1);
      try {
        expect(readPemChain(changed).map(toHex)).not.toEqual([toHex(root), toHex(root)]);
      } catch {
        unreadable += 1;
      }
    }
    expect(unreadable).toBeGreaterThan(0);
  });
});

describe('an SGX extension', () => {
  it('that is not one is refused', () => {
    for (const bytes of [new Uint8Array(0), fromHex('3000'), fromHex('0500'), utf8('extension')])
      expect(codeOf(() => readSgxExtension(bytes))).toBe('PCK_EXT');
  });
});

describeWith('vectors', 'real revocation lists', () => {
  it('of Intel’s Platform CA hold 57 serials in February 2026, the root’s none', () => {
    const set = vectorCollateral('collateral/c01-00806f050000-2026-01-27.json');
    const platform = readCrl(fromHex(set.pck_crl));
    expect(platform.serials.size).toBe(57);
    // serials with and without a sign byte both stand there as unsigned numbers
    expect(platform.serials.has('6fc34e5023e728923435d61aa4b83c618166ad35')).toBe(true);
    expect(platform.serials.has('efae6e9715fca13b87e333e8261ed6d990a926ad')).toBe(true);
    expect(readCrl(fromHex(set.root_ca_crl)).serials.size).toBe(0);
  });

  it.each([
    'go-tdx-pckcrl.der',
    'go-tdx-rootcrl.der',
    'automata-sol-root_crl.der',
    'dcaprs-pck_platform_crl.der',
    'zkdcap-pck_processor_crl.der',
  ])('%s reads, and is refused when cut or changed in its form', (name) => {
    const der = vectorBytes(`real/${name}`);
    const list = readCrl(der);
    expect(list.nextUpdate).toBeGreaterThan(list.thisUpdate);
    for (let length = 0; length < der.length; length += 1)
      expect(codeOf(() => readCrl(der.slice(0, length)))).toBe('CRL_FORMAT');
    expect(codeOf(() => readCrl(concat(der, Uint8Array.of(0))))).toBe('CRL_FORMAT');
  });
});
