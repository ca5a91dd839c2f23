/** The parser against every decoded field of every real quote, and against changed lengths. */
import { describe, expect, it } from 'vitest';
import { nodeHashes } from '../../../src/main/hashes.ts';
import {
  bindsAttestationKey,
  describeQuote,
  parseQuote,
  platformHint,
  readSgxReport,
} from '../../../src/protocol/attestation/index.ts';
import { concat, fromHex, toHex } from '../../../src/protocol/bytes/index.ts';
import { describeWith, hasPart } from '../../parts.ts';
import { codeOf } from './refusals.ts';
import { vectorJson, vectorQuote } from './vectors.ts';

interface Parsed {
  readonly quote: string;
  readonly bytes: number;
  readonly rawSha256: string;
  readonly td: Record<string, unknown> & { readonly tdAttributes: string };
  readonly pckExtension: Record<string, unknown>;
  readonly chain: readonly unknown[];
}

const smallest = fromHex('0400020081000000');

describe('a quote', () => {
  it('of no bytes, of a few bytes or of half a header is refused as malformed', () => {
    for (const bytes of [
      new Uint8Array(0),
      smallest.slice(0, 1),
      smallest,
      concat(smallest, new Uint8Array(39)),
    ])
      expect(codeOf(() => parseQuote(bytes))).toBe('QUOTE_FORMAT');
  });

  it('over one MiB is refused by its size', () => {
    expect(codeOf(() => parseQuote(new Uint8Array(1024 * 1024 + 1)))).toBe('QUOTE_TOO_LARGE');
  });
});

describeWith('vectors', 'real quotes', () => {
  const expected = hasPart('vectors') ? vectorJson<Parsed[]>('parse-expected.json') : [];

  it('are eleven in the set', () => {
    expect(expected).toHaveLength(11);
  });

  it.each(expected.map((item) => [item.quote, item] as const))(
    '%s reads as expected, field by field',
    (path, item) => {
      const { quote: _path, rawSha256, pckExtension, td, ...rest } = item;
      const read = describeQuote(vectorQuote(path), nodeHashes);
      expect(read).toMatchObject({
        ...rest,
        sha256: rawSha256,
        td: { ...td, tdAttributes: td.tdAttributes.replace(' (as number)', '') },
      });
      expect(Object.keys(read.td).toSorted()).toEqual(Object.keys(td).toSorted());
      const { comps, pcesvn, cpusvn, pceid, platformInstanceId, config, ...same } = pckExtension;
      expect(read.pckExtension).toEqual({
        ...same,
        components: comps,
        pceSvn: pcesvn,
        cpuSvn: cpusvn,
        pceId: pceid,
        instanceId: platformInstanceId,
        configuration: config,
      });
    },
  );

  it('name the platform that collateral is to be asked for', () => {
    expect(platformHint(vectorQuote('real/phala-tdx_quote.bin'))).toEqual({
      fmspc: 'b0c06f000000',
      ca: 'platform',
    });
    expect(platformHint(smallest)).toBeNull();
  });

  it('are refused when anything but zero follows, unless only looked at', () => {
    const quote = vectorQuote('real/phala-tdx_quote.bin');
    expect(parseQuote(quote)).toMatchObject({ trailing: 70, trailingZero: true });
    quote[quote.length - 1] = 1;
    expect(codeOf(() => parseQuote(quote))).toBe('QUOTE_FORMAT');
    expect(parseQuote(quote, 'any')).toMatchObject({ trailing: 70, trailingZero: false });
  });

  it('are refused when any of their lengths is one more or one less', () => {
    const v4 = vectorQuote('real/phala-tdx_quote.bin');
    const v5 = vectorQuote('real/automata-quotev5.bin');
    // offsets of: signature length, outer length, authentication data length, inner length; body size in version 5
    const places: [Uint8Array, number][] = [
      ...[632, 766, 1218, 1254].map((at) => [v4, at] as [Uint8Array, number]),
      ...[50, 702, 836, 1288, 1324].map((at) => [v5, at] as [Uint8Array, number]),
    ];
    for (const [quote, at] of places)
      for (const step of [-1, 1]) {
        const changed = new Uint8Array(quote);
        changed[at] = changed[at]! + step;
        expect(['QUOTE_FORMAT', 'BODY_SIZE'], `${at} ${step}`).toContain(codeOf(() => parseQuote(changed)));
      }
  });

  it('are refused at every truncation before the padding', () => {
    const quote = vectorQuote('real/automata-quotev5.bin');
    for (let length = 0; length < quote.length; length += 1)
      expect(codeOf(() => parseQuote(quote.slice(0, length)))).toBe('QUOTE_FORMAT');
  });

  it('bind their attestation key, and no other', () => {
    const quote = parseQuote(vectorQuote('real/phala-tdx_quote.bin'));
    const { reportData } = readSgxReport(quote.qeReport);
    expect(bindsAttestationKey(quote, reportData, nodeHashes)).toBe(true);
    const tail = new Uint8Array(reportData);
    tail[63] = 1;
    expect(bindsAttestationKey(quote, tail, nodeHashes)).toBe(false);
    expect(toHex(quote.attestationKey)).toHaveLength(128);
  });
});
