/** Map: keys to values, the same on every member (coalition.md 3.5). */
import { createMapMachine, keyBytes } from '../../../protocol/collection/index.ts';
import type { MapDefinition, MapView } from '../../../protocol/collection/index.ts';
import { commonOf, defineCollection } from './define.ts';
import type { Replicated } from './define.ts';
import {
  decoded,
  decodedOr,
  each,
  exchangedOf,
  exchangeOf,
  replacedOf,
  sizedKey,
  sizedRow,
  sizedValue,
  writtenOf,
} from './handle.ts';
import type { Exchanged, Replaced, Sized, Writer } from './handle.ts';
import type { Schema } from './schema.ts';
import type { CollectionReader, SharedOptions, WriteOptions, Written } from './types.ts';

export interface MapOptions<K, V> extends SharedOptions {
  readonly key: Schema<K>;
  readonly value: Schema<V>;
}

/** Reads walk in the order of the keys' canonical bytes, over the state as it is when they are called. */
interface MapReads<K, V> extends Iterable<[K, V]> {
  readonly size: number;
  get(key: K): V | undefined;
  has(key: K): boolean;
  keys(): IterableIterator<K>;
  values(): IterableIterator<V>;
  entries(): IterableIterator<[K, V]>;
}

/** Errors of all writes: `Unwritten`. */
interface MapWrites<K, V> {
  insert(key: K, value: V, options?: WriteOptions): Promise<Replaced<V>>;
  /** In as many commands as it takes. Nothing to write: no command, and the present version. */
  extend(entries: Iterable<readonly [K, V]>, options?: WriteOptions): Promise<Written>;
  remove(key: K, options?: WriteOptions): Promise<Replaced<V>>;
  /** As `extend`. */
  removeMany(keys: Iterable<K>, options?: WriteOptions): Promise<Written>;
  /** `undefined` stands for no entry. Both values together are no longer than one may be (`MAX_VALUE`). */
  compareExchange(
    key: K,
    expected: V | undefined,
    fresh: V | undefined,
    options?: WriteOptions,
  ): Promise<Exchanged<V>>;
  clear(options?: WriteOptions): Promise<Written>;
}

export type MapReader<K, V> = CollectionReader & MapReads<K, V>;
export type MapWriter<K, V> = MapReader<K, V> & MapWrites<K, V>;
export type ReplicatedMap<K, V> = Replicated<MapDefinition, MapReads<K, V>, MapWrites<K, V>>;

/**
 * A map as all its members define it. Errors: `COLLECTION_DEFINITION`.
 *
 * @example
 * const balances = defineMap({ id: 'balances', key: textSchema('demo.name/1'), value: numberSchema('demo.amount/1') });
 * const map = await balances.writer({ groups, genesis, author });
 * const { version } = await map.insert('ETH', 3812);
 */
export function defineMap<K, V>(options: MapOptions<K, V>): ReplicatedMap<K, V> {
  const { key, value } = options;
  return defineCollection({
    shared: options,
    definition: { kind: 'map', ...commonOf(options), key: key.tag, value: value.tag },
    machine: createMapMachine,
    reads: (view) => readsOf(options, view),
    writes: (writer) => writesOf(options, writer),
  });
}

function readsOf<K, V>({ key, value }: MapOptions<K, V>, view: () => MapView): MapReads<K, V> {
  const find = (one: K): Uint8Array | undefined => view().get(keyBytes(key.encode(one)));
  const entries = (): IterableIterator<[K, V]> =>
    each([...view().rows()], (row) => [decoded(key, row.key), decoded(value, row.value)]);
  return {
    get size() {
      return view().size();
    },
    get: (one) => decodedOr(value, find(one)),
    has: (one) => find(one) !== undefined,
    keys: () => each([...view().rows()], (row) => decoded(key, row.key)),
    values: () => each([...view().rows()], (row) => decoded(value, row.value)),
    entries,
    [Symbol.iterator]: entries,
  };
}

function writesOf<K, V>({ key, value }: MapOptions<K, V>, { write, writeMany }: Writer): MapWrites<K, V> {
  const at = (one: K): Sized => sizedKey(key, one);
  const row = ([one, other]: readonly [K, V]): Sized => sizedRow([at(one), sizedValue(value, other)]);
  return {
    insert: (one, other, how) =>
      write([one, other], 'insert', () => [row([one, other]).value], how, replacedOf(value)),
    extend: (given, how) => writeMany(given, 'insert', row, how, writtenOf),
    remove: (one, how) => write(one, 'remove', () => [at(one).value], how, replacedOf(value)),
    removeMany: (given, how) => writeMany(given, 'remove', at, how, writtenOf),
    compareExchange: (one, expected, fresh, how) =>
      write(
        [one, expected, fresh],
        'exchange',
        () => [at(one).value, ...exchangeOf(value, expected, fresh)],
        how,
        exchangedOf(value),
      ),
    clear: (how) => write(undefined, 'clear', () => [], how, writtenOf),
  };
}
