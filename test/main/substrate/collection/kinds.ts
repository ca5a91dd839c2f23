/** The six kinds as tests see them alike: item n is written, and what shows is compared as plain data. */
import type { Writers } from '../../../../src/protocol/collection/index.ts';
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
  WriteOptions,
  WritingMember,
  Written,
} from '../../../../src/main/substrate/collection/index.ts';

export interface Handle extends CollectionReader {
  /** The state as plain data, in the order in which it is walked. */
  shows(): unknown;
}

export interface WritingHandle extends Handle {
  write(n: number, options?: WriteOptions): Promise<Written>;
  writeMany(items: readonly number[]): Promise<Written>;
  /** Absent: this kind has none. */
  readonly clear?: () => Promise<Written>;
  /** Takes away what was never there. */
  readonly removeMissing?: () => Promise<Written>;
}

export interface Kind {
  readonly name: string;
  define(id: Uint8Array, writers?: Writers, tag?: string): Collection;
  /** What shows after these items were written, in this order. */
  expected(items: readonly number[]): unknown;
  /** Items that concurrent writers write show the same in whatever order they come. */
  readonly anyOrder: boolean;
}

export interface Collection {
  readonly group: Uint8Array;
  writer(member: WritingMember): Promise<WritingHandle>;
  reader(member: CollectionMember): Promise<Handle>;
}

const nameOf = (n: number): string => `item-${String(n).padStart(6, '0')}`;
const cardOf = (n: number): { readonly n: number } => ({ n });
const byNumber = (items: readonly number[]): number[] => [...new Set(items)].toSorted((a, b) => a - b);
const text = textSchema('test.name/1');

const one = async (
  items: readonly number[],
  write: (n: number) => Promise<Written>,
  present: () => number,
): Promise<Written> => {
  let last: Written = { version: present(), changed: 0 };
  for (const n of items) last = await write(n);
  return last;
};

export const kinds: readonly Kind[] = [
  {
    name: 'Map',
    anyOrder: true,
    expected: (items) => byNumber(items).map((n) => [nameOf(n), cardOf(n)]),
    define(id, writers = 'anyone', tag = 'test.card/1') {
      const map = defineMap({ id, key: text, value: anySchema(tag), writers });
      return {
        group: map.group,
        async writer(member) {
          const handle = await map.writer(member);
          return Object.assign(handle, {
            shows: () => [...handle],
            write: (n: number, how?: WriteOptions) => handle.insert(nameOf(n), cardOf(n), how),
            writeMany: (items: readonly number[]) =>
              handle.extend(items.map((n) => [nameOf(n), cardOf(n)] as const)),
            removeMissing: () => handle.remove('never'),
          });
        },
        async reader(member) {
          const handle = await map.reader(member);
          return Object.assign(handle, { shows: () => [...handle] });
        },
      };
    },
  },
  {
    name: 'Vec',
    anyOrder: false,
    expected: (items) => items.map(cardOf),
    define(id, writers = 'anyone', tag = 'test.card/1') {
      const vec = defineVec({ id, value: anySchema(tag), writers });
      return {
        group: vec.group,
        async writer(member) {
          const handle = await vec.writer(member);
          return Object.assign(handle, {
            shows: () => [...handle],
            write: (n: number, how?: WriteOptions) => handle.pushBack(cardOf(n), how),
            writeMany: (items: readonly number[]) => handle.extend(items.map(cardOf)),
            removeMissing: () => handle.remove(1_000_000),
          });
        },
        async reader(member) {
          const handle = await vec.reader(member);
          return Object.assign(handle, { shows: () => [...handle] });
        },
      };
    },
  },
  {
    name: 'Set',
    anyOrder: true,
    expected: (items) => byNumber(items).map(nameOf),
    define(id, writers = 'anyone', tag = 'test.card/1') {
      const set = defineSet({ id, value: textSchema(tag), writers });
      return {
        group: set.group,
        async writer(member) {
          const handle = await set.writer(member);
          return Object.assign(handle, {
            shows: () => [...handle],
            write: (n: number, how?: WriteOptions) => handle.insert(nameOf(n), how),
            writeMany: (items: readonly number[]) => handle.extend(items.map(nameOf)),
            removeMissing: () => handle.remove('never'),
          });
        },
        async reader(member) {
          const handle = await set.reader(member);
          return Object.assign(handle, { shows: () => [...handle] });
        },
      };
    },
  },
  {
    name: 'Cell',
    anyOrder: false,
    expected: (items) => (items.length === 0 ? undefined : cardOf(items.at(-1)!)),
    define(id, writers = 'anyone', tag = 'test.card/1') {
      const cell = defineCell({ id, value: anySchema(tag), writers });
      return {
        group: cell.group,
        async writer(member) {
          const handle = await cell.writer(member);
          const write = (n: number, how?: WriteOptions) => handle.set(cardOf(n), how);
          return Object.assign(handle, {
            shows: () => handle.get(),
            write,
            writeMany: (items: readonly number[]) => one(items, write, handle.version),
          });
        },
        async reader(member) {
          const handle = await cell.reader(member);
          return Object.assign(handle, { shows: () => handle.get() });
        },
      };
    },
  },
  {
    name: 'Once',
    anyOrder: false,
    expected: (items) => (items.length === 0 ? undefined : cardOf(items[0]!)),
    define(id, writers = 'anyone', tag = 'test.card/1') {
      const once = defineOnce({ id, value: anySchema(tag), writers });
      return {
        group: once.group,
        async writer(member) {
          const handle = await once.writer(member);
          const write = (n: number, how?: WriteOptions) => handle.set(cardOf(n), how);
          return Object.assign(handle, {
            shows: () => handle.get(),
            write,
            writeMany: (items: readonly number[]) => one(items, write, handle.version),
          });
        },
        async reader(member) {
          const handle = await once.reader(member);
          return Object.assign(handle, { shows: () => handle.get() });
        },
      };
    },
  },
  {
    name: 'PriorityQueue',
    anyOrder: true,
    expected: (items) => byNumber(items).map((n) => [n, nameOf(n), cardOf(n)]),
    define(id, writers = 'anyone', tag = 'test.card/1') {
      const queue = definePriorityQueue({
        id,
        priority: numberSchema('test.priority/1'),
        key: text,
        value: anySchema(tag),
        writers,
      });
      return {
        group: queue.group,
        async writer(member) {
          const handle = await queue.writer(member);
          return Object.assign(handle, {
            shows: () => [...handle],
            write: (n: number, how?: WriteOptions) => handle.insert(n, nameOf(n), cardOf(n), how),
            writeMany: (items: readonly number[]) =>
              handle.extend(items.map((n) => [n, nameOf(n), cardOf(n)] as const)),
            removeMissing: () => handle.remove('never'),
          });
        },
        async reader(member) {
          const handle = await queue.reader(member);
          return Object.assign(handle, { shows: () => [...handle] });
        },
      };
    },
  },
];

/** 0 … n−1, or from … to−1. */
export const range = (from: number, to?: number): number[] =>
  to === undefined
    ? Array.from({ length: from }, (_, n) => n)
    : Array.from({ length: to - from }, (_, n) => from + n);
