import { describe, expect, it } from 'vitest';
import type { Step } from '../../src/protocol/raft/index.ts';
import { breakages } from './broken.ts';
import { Violation } from './judge.ts';
import { runSchedule } from './schedule.ts';
import { addTally, emptyTally } from './world.ts';

/** The first seed from 1 on whose schedule breaks what `expected` names; null: none did. */
function noticed(broken: string, expected: RegExp, within: number): number | null {
  for (let seed = 1; seed <= within; seed++)
    try {
      runSchedule(seed, { broken });
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      if (expected.test(error.message)) return seed;
    }
  return null;
}

describe('the consensus core', () => {
  it('keeps the rules of Raft, and clients see one register, in 2,000 schedules in which everything goes wrong', () => {
    const total = emptyTally();
    for (let seed = 1; seed <= 2_000; seed++)
      try {
        addTally(total, runSchedule(seed));
      } catch (error) {
        throw new Error(`schedule ${seed}: npm run simulate -- --seed ${seed} --trace`, { cause: error });
      }
    // the schedules are worth something only if things happened in them
    expect(total.schedules).toBe(2_000);
    for (const [what, least] of Object.entries({
      elections: 10_000,
      commits: 100_000,
      crashes: 20_000,
      partitions: 20_000,
      changes: 2_000,
      transfers: 2_000,
      snapshots: 1_000,
      reads: 50_000,
      unknown: 10_000,
    }))
      expect(total[what as keyof typeof total], what).toBeGreaterThan(least);
  });

  it('does the same again for the same seed', () => {
    const trace = (): string[] => {
      const lines: string[] = [];
      runSchedule(4, { trace: (line) => lines.push(line) });
      return lines;
    };
    const first = trace();
    expect(first.length).toBeGreaterThan(100);
    expect(trace()).toEqual(first);
  });
});

describe('a step', () => {
  /** Arrays that runs share grow; nothing else that a state refers to may change. */
  const freeze = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
    if (value instanceof Uint8Array) return;
    Object.freeze(value);
    for (const [key, member] of Object.entries(value)) if (key !== 'items') freeze(member);
  };

  it('changes nothing in the state it starts from, and stepped again gives the same, in 60 schedules', () => {
    let steps = 0;
    const around =
      (step: Step): Step =>
      (state, input) => {
        freeze(state);
        const first = step(state, input);
        if (steps++ % 5 === 0) {
          const again = step(state, input);
          expect(again.effects).toEqual(first.effects);
          return again;
        }
        return first;
      };
    for (let seed = 1; seed <= 60; seed++) runSchedule(seed, { around });
    expect(steps).toBeGreaterThan(100_000);
  });
});

describe('the simulation notices within 1,000 schedules', () => {
  const lost = /leader completeness|state machine safety/;
  const expected: Record<string, RegExp> = {
    'reachable-quorum': lost,
    'older-terms': lost,
    'hasty-vote': /election safety/,
    'hasty-leader': lost,
    'blind-follower': lost,
    'hasty-read': /linearizability/,
    'apply-twice': /took effect at/,
  };

  it.each(breakages)('the broken rule %s', (broken) => {
    expect(noticed(broken, expected[broken]!, 1_000)).not.toBeNull();
  });
});
