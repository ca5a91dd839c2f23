/** The cache of the verifier: it saves work, is bounded, and never answers for anything but what was asked. */
import { describe, expect, it } from 'vitest';
import { createVerifierCache, verifyQuote } from '../../../src/main/attestation/index.ts';
import { createLru } from '../../../src/main/attestation/lru.ts';
import { describeWith } from '../../parts.ts';
import { realCases, syntheticCases } from '../../protocol/attestation/vectors.ts';

describe('the bounded map', () => {
  it('forgets what was used longest ago', () => {
    const map = createLru<number>(3);
    for (const [i, key] of ['a', 'b', 'c'].entries()) map.set(key, i, 1);
    expect(map.get('a')).toBe(0);
    map.set('d', 3, 1);
    expect(['a', 'b', 'c', 'd'].map((key) => map.get(key))).toEqual([0, undefined, 2, 3]);
  });

  it('never holds more weight than it may', () => {
    const map = createLru<number>(10);
    for (let i = 0; i < 100; i++) {
      map.set(`key ${i % 7}`, i, (i % 5) + 1);
      expect(map.weight).toBeLessThanOrEqual(10);
    }
    expect(map.entries).toBeGreaterThan(0);
    map.set('too heavy', 1, 11);
    expect(map.get('too heavy')).toBeUndefined();
    expect(map.weight).toBeGreaterThan(0);
  });

  it('counts a replaced entry once', () => {
    const map = createLru<number>(10);
    map.set('a', 1, 4);
    map.set('a', 2, 5);
    expect([map.entries, map.weight, map.get('a')]).toEqual([1, 5, 2]);
  });
});

describeWith('vectors', 'a warm cache', () => {
  const cases = [...realCases(), ...syntheticCases()];
  const item = cases.find(({ id }) => id === 'phala-tdx_quote@c14-b0c06f000000-2025-06-19')!;
  const warm = () => {
    const cache = createVerifierCache();
    expect(verifyQuote({ ...item, cache }).evidence).toBe('genuine');
    return cache;
  };

  it('answers every case as a cold one does, in either order', () => {
    const cold = cases.map((each) => verifyQuote(each));
    const cache = createVerifierCache();
    for (const order of [cases, cases.toReversed()])
      for (const each of order)
        expect(verifyQuote({ ...each, cache }), each.id).toStrictEqual(cold[cases.indexOf(each)]);
  }, 60_000);

  it('does not answer for another time', () => {
    const cache = warm();
    for (const [at, code] of [
      [item.at - 365 * 86_400, 'ROOT_CRL_FUTURE'],
      [item.at + 365 * 86_400, 'ROOT_CRL_EXPIRED'],
      [0, 'ROOT_EXPIRED'],
    ] as const)
      expect(verifyQuote({ ...item, at, cache })).toMatchObject({ evidence: 'refused', code });
  });

  it('does not answer for another root', () => {
    const other = cases.find(({ root }) => root !== undefined)!;
    expect(verifyQuote({ ...item, root: other.root, cache: warm() }).evidence).toBe('refused');
  });

  it('does not answer for another policy', () => {
    const policy = { minEvaluationNumber: 1000 };
    expect(verifyQuote({ ...item, policy, cache: warm() })).toMatchObject({ code: 'TCB_EVAL_NUMBER' });
  });

  it('does not answer for mutated input, nor for a buffer that was changed in place', () => {
    const cache = warm();
    const quote = new Uint8Array(item.quote);
    expect(verifyQuote({ ...item, quote, cache }).evidence).toBe('genuine');
    quote[600] = quote[600]! ^ 1;
    expect(verifyQuote({ ...item, quote, cache })).toMatchObject({ code: 'QUOTE_SIG' });
    quote[600] = quote[600]! ^ 1;
    expect(verifyQuote({ ...item, quote, cache }).evidence).toBe('genuine');
    const collateral = {
      ...item.collateral,
      tcb_info: item.collateral.tcb_info.replace('"UpToDate"', '"OutOfDate"'),
    };
    expect(verifyQuote({ ...item, collateral, cache })).toMatchObject({ code: 'TCB_INFO_SIG' });
  });

  it('does not know a bad signature as good after it was seen, nor the other way round', () => {
    const cache = createVerifierCache();
    const bad = cases.find(({ id }) => id.endsWith('~tcb-sig'))!;
    for (const each of [bad, item, bad, item])
      expect(verifyQuote({ ...each, cache }).evidence).toBe(each === bad ? 'refused' : 'genuine');
  });

  it('stays within its bounds under a stream of different inputs', () => {
    const cache = createVerifierCache({ characters: 64 * 1024, signatures: 20, keys: 4 });
    for (const each of cases) verifyQuote({ ...each, cache });
    const usage = cache.usage();
    expect(usage.bytes).toBeLessThanOrEqual(64 * 1024);
    expect(usage.signatures).toBeLessThanOrEqual(20);
    expect(usage.readings).toBeGreaterThan(0);
    expect(verifyQuote({ ...item, cache }).evidence).toBe('genuine');
  });
});
