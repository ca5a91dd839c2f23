/** The compliance suite of the QuoteSource port: what every source must do, whatever it is made of. */
import { expect, it } from 'vitest';
import type { QuoteSource } from '../../../src/main/attestation/index.ts';
import { parseQuote } from '../../../src/protocol/attestation/index.ts';
import { codeOfAsync } from '../../protocol/attestation/refusals.ts';

/** `make` gives a source that has a quote to give, and one that has none. */
export function quoteSourceSuite(make: () => Promise<{ full: QuoteSource; empty: QuoteSource }>): void {
  it('says that it is available, in words, and then gives a quote that parses', async () => {
    const { full } = await make();
    expect(await full.look()).toMatchObject({ available: true, detail: expect.stringMatching(/\S+ .*\.$/) });
    const { quote, origin, bound } = await full.quote(new Uint8Array(64));
    expect([4, 5]).toContain(parseQuote(quote).version);
    expect(origin).not.toBe('');
    expect(typeof bound).toBe('boolean');
  });

  it('says that it is not available, and then refuses with a code', async () => {
    const { empty } = await make();
    expect(await empty.look()).toMatchObject({
      available: false,
      detail: expect.stringMatching(/\S+ .*\.$/),
    });
    expect(await codeOfAsync(() => empty.quote(new Uint8Array(64)))).toMatch(/^(?:QUOTE|GUEST)_[A-Z_]+$/);
  });

  it('takes report data of 64 bytes only', async () => {
    const { full } = await make();
    for (const length of [0, 32, 63, 65])
      expect(await codeOfAsync(() => full.quote(new Uint8Array(length)))).toBe('REPORT_DATA_LENGTH');
  });

  it('gives bytes of its own: changing them changes nothing later', async () => {
    const { full } = await make();
    const first = await full.quote(new Uint8Array(64));
    const kept = new Uint8Array(first.quote);
    first.quote.fill(0);
    expect((await full.quote(new Uint8Array(64))).quote).toEqual(kept);
  });

  it('answers to several callers at once', async () => {
    const { full } = await make();
    const answers = await Promise.all([1, 2, 3].map(() => full.quote(new Uint8Array(64))));
    expect(answers.every(({ quote }) => parseQuote(quote).version > 0)).toBe(true);
  });
}
