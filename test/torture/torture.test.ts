import { expect, it } from 'vitest';
import { torture } from './support.ts';

it(
  'nothing acknowledged as committed is missing after 50 rounds of kill -9',
  { timeout: 300_000 },
  async () => {
    const { rounds, acknowledged } = await torture({
      rounds: 50,
      seed: Date.now() % 2 ** 31,
      report: console.log,
    });
    expect(rounds).toBe(50);
    // a run in which the node never wrote anything would prove nothing
    expect(acknowledged).toBeGreaterThan(100);
  },
);
