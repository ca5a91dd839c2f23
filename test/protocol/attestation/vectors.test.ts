/**
 * Every case of the shared TDX vectors: genuine quotes with collateral of their time, what was derived from them,
 * and the output of a software quote factory. Accept or reject, status, levels, advisories, dates and code.
 */
import { expect, it } from 'vitest';
import { createVerifierCache, verifyQuote } from '../../../src/main/attestation/index.ts';
import { REASON_CODES } from '../../../src/protocol/attestation/index.ts';
import { describeWith } from '../../parts.ts';
import { type Case, realCases, syntheticCases } from './vectors.ts';

const cache = createVerifierCache();
const verdictOf = (item: Omit<Case, 'collateral'> & { collateral?: Case['collateral'] | undefined }) =>
  verifyQuote({
    ...item,
    cache,
    policy: item.minEvaluationNumber === undefined ? {} : { minEvaluationNumber: item.minEvaluationNumber },
  });

describeWith('vectors', 'the shared TDX cases', () => {
  const all = [...realCases(), ...syntheticCases()];

  it('are 95 real and 85 synthetic ones', () => {
    expect(all).toHaveLength(180);
    expect(new Set(all.map(({ id }) => id)).size).toBe(180);
    expect(all.filter(({ expect: wanted }) => wanted.result === 'accept').length).toBeGreaterThan(60);
  });

  it.each(all.map((item) => [item.id, item] as const))('%s is judged as expected', (_id, item) => {
    const wanted = item.expect;
    const verdict = verdictOf(item);
    if (wanted.result === 'reject') {
      expect(verdict.evidence).toBe('refused');
      expect(wanted.codes ?? [wanted.code]).toContain(verdict.code);
      expect(REASON_CODES).toContain(verdict.code);
      return;
    }
    expect(verdict.checks.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
    expect(verdict).toMatchObject({ evidence: 'genuine', code: null, status: wanted.status });
    expect(verdict.advisories.map(({ id }) => id)).toEqual(wanted.advisories);
    for (const name of ['platform', 'module', 'qe', 'current', 'tcbDate', 'collateralExpires'] as const)
      if (wanted[name] !== undefined) expect(verdict[name], name).toBe(wanted[name]);
    expect(verdict.simulated).toBe(item.root !== undefined);
  });

  it('are never genuine without collateral', () => {
    const bare = all.map((item) => ({ item, verdict: verdictOf({ ...item, collateral: undefined }) }));
    expect(bare.filter(({ verdict }) => verdict.evidence === 'genuine')).toEqual([]);
    const accepted = bare.filter(({ item }) => item.expect.result === 'accept');
    expect(accepted.every(({ verdict }) => verdict.evidence === 'incomplete')).toBe(true);
    expect(accepted.every(({ verdict }) => verdict.status === null)).toBe(true);
  });

  it('are counted for the report', () => {
    const count = { falseAccepts: 0, falseRefusals: 0, wrongStatuses: 0, otherCodes: 0 };
    for (const item of all) {
      const verdict = verdictOf(item);
      const accepted = verdict.evidence === 'genuine';
      const wanted = item.expect;
      if (accepted && wanted.result === 'reject') count.falseAccepts += 1;
      if (!accepted && wanted.result === 'accept') count.falseRefusals += 1;
      if (accepted && wanted.result === 'accept' && verdict.status !== wanted.status)
        count.wrongStatuses += 1;
      if (!accepted && !(wanted.codes ?? [wanted.code]).includes(verdict.code ?? '')) count.otherCodes += 1;
    }
    console.log(`TDX cases: ${all.length}, ${JSON.stringify(count)}`);
    expect(count).toEqual({ falseAccepts: 0, falseRefusals: 0, wrongStatuses: 0, otherCodes: 0 });
  });
});
