/** The generated matrix (tdx.md 9.11): each case under the factory's root, with the result that the text demands. */
import { afterAll, describe, expect, it } from 'vitest';
import { createVerifierCache, verifyQuote } from '../../../src/main/attestation/index.ts';
import { casesOf, type MatrixCase } from '../../vectors/factory/line.ts';
import { convergence, relaunch } from '../../vectors/factory/lines-status.ts';
import { LINES } from '../../vectors/factory/matrix.ts';

const cache = createVerifierCache();

/** What came of a case, in the words of its expectation; equal when all is well. */
function outcomeOf({ expect: wanted, ...input }: MatrixCase): unknown {
  const verdict = verifyQuote({ ...input, cache });
  const { code } = verdict;
  if ('codes' in wanted)
    return verdict.evidence === 'refused' && code !== null && wanted.codes.includes(code)
      ? wanted
      : { evidence: verdict.evidence, code, status: verdict.status };
  const { advisories, policy } = verdict;
  const facts = {
    ...verdict,
    advisories: advisories.map(({ id }) => id),
    policy: policy.outcome,
  } as unknown as Record<string, unknown>;
  return verdict.evidence === 'genuine' && verdict.simulated
    ? Object.fromEntries(Object.keys(wanted).map((name) => [name, facts[name]]))
    : {
        evidence: verdict.evidence,
        code,
        detail: verdict.checks.find((check) => check.code === code)?.detail,
      };
}

describe('the matrix', () => {
  const counts: Record<string, number> = {};
  const ids = new Set<string>();

  it.each(Object.keys(LINES) as (keyof typeof LINES)[])(
    '%s: each case has the result that the text demands',
    async (group) => {
      const cases = (await LINES[group]()).flatMap(casesOf);
      const wrong = cases.flatMap((item) => {
        const outcome = outcomeOf(item);
        try {
          expect(outcome).toEqual(item.expect);
          return [];
        } catch {
          return [{ id: item.id, wanted: item.expect, outcome }];
        }
      });
      expect(wrong).toEqual([]);
      counts[group] = cases.length;
      for (const { id } of cases) {
        expect(ids.has(id), `two cases are called ${id}`).toBe(false);
        ids.add(id);
      }
    },
    120_000,
  );

  it('has the tables of convergence and relaunch complete', () => {
    expect(convergence().filter(({ id }) => !id.includes('module 0'))).toHaveLength(7 * 3 * 3);
    expect(relaunch().filter(({ id }) => / now [A-Z]/.test(id) && !id.includes('QE'))).toHaveLength(7 * 7);
  });

  it('has at least 600 cases', () => {
    expect(ids.size).toBeGreaterThanOrEqual(600);
  });

  afterAll(() => {
    const parts = Object.entries(counts).map(([group, count]) => `${group} ${count}`);
    console.log(`matrix: ${ids.size} cases (${parts.join(', ')})`);
  });
});
