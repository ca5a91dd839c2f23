/** Which evidence carries a TDX workload. */
import { expect, it } from 'vitest';
import { carriesNoTdx } from '../../../src/protocol/compute/index.ts';

it('only evidence that stands, that the policy lets pass and that is not simulated carries a TDX workload', () => {
  expect(carriesNoTdx({ state: 'genuine', policy: 'passed', simulated: false })).toBe(false);
  for (const state of ['refused', 'none', 'lapsed', 'retired'])
    expect(carriesNoTdx({ state, policy: 'passed', simulated: false }), state).toBe(true);
  expect(carriesNoTdx({ state: 'genuine', policy: 'refused', simulated: false })).toBe(true);
  expect(carriesNoTdx({ state: 'genuine', policy: 'passed', simulated: true })).toBe(true);
});
