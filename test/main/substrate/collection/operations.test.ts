/** What each kind has of its own, by the names of coalition.md 13, on a writer, a reader and one that comes later. */
import { describe, expect, it } from 'vitest';
import {
  anySchema,
  defineCell,
  defineMap,
  defineOnce,
  definePriorityQueue,
  defineSet,
  defineVec,
  numberSchema,
  schema,
  textSchema,
} from '../../../../src/main/substrate/collection/index.ts';
import type {
  CollectionMember,
  CollectionReader,
  WritingMember,
} from '../../../../src/main/substrate/collection/index.ts';
import { MAX_KEY, MAX_VALUE } from '../../../../src/protocol/collection/index.ts';
import { codeFrom } from '../../../refusal.ts';
import { range } from './kinds.ts';
import { newStore, openSpace } from './space.ts';

const space = openSpace(3);
const text = textSchema('test.text/1');
const number = numberSchema('test.number/1');

interface Opens<W, R> {
  writer(member: WritingMember): Promise<W>;
  reader(member: CollectionMember): Promise<R>;
}

/**
 * Opens a writer and a reader, lets `act` write, and looks at the state through the writer, through the reader, and
 * through one that joins when all is done: replicates, survives catch-up.
 */
async function trio<W extends CollectionReader, R extends CollectionReader>(
  collection: Opens<W, R>,
  act: (writer: W) => Promise<unknown>,
  look: (handle: W | R) => void,
): Promise<void> {
  const { member } = space.committee(1, 2);
  const [writer, reader] = await Promise.all([collection.writer(member(0)), collection.reader(member(1))]);
  await act(writer);
  look(writer);
  await reader.when.reaches(writer.version());
  look(reader);
  const late = await collection.reader(member(2));
  await late.when.reaches(writer.version());
  look(late);
  expect(late.digest()).toEqual(writer.digest());
  await Promise.all([writer.close(), reader.close(), late.close()]);
}

describe('compare and exchange', { concurrent: true }, () => {
  const map = () => defineMap({ id: newStore(), key: text, value: anySchema('test.any/1') });
  const cell = () => defineCell({ id: newStore(), value: anySchema('test.any/1') });

  it('Map compare_exchange: success, from none, to none, mismatch changes nothing, chained, mixed; replicates, survives catch-up', () =>
    trio(
      map(),
      async (writer) => {
        expect(await writer.compareExchange('a', undefined, 1)).toMatchObject({
          exchanged: true,
          found: undefined,
        });
        expect(await writer.compareExchange('a', undefined, 2)).toMatchObject({ exchanged: false, found: 1 });
        expect(await writer.compareExchange('a', 7, 2)).toMatchObject({
          version: 2,
          exchanged: false,
          found: 1,
        });
        expect(await writer.compareExchange('a', 1, 2)).toMatchObject({ exchanged: true, found: 1 });
        expect(await writer.compareExchange('b', 1, 2)).toMatchObject({ exchanged: false, found: undefined });
        expect(await writer.compareExchange('b', undefined, undefined)).toMatchObject({ exchanged: true });
        // null is a value like others
        expect(await writer.compareExchange('null', undefined, null)).toMatchObject({ exchanged: true });
        expect(await writer.compareExchange('null', null, 'x')).toMatchObject({
          exchanged: true,
          found: null,
        });
        await writer.insert('gone', { deep: [1] });
        expect(await writer.compareExchange('gone', { deep: [1] }, undefined)).toMatchObject({
          exchanged: true,
        });
        for (const n of range(2, 12)) await writer.compareExchange('a', n, n + 1);
        await writer.insert('c', 1);
        await writer.remove('c');
        expect(await writer.compareExchange('c', 1, 2)).toMatchObject({ exchanged: false });
      },
      (handle) => {
        expect([...handle]).toEqual([
          ['a', 12],
          ['null', 'x'],
        ]);
        expect(handle.size).toBe(2);
        expect(handle.has('gone')).toBe(false);
        expect(handle.get('gone')).toBeUndefined();
        expect([...handle.keys()]).toEqual(['a', 'null']);
        expect([...handle.values()]).toEqual([12, 'x']);
      },
    ));

  it('Map compare_exchange: of many that expect the same, one succeeds', async () => {
    const collection = map();
    const { member } = space.committee(3);
    const writers = await Promise.all(range(3).map((n) => collection.writer(member(n))));
    const tried = await Promise.all(
      range(30).map((n) => writers[n % 3]!.compareExchange('slot', undefined, n)),
    );
    const won = tried.filter(({ exchanged }) => exchanged);
    expect(won).toHaveLength(1);
    const holder = tried.indexOf(won[0]!);
    for (const [n, { exchanged, found }] of tried.entries())
      if (!exchanged) expect([n, found]).toEqual([n, holder]);
    await Promise.all(writers.map((writer) => writer.close()));
  });

  it('Cell compare_exchange: success, from none, to none, mismatch changes nothing, chained, mixed; replicates, survives catch-up', () =>
    trio(
      cell(),
      async (writer) => {
        expect(await writer.compareExchange('x', 'y')).toMatchObject({ exchanged: false, found: undefined });
        expect(await writer.compareExchange(undefined, 0)).toMatchObject({ exchanged: true });
        for (const n of range(5))
          expect(await writer.compareExchange(n, n + 1)).toMatchObject({ exchanged: true });
        expect(await writer.compareExchange(5, undefined)).toMatchObject({ exchanged: true, found: 5 });
        expect(writer.isEmpty()).toBe(true);
        expect(await writer.set('a')).toMatchObject({ changed: 1, previous: undefined });
        expect(await writer.set('b')).toMatchObject({ changed: 1, previous: 'a' });
        expect(await writer.clear()).toMatchObject({ changed: 1, previous: 'b' });
        expect(await writer.clear()).toMatchObject({ changed: 0, previous: undefined });
        await writer.set('last');
      },
      (handle) => expect(handle.get()).toBe('last'),
    ));

  it('PriorityQueue compare_exchange_value: success, to none, mismatch changes nothing, no such key, chained; replicates, survives catch-up', () =>
    trio(
      definePriorityQueue({ id: newStore(), priority: number, key: text, value: number }),
      async (writer) => {
        await writer.extend([
          [5, 'a', 0],
          [3, 'b', 1],
          [9, 'c', 2],
        ]);
        expect(await writer.compareExchangeValue('a', 7, 1)).toMatchObject({ exchanged: false, found: 0 });
        for (const n of range(4))
          expect(await writer.compareExchangeValue('a', n, n + 1)).toMatchObject({
            exchanged: true,
            found: n,
          });
        expect(await writer.compareExchangeValue('x', 0, 1)).toMatchObject({
          exchanged: false,
          found: undefined,
        });
        expect(await writer.compareExchangeValue('b', 1, undefined)).toMatchObject({
          exchanged: true,
          found: 1,
        });
      },
      (handle) =>
        expect([...handle]).toEqual([
          [5, 'a', 4],
          [9, 'c', 2],
        ]),
    ));
});

describe('Map, Set', { concurrent: true }, () => {
  it('a Map answers what stood there, and extends and removes many at once', () =>
    trio(
      defineMap({ id: newStore(), key: number, value: text }),
      async (writer) => {
        expect(await writer.insert(1, 'one')).toMatchObject({ changed: 1, previous: undefined });
        expect(await writer.insert(1, 'uno')).toMatchObject({ changed: 1, previous: 'one' });
        expect(await writer.extend(range(500).map((n) => [n, 'x'.repeat(100)]))).toMatchObject({
          changed: 500,
        });
        expect(await writer.removeMany(range(2, 600))).toMatchObject({ changed: 498 });
        const before = writer.version();
        expect(await writer.removeMany([])).toEqual({ version: before, changed: 0 });
        expect(await writer.remove(0)).toMatchObject({ changed: 1, previous: 'x'.repeat(100) });
        expect(await writer.remove(0)).toMatchObject({ changed: 0, previous: undefined });
      },
      (handle) => expect([...handle]).toEqual([[1, 'x'.repeat(100)]]),
    ));

  it('a Set holds each member once, and knows its subsets', () =>
    trio(
      defineSet({ id: newStore(), value: text }),
      async (writer) => {
        expect(await writer.insert('a')).toMatchObject({ changed: 1 });
        expect(await writer.insert('a')).toMatchObject({ changed: 0 });
        expect(await writer.extend(['c', 'b', 'a'])).toMatchObject({ changed: 2 });
        expect(await writer.removeMany(['c', 'x'])).toMatchObject({ changed: 1 });
        expect(await writer.remove('x')).toMatchObject({ changed: 0 });
      },
      (handle) => {
        expect([...handle]).toEqual(['a', 'b']);
        expect(handle.has('a')).toBe(true);
        expect(handle.has('c')).toBe(false);
        expect(
          handle.isSubset(
            new Map([
              ['a', 1],
              ['b', 1],
              ['z', 1],
            ]),
          ),
        ).toBe(true);
        expect(handle.isSubset(new Map([['a', 1]]))).toBe(false);
      },
    ));

  it('keys that are lists, maps or bytes are found by what they are', () =>
    trio(
      defineMap({ id: newStore(), key: anySchema('test.any/1'), value: number }),
      async (writer) => {
        await writer.insert({ b: 1, a: [null, true] }, 1);
        await writer.insert(new Uint8Array([1, 2]), 2);
        await writer.insert(['x', -1], 3);
      },
      (handle) => {
        expect(handle.get({ a: [null, true], b: 1 })).toBe(1);
        expect(handle.get(new Uint8Array([1, 2]))).toBe(2);
        expect(handle.get(['x', -1])).toBe(3);
        expect(handle.get(['x', 1])).toBeUndefined();
      },
    ));
});

describe('Vec', { concurrent: true }, () => {
  const vec = () => defineVec({ id: newStore(), value: text });
  const letters = (handle: Iterable<string>): string => [...handle].join('');

  it('ordering: front and back, pushes and pops', () =>
    trio(
      vec(),
      async (writer) => {
        await writer.pushBack('b');
        await writer.pushFront('a');
        await writer.extend(['c', 'd', 'e']);
        expect(await writer.popBack()).toMatchObject({ changed: 1, previous: 'e' });
        expect(await writer.popFront()).toMatchObject({ changed: 1, previous: 'a' });
      },
      (handle) => {
        expect(letters(handle)).toBe('bcd');
        expect([handle.front(), handle.back(), handle.get(1), handle.get(3)]).toEqual([
          'b',
          'd',
          'c',
          undefined,
        ]);
        expect([handle.indexOf('d'), handle.indexOf('x'), handle.includes('c')]).toEqual([2, -1, true]);
        expect(handle.size).toBe(3);
      },
    ));

  it('swap, insert, remove, truncate', () =>
    trio(
      vec(),
      async (writer) => {
        await writer.extend('abcdef');
        await writer.swap(0, 5);
        expect(letters(writer)).toBe('fbcdea');
        expect(await writer.insert(1, 'X')).toMatchObject({ changed: 1 });
        expect(letters(writer)).toBe('fXbcdea');
        expect(await writer.insert(7, 'Y')).toMatchObject({ changed: 1 });
        expect(await writer.remove(2)).toMatchObject({ previous: 'b' });
        expect(letters(writer)).toBe('fXcdeaY');
        expect(await writer.truncate(4)).toMatchObject({ changed: 3 });
      },
      (handle) => expect(letters(handle)).toBe('fXcd'),
    ));

  it('out-of-bounds: nothing changes and nobody falls, truncate clamps', () =>
    trio(
      vec(),
      async (writer) => {
        for (const write of [
          () => writer.popBack(),
          () => writer.popFront(),
          () => writer.remove(0),
          () => writer.swap(0, 0),
          () => writer.insert(1, 'x'),
          () => writer.truncate(9),
        ])
          expect(await write()).toMatchObject({ changed: 0 });
        await writer.extend('ab');
        expect(await writer.insert(3, 'x')).toMatchObject({ changed: 0 });
        expect(await writer.insert(Number.MAX_SAFE_INTEGER, 'x')).toMatchObject({ changed: 0 });
        expect(await writer.swap(0, 2)).toMatchObject({ changed: 0 });
        expect(await writer.remove(2)).toMatchObject({ changed: 0 });
        expect(await writer.truncate(100)).toMatchObject({ changed: 0 });
        expect(writer.version()).toBe(11);
        await expect(writer.remove(-1)).rejects.toThrow(RangeError);
        await expect(writer.swap(0.5, 1)).rejects.toThrow(RangeError);
        expect(writer.version()).toBe(11);
      },
      (handle) => expect(letters(handle)).toBe('ab'),
    ));
});

describe('Once', { concurrent: true }, () => {
  it('first_write_wins: whoever writes, and everybody reads the same', async () => {
    const once = defineOnce({ id: newStore(), value: number });
    const { member } = space.committee(3);
    const writers = await Promise.all(range(3).map((n) => once.writer(member(n))));
    const written = await Promise.all(range(12).map((n) => writers[n % 3]!.set(n)));
    const first = written.findIndex(({ changed }) => changed === 1);
    expect(written.filter(({ changed }) => changed === 1)).toHaveLength(1);
    await Promise.all(writers.map((writer) => writer.when.reaches(11)));
    for (const writer of writers) expect(writer.get()).toBe(first);
    for (const { changed, previous } of written) if (changed === 0) expect(previous).toBe(first);
    await Promise.all(writers.map((writer) => writer.close()));
  });

  it('await_value: resolves when it is set, at once when it was, and can be called off', async () => {
    const once = defineOnce({ id: newStore(), value: text });
    const { member } = space.committee(1, 1);
    const [writer, reader] = await Promise.all([once.writer(member(0)), once.reader(member(1))]);
    const calledOff = codeFrom(reader.awaitValue(AbortSignal.timeout(50)));
    const waited = reader.awaitValue();
    expect(await calledOff).toBe('CANCELLED');
    expect(reader.isEmpty()).toBe(true);
    await writer.set('now');
    expect(await waited).toBe('now');
    expect(await reader.awaitValue()).toBe('now');
    await Promise.all([writer.close(), reader.close()]);
  });
});

describe('PriorityQueue', { concurrent: true }, () => {
  const bounded = (capacity: number) =>
    definePriorityQueue({ id: newStore(), priority: number, key: text, value: number, capacity });

  it('bounded eviction rules: lets go of the lowest, also of the one that comes; an update of a full one evicts nobody', () =>
    trio(
      bounded(3),
      async (writer) => {
        expect(
          await writer.extend([
            [5, 'e', 0],
            [4, 'd', 0],
            [6, 'f', 0],
          ]),
        ).toMatchObject({ changed: 3, evicted: 0 });
        expect(await writer.insert(9, 'i', 0)).toMatchObject({ changed: 1, evicted: 1 });
        expect(writer.has('d')).toBe(false);
        expect(await writer.insert(1, 'a', 0)).toMatchObject({ changed: 0, evicted: 1 });
        expect(writer.has('a')).toBe(false);
        expect(await writer.insert(7, 'e', 1)).toMatchObject({ changed: 1, evicted: 0 });
        expect(await writer.updatePriority('i', 2)).toMatchObject({ changed: 1 });
        expect(writer.min()?.[1]).toBe('i');
        expect(
          await writer.extend([
            [8, 'h', 0],
            [3, 'c', 0],
          ]),
        ).toMatchObject({ changed: 1, evicted: 2 });
      },
      (handle) => {
        expect([...handle].map(([, key]) => key)).toEqual(['f', 'e', 'h']);
        expect(handle.capacity).toBe(3);
      },
    ));

  it('of equal priorities the smaller key is lower: min, max and eviction agree on every member', () =>
    trio(
      bounded(3),
      async (writer) => {
        await writer.extend(['b', 'd', 'a', 'c'].map((key) => [1, key, 0] as const));
      },
      (handle) => {
        expect([...handle.ascending()].map(([, key]) => key)).toEqual(['b', 'c', 'd']);
        expect([...handle.descending()].map(([, key]) => key)).toEqual(['d', 'c', 'b']);
        expect([handle.min()?.[1], handle.max()?.[1]]).toEqual(['b', 'd']);
      },
    ));

  it('upserts by key, updates, removes by key, and remove_range_sync: by range', () =>
    trio(
      definePriorityQueue({ id: newStore(), priority: number, key: text, value: number }),
      async (writer) => {
        await writer.extend(range(10).map((n) => [n * 10, `k${n}`, n] as const));
        expect(await writer.insert(55, 'k0', 100)).toMatchObject({ changed: 1 });
        expect(writer.size).toBe(10);
        expect(await writer.updatePriority('k1', -5)).toMatchObject({ changed: 1 });
        expect(await writer.updateValue('k1', 11)).toMatchObject({ changed: 1, previous: 1 });
        expect(await writer.updatePriority('none', 1)).toMatchObject({ changed: 0 });
        expect(await writer.updateValue('none', 1)).toMatchObject({ changed: 0 });
        expect(await writer.remove('k9')).toMatchObject({ changed: 1, previous: 9 });
        expect(await writer.removeMany(['k8', 'none'])).toMatchObject({ changed: 1 });
        expect(await writer.removeRange({ gte: 20, lt: 40 })).toMatchObject({ changed: 2 });
        expect(await writer.removeRange({ gt: 60 })).toMatchObject({ changed: 1 });
        expect(await writer.removeRange({ lte: -6 })).toMatchObject({ changed: 0 });
      },
      (handle) => {
        expect([...handle]).toEqual([
          [-5, 'k1', 11],
          [40, 'k4', 4],
          [50, 'k5', 5],
          [55, 'k0', 100],
          [60, 'k6', 6],
        ]);
        expect(handle.priorityOf('k0')).toBe(55);
        expect(handle.priorityOf('k9')).toBeUndefined();
        expect(handle.get('k4')).toBe(4);
      },
    ));

  it('removes everything by the open range', () =>
    trio(
      definePriorityQueue({ id: newStore(), priority: text, key: text, value: number }),
      async (writer) => {
        await writer.extend([
          ['b', 'x', 1],
          ['a', 'y', 2],
        ]);
        expect(writer.min()).toEqual(['a', 'y', 2]);
        expect(await writer.removeRange({})).toMatchObject({ changed: 2 });
      },
      (handle) => expect(handle.min()).toBeUndefined(),
    ));
});

describe('elements of a schema', { concurrent: true }, () => {
  interface Card {
    readonly name: string;
    readonly at: bigint;
  }
  const card = schema<Card>('test.card/3', {
    encode: ({ name, at }) => [name, String(at)],
    decode: (value) => {
      const [name, at] = value as [string, string];
      return { name, at: BigInt(at) };
    },
  });

  it('custom_datum_encoding: are what the codec makes of them', () =>
    trio(
      defineMap({ id: newStore(), key: text, value: card }),
      (writer) => writer.insert('a', { name: 'ann', at: 5n }),
      (handle) => expect(handle.get('a')).toEqual({ name: 'ann', at: 5n }),
    ));

  it('that canonical CBOR cannot carry are refused before they are sent, and come back', async () => {
    const map = defineMap({ id: newStore(), key: text, value: anySchema('test.any/1') });
    const { member } = space.committee(1);
    const writer = await map.writer(member(0));
    await expect(writer.insert('half', 0.5)).rejects.toMatchObject({
      code: 'CBOR_PROFILE',
      given: ['half', 0.5],
    });
    await expect(writer.insert('k'.repeat(2000), 1)).rejects.toMatchObject({ code: 'COLLECTION_ELEMENT' });
    await expect(writer.insert('long', 'x'.repeat(16_000))).rejects.toMatchObject({
      code: 'COLLECTION_ELEMENT',
    });
    await expect(
      writer.extend([
        ['a', 1],
        ['b', 0.5],
      ]),
    ).rejects.toMatchObject({ code: 'CBOR_PROFILE' });
    expect(writer.version()).toBe(-1);
    await writer.insert('k'.repeat(1000), 'x'.repeat(15_000));
    expect(writer.size).toBe(1);
    await writer.close();
  });

  it('that an exchange names are together no longer than one may be: refused before they are sent', async () => {
    const id = newStore();
    const value = textSchema('test.text/1');
    const { member } = space.committee(1);
    const map = await defineMap({ id, key: text, value }).writer(member(0));
    const cell = await defineCell({ id, value }).writer(member(0));
    const queue = await definePriorityQueue({ id, priority: number, key: text, value }).writer(member(0));
    const [one, other, longer] = ['x'.repeat(7677), 'y'.repeat(7677), 'y'.repeat(7678)];
    const key = 'k'.repeat(MAX_KEY - 3);
    await Promise.all([map.insert(key, one), cell.set(one), queue.insert(1, key, one)]);
    for (const tries of [
      (fresh: string) => map.compareExchange(key, one, fresh),
      (fresh: string) => cell.compareExchange(one, fresh),
      (fresh: string) => queue.compareExchangeValue(key, one, fresh),
    ]) {
      await expect(tries(longer)).rejects.toMatchObject({
        code: 'COLLECTION_ELEMENT',
        message: `The two values of an exchange have at most ${MAX_VALUE} bytes together, not ${MAX_VALUE + 1}.`,
      });
      expect(await tries(other)).toMatchObject({ exchanged: true, found: one });
    }
    expect([map, cell, queue].map((writer) => writer.version())).toEqual([1, 1, 1]);
    // one that is as long as it may be can still be taken away
    const longest = 'z'.repeat(MAX_VALUE - 3);
    await cell.set(longest);
    expect(await cell.compareExchange(longest, undefined)).toMatchObject({ exchanged: true });
    await Promise.all([map, cell, queue].map((writer) => writer.close()));
  });

  it('that others wrote in another form are refused where they are read', async () => {
    const id = newStore();
    const { member } = space.committee(1);
    const any = await defineVec({ id, value: anySchema('test.text/1') }).writer(member(0));
    await any.pushBack(5);
    const strict = await defineVec({ id, value: text }).reader(member(0));
    expect(() => strict.get(0)).toThrow(expect.objectContaining({ code: 'COLLECTION_ELEMENT' }));
    await Promise.all([any.close(), strict.close()]);
  });
});
