/** The cache of the verifier: it saves work, is bounded, and never answers for anything but what was asked. */
import { describe, expect, it } from 'vitest';
import { createVerifierCache, verifyQuote } from '../../../src/main/attestation/index.ts';
import { createLru } from '../../../src/main/attestation/lru.ts';
import { nodeHashes } from '../../../src/main/hashes.ts';
import { type Collateral, planVerdict } from '../../../src/protocol/attestation/index.ts';
import { makeMachine, makeQuotes } from '../../bench/fleet.ts';
import { describeWith } from '../../parts.ts';
import { buildCollateral, DAY, ROOT, T0 } from '../../vectors/factory/scene.ts';
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

describe('what is known of a fleet', async () => {
  const machine = await makeMachine();
  const other = await makeMachine();
  const [first, second] = makeQuotes(machine, 2) as [Uint8Array, Uint8Array];
  const [newKey] = makeQuotes(machine, 1) as [Uint8Array];
  const [newMachine] = makeQuotes(other, 1) as [Uint8Array];
  const terms = { collateral: buildCollateral(), at: T0, root: ROOT };
  const knowing = () => {
    const cache = createVerifierCache();
    expect(verifyQuote({ ...terms, quote: first, cache }).evidence).toBe('genuine');
    return cache;
  };

  it('leaves of a quote only the signatures that are new', () => {
    const cache = knowing();
    const checked = (quote: Uint8Array): number => {
      const before = cache.usage().signatures;
      expect(verifyQuote({ ...terms, quote, cache }).evidence).toBe('genuine');
      return cache.usage().signatures - before;
    };
    // the quote's own signature is new each time and not remembered
    expect(checked(second)).toBe(0);
    // the QE report
    expect(checked(newKey)).toBe(1);
    // the PCK certificate too
    expect(checked(newMachine)).toBe(2);
    expect([second, newKey, newMachine].map(checked)).toEqual([0, 0, 0]);
  });

  it('gives the verdicts that are given without it', () => {
    const cache = knowing();
    for (const quote of [second, newKey, newMachine, first])
      expect(verifyQuote({ ...terms, quote, cache })).toStrictEqual(verifyQuote({ ...terms, quote }));
  });

  it('does not vouch for a quote that borrows a known key and its certificates', () => {
    const cache = knowing();
    const signed = 48 + 584;
    const key = signed + 4 + 64;
    // the TD of one quote and its signature, the key and certificates of another
    const borrowed = new Uint8Array(first);
    borrowed.set(newMachine.subarray(0, signed));
    borrowed.set(newMachine.subarray(signed + 4, key), signed + 4);
    expect(verifyQuote({ ...terms, quote: borrowed, cache })).toMatchObject({ code: 'QUOTE_SIG' });
    // a known QE report beside an attestation key that it does not name
    const foreign = new Uint8Array(first);
    foreign.set(newKey.subarray(key, key + 64), key);
    expect(verifyQuote({ ...terms, quote: foreign, cache })).toMatchObject({ code: 'QE_REPORT_DATA' });
  });

  it('is not what the caller’s collateral becomes later', () => {
    const cache = createVerifierCache();
    const mine: { -readonly [K in keyof Collateral]: string } = { ...terms.collateral };
    // refused before its documents are read, yet kept
    expect(
      verifyQuote({ ...terms, collateral: mine, at: T0 - 1200 * DAY, quote: first, cache }).evidence,
    ).toBe('refused');
    mine.tcb_info = mine.tcb_info.replaceAll('"UpToDate"', '"OutOfDate"');
    expect(verifyQuote({ ...terms, quote: first, cache }).status).toBe('UpToDate');
    expect(verifyQuote({ ...terms, collateral: mine, quote: first, cache })).toMatchObject({
      code: 'TCB_INFO_SIG',
    });
    mine.tcb_info = terms.collateral.tcb_info;
    expect(verifyQuote({ ...terms, collateral: mine, quote: first, cache }).evidence).toBe('genuine');
  });

  it('cannot be changed through a verdict', () => {
    const cache = knowing();
    const verdict = verifyQuote({ ...terms, quote: first, cache });
    const before = structuredClone(verdict);
    const change = (object: object): void => {
      for (const [name, value] of Object.entries(object)) {
        if (typeof value === 'object' && value !== null) change(value);
        else Reflect.set(object, name, 'changed');
      }
    };
    change(verdict);
    expect(verdict.evidence).toBe('changed');
    expect(verifyQuote({ ...terms, quote: first, cache })).toStrictEqual(before);
    expect(verifyQuote({ ...terms, quote: second, cache }).chain).toStrictEqual(before.chain);
  });

  it('remembers no answer to a job whose bytes its owner may change', () => {
    const cache = createVerifierCache();
    const { jobs } = planVerdict({ ...terms, quote: first, hashes: nodeHashes });
    for (const job of jobs) {
      expect(cache.check(job)).toBe(true);
      job.message[0] = job.message[0]! ^ 1;
      expect(cache.check(job)).toBe(false);
      job.message[0] = job.message[0] ^ 1;
      expect(cache.check(job)).toBe(true);
    }
    expect(cache.usage().signatures).toBe(0);
  });

  it('stays within its bounds while machines come and go', async () => {
    const cache = createVerifierCache({ characters: 40_000, signatures: 8, keys: 4 });
    for (let i = 0; i < 12; i++) {
      const [quote] = makeQuotes(await makeMachine(), 1) as [Uint8Array];
      for (const each of [quote, first])
        expect(verifyQuote({ ...terms, quote: each, cache }).evidence).toBe('genuine');
      const usage = cache.usage();
      expect(usage.bytes).toBeLessThanOrEqual(40_000);
      expect(usage.signatures).toBeLessThanOrEqual(8);
    }
    expect(cache.usage().readings).toBeGreaterThan(0);
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
