/**
 * The six kinds as tests see them alike: item n is written, and what shows is compared as plain data. Items whose
 * numbers differ by `KEYS` have the same key, where there are keys.
 */
import {
  anySchema,
  defineCell,
  defineMap,
  defineOnce,
  definePriorityQueue,
  defineSet,
  defineVec,
  numberSchema,
  textSchema,
} from '../../../../src/main/substrate/collection/index.ts';
import type {
  CollectionMember,
  CollectionReader,
  SharedOptions,
  WriteOptions,
  WritingMember,
  Written,
} from '../../../../src/main/substrate/collection/index.ts';

export interface Handle extends CollectionReader {
  /** The state as plain data, in the order in which it is walked. */
  shows(): unknown;
}

interface Writes {
  write(n: number, options?: WriteOptions): Promise<Written>;
  writeMany(items: readonly number[]): Promise<Written>;
  /** Absent: this kind has none. */
  readonly clear?: () => Promise<Written>;
  /** Takes item n away; of a Vec, what stands at position n. */
  readonly remove?: (n: number) => Promise<Written>;
}

export interface WritingHandle extends Handle, Writes {}

export interface Collection {
  readonly group: Uint8Array;
  writer(member: WritingMember): Promise<WritingHandle>;
  reader(member: CollectionMember): Promise<Handle>;
}

export interface Kind {
  readonly name: string;
  define(shared: SharedOptions): Collection;
  /** What shows after these items were written, in this order. */
  expected(items: readonly number[]): unknown;
  /** Items that concurrent writers write show the same in whatever order they come. */
  readonly anyOrder: boolean;
}

export const KEYS = 1_000_000;

/** A definition as tests use it: what its handles show and how they write, beside what they can do by themselves. */
function alike<R extends CollectionReader, W extends R>(
  made: {
    readonly group: Uint8Array;
    writer(member: WritingMember): Promise<W>;
    reader(member: CollectionMember): Promise<R>;
  },
  shows: (handle: R) => unknown,
  writes: (handle: W) => Omit<Writes, 'clear'>,
): Collection {
  return {
    group: made.group,
    async writer(member) {
      const handle = await made.writer(member);
      return { ...handle, shows: () => shows(handle), ...writes(handle) };
    },
    async reader(member) {
      const handle = await made.reader(member);
      return { ...handle, shows: () => shows(handle) };
    },
  };
}

/** Of a kind that has no way to write many at once. */
const oneByOne = (write: Writes['write'], present: () => number) => ({
  write,
  async writeMany(items: readonly number[]) {
    let last: Written = { version: present(), changed: 0 };
    for (const n of items) last = await write(n);
    return last;
  },
});

/** `bytes`: what an element takes, beside its number; keys take no more than they may. */
export function kindsOf(bytes: number): readonly Kind[] {
  const nameOf = (n: number): string =>
    `item-${String(n % KEYS).padStart(6, '0')}${'k'.repeat(Math.min(bytes, 1000))}`;
  const cardOf = (n: number) => ({ n, filler: 'v'.repeat(bytes) });
  /** The last item of each key. */
  const kept = (items: readonly number[]): number[] => [
    ...new Map(items.map((n) => [n % KEYS, n] as const)).values(),
  ];
  const inOrder = (items: readonly number[], of: (n: number) => number): number[] =>
    items.toSorted((a, b) => of(a) - of(b));
  const byKey = (items: readonly number[]): number[] => inOrder(kept(items), (n) => n % KEYS);
  const name = textSchema('test.name/1');
  const card = anySchema('test.card/1');
  return [
    {
      name: 'Map',
      anyOrder: true,
      expected: (items) => byKey(items).map((n) => [nameOf(n), cardOf(n)]),
      define: (shared) =>
        alike(
          defineMap({ ...shared, key: name, value: card }),
          (handle) => [...handle],
          (handle) => ({
            write: (n, how) => handle.insert(nameOf(n), cardOf(n), how),
            writeMany: (items) => handle.extend(items.map((n) => [nameOf(n), cardOf(n)] as const)),
            remove: (n) => handle.remove(nameOf(n)),
          }),
        ),
    },
    {
      name: 'Vec',
      anyOrder: false,
      expected: (items) => items.map(cardOf),
      define: (shared) =>
        alike(
          defineVec({ ...shared, value: card }),
          (handle) => [...handle],
          (handle) => ({
            write: (n, how) => handle.pushBack(cardOf(n), how),
            writeMany: (items) => handle.extend(items.map(cardOf)),
            remove: (n) => handle.remove(n),
          }),
        ),
    },
    {
      name: 'Set',
      anyOrder: true,
      expected: (items) => byKey(items).map(nameOf),
      define: (shared) =>
        alike(
          defineSet({ ...shared, value: name }),
          (handle) => [...handle],
          (handle) => ({
            write: (n, how) => handle.insert(nameOf(n), how),
            writeMany: (items) => handle.extend(items.map(nameOf)),
            remove: (n) => handle.remove(nameOf(n)),
          }),
        ),
    },
    {
      name: 'Cell',
      anyOrder: false,
      expected: (items) => (items.length === 0 ? undefined : cardOf(items.at(-1)!)),
      define: (shared) =>
        alike(
          defineCell({ ...shared, value: card }),
          (handle) => handle.get(),
          (handle) => oneByOne((n, how) => handle.set(cardOf(n), how), handle.version),
        ),
    },
    {
      name: 'Once',
      anyOrder: false,
      expected: (items) => (items.length === 0 ? undefined : cardOf(items[0]!)),
      define: (shared) =>
        alike(
          defineOnce({ ...shared, value: card }),
          (handle) => handle.get(),
          (handle) => oneByOne((n, how) => handle.set(cardOf(n), how), handle.version),
        ),
    },
    {
      name: 'PriorityQueue',
      anyOrder: true,
      expected: (items) => inOrder(kept(items), (n) => n).map((n) => [n, nameOf(n), cardOf(n)]),
      define: (shared) =>
        alike(
          definePriorityQueue({
            ...shared,
            priority: numberSchema('test.priority/1'),
            key: name,
            value: card,
          }),
          (handle) => [...handle],
          (handle) => ({
            write: (n, how) => handle.insert(n, nameOf(n), cardOf(n), how),
            writeMany: (items) => handle.extend(items.map((n) => [n, nameOf(n), cardOf(n)] as const)),
            remove: (n) => handle.remove(nameOf(n)),
          }),
        ),
    },
  ];
}

export const kinds = kindsOf(0);
/** Those that hold many: the kinds of the snapshot suite. */
export const holdsMany = ({ name }: Kind): boolean => name !== 'Cell' && name !== 'Once';

/** 0 … n−1, or from … to−1. */
export const range = (from: number, to?: number): number[] =>
  to === undefined
    ? Array.from({ length: from }, (_, n) => n)
    : Array.from({ length: to - from }, (_, n) => from + n);
