/** Ten thousand rounds of the fuzzer; `npm run fuzz` does a million. */
import { expect, it } from 'vitest';
import { createVerifierCache, verifyQuote } from '../../src/main/attestation/index.ts';
import { randomFrom } from '../random.ts';
import { createFuzzer } from './fuzz.ts';
import { genuineEvidence } from './evidence.ts';
import { judgementMeaning, quoteMeaning } from './meaning.ts';
import { MUTATIONS } from './mutate.ts';

const ROUNDS = 10_000;

it(`mutated evidence is never taken for genuine: ${ROUNDS} rounds`, () => {
  const { run, tally } = createFuzzer(1);
  for (let round = 0; round < ROUNDS; round++) run(round);
  expect(tally.refused + tally.same).toBe(ROUNDS);
  expect(tally.refused).toBeGreaterThan(ROUNDS / 2);
  // the mutations reach deep: no part of the algorithm is never the one that refuses
  expect(tally.codes.size).toBeGreaterThan(20);
}, 120_000);

it('what the fuzzer starts from is genuine', () => {
  const cache = createVerifierCache();
  for (const evidence of genuineEvidence())
    expect(verifyQuote({ ...evidence, cache }).evidence, evidence.id).toBe('genuine');
});

it.each(Object.keys(MUTATIONS))(
  'the mutation %s changes what evidence means, and can be repeated',
  (name) => {
    const all = genuineEvidence();
    const texts = (seed: number): string =>
      JSON.stringify(
        MUTATIONS[name]!(all[seed % all.length]!, randomFrom(seed), all),
        (_key, value: unknown) => (value instanceof Uint8Array ? [...value] : value),
      );
    let other = 0;
    for (let seed = 0; seed < 20; seed++) {
      expect(texts(seed)).toBe(texts(seed));
      const original = all[seed % all.length]!;
      const changed = MUTATIONS[name]!(original, randomFrom(seed), all);
      try {
        const same =
          quoteMeaning(changed.quote).join() === quoteMeaning(original.quote).join() &&
          judgementMeaning(changed) === judgementMeaning(original);
        if (!same) other += 1;
      } catch {
        other += 1;
      }
    }
    expect(other).toBeGreaterThan(5);
  },
);
