/** Every machine against the plainest model of it, under arbitrary operations; and its snapshot with each. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCanonical, toHex } from '../../../src/protocol/bytes/index.ts';
import type { Value } from '../../../src/protocol/bytes/index.ts';
import {
  comparePriorities,
  createCellMachine,
  createMapMachine,
  createOnceMachine,
  createPriorityQueueMachine,
  createSetMachine,
  createVecMachine,
  keyBytes,
} from '../../../src/protocol/collection/index.ts';
import type { CollectionMachine, Outcome, Priority } from '../../../src/protocol/collection/index.ts';
import { driver, effectOf, SCOPE, STORE } from './author.ts';

const common = { id: STORE, writers: 'anyone' } as const;
const tags = { key: 'any/1', value: 'any/1', priority: 'any/1' };
const read = (bytes: Uint8Array): Value => decodeCanonical(bytes, 1 << 20);

/** Few keys, so that operations meet. */
const key = fc.constantFrom<Value>(
  0,
  1,
  -1,
  23,
  24,
  'a',
  'b',
  'aa',
  '',
  null,
  true,
  new Uint8Array([1]),
  [1, 'x'],
  { a: 1 },
);
const value = fc.oneof(key, fc.integer(), fc.string({ unit: 'grapheme-ascii', maxLength: 5 }));
const priority: fc.Arbitrary<Value> = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom<Value>('a', 'b', 'é', '\u{1f600}', '\uffee', new Uint8Array([1]), [1, 2], [1], ['a', 1]),
);
const option = (of: fc.Arbitrary<Value>): fc.Arbitrary<Value> =>
  fc.oneof(
    of.map((one) => [one]),
    fc.constant([]),
  );
type Step = readonly [operation: string, ...args: Value[]];
const steps = (...of: fc.Arbitrary<Step>[]): fc.Arbitrary<Step[]> =>
  fc.array(fc.oneof(...of), { maxLength: 60 });
const some = (of: fc.Arbitrary<Value>): fc.Arbitrary<Value[]> => fc.array(of, { minLength: 1, maxLength: 4 });
const step = (operation: string, ...args: fc.Arbitrary<Value>[]): fc.Arbitrary<Step> =>
  fc.tuple(...args).map((given) => [operation, ...given]);
const listStep = (operation: string, of: fc.Arbitrary<Value>): fc.Arbitrary<Step> =>
  some(of).map((given) => [operation, ...given]);

/** The text of a value's canonical bytes: what is one key to the machine is one key to the model. */
const id = (one: Value): string => toHex(keyBytes(one));
const inOrder = (keys: Iterable<string>): string[] =>
  [...keys].toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));

/** Runs steps on machine and model, compares after each, and the snapshot at the end. */
function follow<View>(
  create: () => CollectionMachine<View>,
  given: readonly Step[],
  act: (step: Step) => number,
  same: (view: View) => void,
): void {
  const machine = create();
  const drive = driver(machine);
  for (const one of given) {
    const outcome: Outcome = drive(...one);
    expect(effectOf(outcome).changed, JSON.stringify(one)).toBe(act(one));
    same(machine.view());
  }
  const restored = create();
  restored.restore(machine.snapshot());
  same(restored.view());
  expect(restored.snapshot()).toEqual(machine.snapshot());
  expect(restored.digest()).toEqual(machine.digest());
}

describe('a Map', () => {
  const given = steps(
    listStep('insert', fc.tuple(key, value)),
    listStep('remove', key),
    step('exchange', key, option(value), option(value)),
    step('clear'),
  );
  it('does what the model does, and walks in the order of the keys’ bytes', () => {
    fc.assert(
      fc.property(given, (all) => {
        const model = new Map<string, [Value, Value]>();
        follow(
          () => createMapMachine({ ...common, ...tags, kind: 'map' }, SCOPE),
          all,
          ([operation, ...args]) => {
            if (operation === 'insert') {
              for (const [k, v] of args as [Value, Value][]) model.set(id(k), [k, v]);
              return args.length;
            }
            if (operation === 'remove') return args.filter((k) => model.delete(id(k))).length;
            if (operation === 'clear') {
              const count = model.size;
              model.clear();
              return count;
            }
            const [k, expected, fresh] = args as [Value, Value[], Value[]];
            const found = model.get(id(k));
            const matches =
              found === undefined
                ? expected.length === 0
                : expected.length === 1 && id(expected[0]!) === id(found[1]);
            if (!matches) return 0;
            if (fresh.length === 1) model.set(id(k), [k, fresh[0]!]);
            else model.delete(id(k));
            return 1;
          },
          (view) => {
            expect(view.size()).toBe(model.size);
            expect([...view.rows()].map((row) => [read(row.key), read(row.value)])).toEqual(
              inOrder(model.keys()).map((one) => model.get(one)),
            );
          },
        );
      }),
    );
  });
});

describe('a Set', () => {
  it('does what the model does', () => {
    fc.assert(
      fc.property(steps(listStep('insert', key), listStep('remove', key), step('clear')), (all) => {
        const model = new Map<string, Value>();
        follow(
          () => createSetMachine({ ...common, kind: 'set', value: 'any/1' }, SCOPE),
          all,
          ([operation, ...args]) => {
            const before = model.size;
            if (operation === 'clear') model.clear();
            for (const one of args)
              if (operation === 'insert') model.set(id(one), one);
              else model.delete(id(one));
            return Math.abs(model.size - before);
          },
          (view) => {
            expect(view.size()).toBe(model.size);
            expect([...view.members()].map(read)).toEqual(inOrder(model.keys()).map((one) => model.get(one)));
            for (const one of model.values()) expect(view.has(keyBytes(one))).toBe(true);
          },
        );
      }),
    );
  });
});

describe('a Vec', () => {
  const index = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.constantFrom(Number.MAX_SAFE_INTEGER));
  const given = steps(
    listStep('push-back', value),
    step('push-front', value),
    step('pop-back'),
    step('pop-front'),
    step('insert', index, value),
    step('remove', index),
    step('swap', index, index),
    step('truncate', index),
    step('clear'),
  );
  it('does what an array does, and nothing where the array has no place', () => {
    fc.assert(
      fc.property(given, (all) => {
        const model: Value[] = [];
        const change = (to: Value[]): number => {
          const moved = Math.abs(to.length - model.length);
          model.splice(0, model.length, ...to);
          return moved;
        };
        follow(
          () => createVecMachine({ ...common, kind: 'vec', value: 'any/1' }, SCOPE),
          all,
          ([operation, ...args]) => {
            const [first, second] = args;
            const [i, j] = [Number(first), Number(second)];
            switch (operation) {
              case 'push-back':
                return change([...model, ...args]);
              case 'push-front':
                return change([first!, ...model]);
              case 'pop-back':
                return change(model.slice(0, -1));
              case 'pop-front':
                return change(model.slice(1));
              case 'insert':
                return i > model.length ? 0 : change(model.toSpliced(i, 0, second!));
              case 'remove':
                return change(model.toSpliced(i, 1));
              case 'swap':
                if (i >= model.length || j >= model.length) return 0;
                [model[i], model[j]] = [model[j]!, model[i]!];
                return i === j ? 1 : 2;
              case 'truncate':
                return change(model.slice(0, i));
              default:
                return change([]);
            }
          },
          (view) => {
            expect(view.size()).toBe(model.length);
            expect([...view.items()].map(read)).toEqual(model);
            for (const [at, one] of model.entries()) expect(read(view.at(at)!)).toEqual(one);
            expect(view.at(model.length)).toBeUndefined();
          },
        );
      }),
    );
  });
});

describe('a Cell and a Once', () => {
  it('a Cell holds the last value; an exchange needs the right one', () => {
    fc.assert(
      fc.property(
        steps(step('set', key), step('exchange', option(key), option(key)), step('clear')),
        (all) => {
          let model: Value[] = [];
          follow(
            () => createCellMachine({ ...common, kind: 'cell', value: 'any/1' }, SCOPE),
            all,
            ([operation, first, second]) => {
              const before = model;
              if (operation === 'exchange' && model.map(id).join() !== (first as Value[]).map(id).join())
                return 0;
              model = operation === 'set' ? [first!] : operation === 'clear' ? [] : (second as Value[]);
              return operation === 'clear' ? before.length : 1;
            },
            (view) => {
              const held = view.get();
              expect(held === undefined ? [] : [read(held)]).toEqual(model);
            },
          );
        },
      ),
    );
  });

  it('a Once holds the first', () => {
    fc.assert(
      fc.property(steps(step('set', key)), (all) => {
        const model: Value[] = [];
        follow(
          () => createOnceMachine({ ...common, kind: 'once', value: 'any/1' }, SCOPE),
          all,
          ([, first]) => (model.length === 0 ? model.push(first!) : 0),
          (view) => {
            const held = view.get();
            expect(held === undefined ? [] : [read(held)]).toEqual(model);
          },
        );
      }),
    );
  });
});

describe('a PriorityQueue', () => {
  const bound: fc.Arbitrary<Value> = fc.oneof(
    fc.constant([]),
    fc.tuple(priority, fc.boolean()).map((pair) => pair as Value),
  );
  const given = steps(
    listStep('insert', fc.tuple(priority, key, value)),
    step('update-priority', key, priority),
    step('update-value', key, value),
    step('exchange', key, value, option(value)),
    listStep('remove', key),
    step('remove-range', bound, bound),
    step('clear'),
  );
  it.each([null, 1, 3, 8])('of capacity %s does what the model does', (capacity) => {
    fc.assert(
      fc.property(given, (all) => {
        const model = new Map<string, [Value, Value, Value]>();
        const sorted = (): string[] =>
          inOrder(model.keys()).toSorted((a, b) =>
            comparePriorities(model.get(a)![0] as Priority, model.get(b)![0] as Priority),
          );
        follow(
          () => createPriorityQueueMachine({ ...common, ...tags, kind: 'depq', capacity }, SCOPE),
          all,
          ([operation, ...args]) => {
            const [first, second, third] = args;
            const found = model.get(id(first ?? null));
            switch (operation) {
              case 'insert': {
                const put = args as [Value, Value, Value][];
                for (const entry of put) {
                  model.set(id(entry[1]), entry);
                  if (model.size > (capacity ?? Infinity)) model.delete(sorted()[0]!);
                }
                return put.filter((entry) => model.get(id(entry[1])) === entry).length;
              }
              case 'update-priority':
                if (found !== undefined) found[0] = second!;
                return found === undefined ? 0 : 1;
              case 'update-value':
                if (found !== undefined) found[2] = second!;
                return found === undefined ? 0 : 1;
              case 'exchange': {
                if (found === undefined || id(found[2]) !== id(second!)) return 0;
                const [fresh] = third as Value[];
                if ((third as Value[]).length === 0) model.delete(id(first!));
                else found[2] = fresh!;
                return 1;
              }
              case 'remove':
                return args.filter((one) => model.delete(id(one))).length;
              case 'remove-range': {
                const [from, to] = [first as Value[], second as Value[]];
                const gone = [...model].filter(([, [p]]) => {
                  const low = from.length === 0 ? 1 : comparePriorities(p as Priority, from[0] as Priority);
                  const high = to.length === 0 ? -1 : comparePriorities(p as Priority, to[0] as Priority);
                  return (
                    (low > 0 || (low === 0 && from[1] === true)) &&
                    (high < 0 || (high === 0 && to[1] === true))
                  );
                });
                return gone.filter(([one]) => model.delete(one)).length;
              }
              default: {
                const count = model.size;
                model.clear();
                return count;
              }
            }
          },
          (view) => {
            const expected = sorted().map((one) => model.get(one));
            const shown = [...view.ascending()].map((e) => [e.priority, read(e.key), read(e.value)]);
            expect(shown).toEqual(expected);
            expect([...view.descending()].map((e) => read(e.key))).toEqual(
              shown.map((e) => e[1]).toReversed(),
            );
            expect(view.min()?.priority).toEqual(expected[0]?.[0]);
            expect(view.max()?.priority).toEqual(expected.at(-1)?.[0]);
          },
        );
      }),
    );
  });

  it('orders numbers as numbers, texts as their UTF-8, and lists item by item', () => {
    const order: Priority[] = [-300, -2, -1, 0, 9, 10, 300, '', 'a', 'aa', 'b', 'é', '\uffee', '\u{1f600}'];
    order.push(new Uint8Array(0), new Uint8Array([0]), new Uint8Array([1]), [], [1], [1, 'a'], [2], ['a']);
    for (const [i, a] of order.entries())
      for (const [j, b] of order.entries()) expect(Math.sign(comparePriorities(a, b))).toBe(Math.sign(i - j));
  });
});
