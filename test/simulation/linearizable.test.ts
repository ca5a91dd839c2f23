import { describe, expect, it } from 'vitest';
import { randomFrom } from '../random.ts';
import { linearizable } from './linearizable.ts';
import type { Call } from './linearizable.ts';

const put = (value: number, called: number, answered: number, result: number | null = 1): Call => ({
  kind: 'put',
  value,
  expect: 0,
  result,
  called,
  answered,
});
const get = (result: number, called: number, answered: number): Call => ({
  kind: 'get',
  value: 0,
  expect: 0,
  result,
  called,
  answered,
});
const cas = (from: number, value: number, result: number | null, called: number, answered: number): Call => ({
  kind: 'cas',
  value,
  expect: from,
  result,
  called,
  answered,
});

describe('the linearizability checker', () => {
  it('accepts calls one after another whose answers follow', () => {
    expect(linearizable([put(1, 1, 2), get(1, 3, 4), cas(1, 2, 1, 5, 6), get(2, 7, 8)])).toBe(true);
    expect(linearizable([cas(1, 2, 0, 1, 2), get(0, 3, 4)])).toBe(true);
    expect(linearizable([])).toBe(true);
  });

  it('rejects a read of what has been overwritten', () => {
    expect(linearizable([put(1, 1, 2), put(2, 3, 4), get(1, 5, 6)])).toBe(false);
  });

  it('accepts either order of calls that overlap, but one order for all readers', () => {
    const writes = [put(1, 1, 10), put(2, 2, 9)];
    expect(linearizable([...writes, get(1, 11, 12)])).toBe(true);
    expect(linearizable([...writes, get(2, 11, 12)])).toBe(true);
    expect(linearizable([...writes, get(1, 11, 12), get(2, 13, 14)])).toBe(false);
    expect(linearizable([...writes, get(1, 3, 4), get(2, 5, 6), get(1, 7, 8)])).toBe(false);
  });

  it('lets a call that was never answered take effect at any later time, or never', () => {
    const lost = put(5, 1, Infinity, null);
    expect(linearizable([lost, put(1, 2, 3), get(1, 4, 5)])).toBe(true);
    expect(linearizable([lost, put(1, 2, 3), get(1, 4, 5), get(5, 6, 7)])).toBe(true);
    expect(linearizable([lost, get(5, 2, 3), get(0, 4, 5)])).toBe(false);
    expect(linearizable([get(5, 1, 2), put(5, 3, Infinity, null)])).toBe(false);
  });

  it('rejects a write that took effect twice', () => {
    expect(linearizable([put(1, 1, 2), put(2, 3, 4), get(2, 5, 6), get(1, 7, 8)])).toBe(false);
  });

  it('is not at a loss with thousands of calls', () => {
    const calls = Array.from({ length: 2_000 }, (_, n) => put(n + 1, n * 3, n * 3 + 10));
    expect(linearizable(calls)).toBe(true);
    expect(linearizable([...calls, get(5, 100_000, 100_001)])).toBe(false);
  });

  it('accepts every history of a real register, and mostly rejects one with a changed answer', () => {
    const random = randomFrom(11);
    let rejected = 0;
    for (let round = 0; round < 500; round++) {
      let [held, time] = [0, 0];
      const calls: Call[] = [];
      for (let n = 0; n < 40; n++) {
        const called = time - random.below(6);
        const answered = time + 1 + random.below(6);
        time += 3;
        const kind = random.below(3);
        if (kind === 0) calls.push(get(held, called, answered));
        else if (kind === 1) calls.push(put((held = n + 1), called, answered));
        else {
          const expected = random.oneIn(2) ? held : 999;
          const fits = expected === held;
          calls.push(cas(expected, n + 1, fits ? 1 : 0, called, answered));
          if (fits) held = n + 1;
        }
      }
      expect(linearizable(calls)).toBe(true);
      const at = calls.findLastIndex(({ kind }) => kind === 'get');
      calls[at] = { ...calls[at]!, result: 998 };
      if (!linearizable(calls)) rejected += 1;
    }
    expect(rejected).toBe(500);
  });
});
