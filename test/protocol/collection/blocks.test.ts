/** The list in blocks against an array, across the borders of its blocks. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBlocks } from '../../../src/protocol/collection/blocks.ts';
import { randomFrom } from '../../random.ts';

describe('a list in blocks', () => {
  it('is an array to whoever uses it', () => {
    const random = randomFrom(4);
    const blocks = createBlocks<number>();
    const model: number[] = [];
    for (let n = 0; n < 20_000; n++) {
      const at = random.below(model.length + 1);
      if (model.length === 0 || random.below(10) < 6) {
        blocks.insert(at, n);
        model.splice(at, 0, n);
      } else if (at < model.length) {
        expect(blocks.remove(at)).toBe(model.splice(at, 1)[0]);
      }
      if (n % 4999 === 0) {
        const [from, to] = [random.below(model.length), model.length];
        expect(blocks.cut(from, to)).toEqual(model.splice(from, to - from));
      }
      if (n % 997 === 0) {
        expect([...blocks.from(0)]).toEqual(model);
        expect([...blocks.backwards()]).toEqual(model.toReversed());
        expect([...blocks.from(at)]).toEqual(model.slice(at));
      }
      expect(blocks.length()).toBe(model.length);
      expect(blocks.at(at)).toBe(model[at]);
    }
  });

  it('gives up any stretch, whole blocks of it at once', () => {
    const random = randomFrom(5);
    const blocks = createBlocks<number>();
    for (let n = 0; n < 300; n++) {
      const model = Array.from({ length: random.below(3000) }, (_, at) => at);
      blocks.load(model);
      for (let cuts = 0; cuts < 5; cuts++) {
        const from = random.below(model.length + 1);
        const to = from + random.below(model.length - from + 1);
        expect(blocks.cut(from, to)).toEqual(model.splice(from, to - from));
        expect(blocks.length()).toBe(model.length);
        expect([...blocks.from(0)]).toEqual(model);
        expect(blocks.at(from)).toBe(model[from]);
        expect(blocks.search((one) => one < from)).toBe(model.filter((one) => one < from).length);
      }
    }
    blocks.load(Array.from({ length: 1_000_000 }, (_, at) => at));
    blocks.cut(1, 999_999);
    expect([...blocks.from(0)]).toEqual([0, 999_999]);
  });

  it('in order it finds the place of an item', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { maxLength: 2000 }), fc.integer(), (items, wanted) => {
        const sorted = items.toSorted((a, b) => a - b);
        const blocks = createBlocks<number>();
        blocks.load(sorted);
        const place = sorted.findIndex((one) => one >= wanted);
        expect(blocks.search((one) => one < wanted)).toBe(place < 0 ? sorted.length : place);
      }),
      { numRuns: 50 },
    );
  });

  it('refuses places that it does not have', () => {
    const blocks = createBlocks<number>();
    expect(blocks.at(0)).toBeUndefined();
    expect(blocks.at(-1)).toBeUndefined();
    expect(() => blocks.insert(1, 1)).toThrow(RangeError);
    expect(() => blocks.remove(0)).toThrow(RangeError);
    expect(() => blocks.replace(0, 1)).toThrow(RangeError);
    expect(() => blocks.cut(0, 1)).toThrow(RangeError);
    expect(() => blocks.cut(-1, 0)).toThrow(RangeError);
    expect(blocks.cut(0, 0)).toEqual([]);
  });
});
