/** PriorityQueue: entries by key in the order of their priorities, the same everywhere (coalition.md 3.5). */
import type { Value } from '../../../protocol/bytes/index.ts';
import { createPriorityQueueMachine, keyBytes } from '../../../protocol/collection/index.ts';
import type {
  Priority,
  PriorityQueueDefinition,
  PriorityQueueView,
  QueueEntry,
} from '../../../protocol/collection/index.ts';
import { commonOf, defineCollection } from './define.ts';
import type { Replicated } from './define.ts';
import {
  decoded,
  decodedOr,
  each,
  encoded,
  exchangedOf,
  exchangeOf,
  replacedOf,
  sizedKey,
  sizedRow,
  sizedValue,
  writtenOf,
} from './handle.ts';
import type { Exchanged, Replaced, Sized, Writer } from './handle.ts';
import type { Done } from './pipeline.ts';
import type { Schema } from './schema.ts';
import type { CollectionReader, SharedOptions, WriteOptions, Written } from './types.ts';

export interface PriorityQueueOptions<P, K, V> extends SharedOptions {
  /** Its canonical form is a whole number, a text, bytes, or a list of these; it is ordered as such. */
  readonly priority: Schema<P>;
  readonly key: Schema<K>;
  readonly value: Schema<V>;
  /** Entries at most; absent: as many as there are. Part of the id. */
  readonly capacity?: number;
}

export type Entry<P, K, V> = readonly [priority: P, key: K, value: V];

/** Priorities from one to another: with `gte` or `gt`, and `lte` or `lt`; what is left out is open. */
export interface PriorityRange<P> {
  readonly gte?: P;
  readonly gt?: P;
  readonly lte?: P;
  readonly lt?: P;
}

/** Of equal priorities the one with the smaller key (by canonical bytes) is lower. */
interface QueueReads<P, K, V> extends Iterable<Entry<P, K, V>> {
  readonly size: number;
  /** Infinity: it has no bound. */
  readonly capacity: number;
  get(key: K): V | undefined;
  priorityOf(key: K): P | undefined;
  has(key: K): boolean;
  min(): Entry<P, K, V> | undefined;
  max(): Entry<P, K, V> | undefined;
  ascending(): IterableIterator<Entry<P, K, V>>;
  descending(): IterableIterator<Entry<P, K, V>>;
}

/** What an insert pushed out of a bounded queue; an entry that went at once counts here and not in `changed`. */
export interface Inserted extends Written {
  readonly evicted: number;
}

/** Errors of all writes: `Unwritten`. Where no entry has the key, updates and exchanges change nothing. */
interface QueueWrites<P, K, V> {
  /** An entry of that key is replaced. A bounded queue that is full lets go of its lowest. */
  insert(priority: P, key: K, value: V, options?: WriteOptions): Promise<Inserted>;
  /** In as many commands as it takes, one entry after the other. Nothing to write: no command. */
  extend(entries: Iterable<Entry<P, K, V>>, options?: WriteOptions): Promise<Inserted>;
  updatePriority(key: K, priority: P, options?: WriteOptions): Promise<Written>;
  updateValue(key: K, value: V, options?: WriteOptions): Promise<Replaced<V>>;
  /**
   * `undefined` as the new value removes the entry. Both values together are no longer than one may be (`MAX_VALUE`).
   */
  compareExchangeValue(
    key: K,
    expected: V,
    fresh: V | undefined,
    options?: WriteOptions,
  ): Promise<Exchanged<V>>;
  remove(key: K, options?: WriteOptions): Promise<Replaced<V>>;
  /** As `extend`. */
  removeMany(keys: Iterable<K>, options?: WriteOptions): Promise<Written>;
  removeRange(range: PriorityRange<P>, options?: WriteOptions): Promise<Written>;
  clear(options?: WriteOptions): Promise<Written>;
}

export type PriorityQueueReader<P, K, V> = CollectionReader & QueueReads<P, K, V>;
export type PriorityQueueWriter<P, K, V> = PriorityQueueReader<P, K, V> & QueueWrites<P, K, V>;
export type ReplicatedPriorityQueue<P, K, V> = Replicated<
  PriorityQueueDefinition,
  QueueReads<P, K, V>,
  QueueWrites<P, K, V>
>;

/** A queue as all its members define it. Errors: `COLLECTION_DEFINITION`. */
export function definePriorityQueue<P, K, V>(
  options: PriorityQueueOptions<P, K, V>,
): ReplicatedPriorityQueue<P, K, V> {
  const { priority, key, value, capacity = null } = options;
  const tags = { priority: priority.tag, key: key.tag, value: value.tag };
  return defineCollection({
    shared: options,
    definition: { kind: 'depq', ...commonOf(options), ...tags, capacity },
    machine: createPriorityQueueMachine,
    reads: (view) => readsOf(options, view),
    writes: (writer) => writesOf(options, writer),
  });
}

function readsOf<P, K, V>(
  { priority, key, value, capacity }: PriorityQueueOptions<P, K, V>,
  view: () => PriorityQueueView,
): QueueReads<P, K, V> {
  const find = (one: K): QueueEntry | undefined => view().get(keyBytes(key.encode(one)));
  const rank = (given: Priority): P => priority.decode(given);
  const entryOf = (entry: QueueEntry): Entry<P, K, V> => [
    rank(entry.priority),
    decoded(key, entry.key),
    decoded(value, entry.value),
  ];
  const entryOr = (entry: QueueEntry | undefined): Entry<P, K, V> | undefined =>
    entry === undefined ? undefined : entryOf(entry);
  const ascending = (): IterableIterator<Entry<P, K, V>> => each([...view().ascending()], entryOf);
  return {
    get size() {
      return view().size();
    },
    capacity: capacity ?? Infinity,
    get: (one) => decodedOr(value, find(one)?.value),
    priorityOf(one) {
      const found = find(one);
      return found === undefined ? undefined : rank(found.priority);
    },
    has: (one) => find(one) !== undefined,
    min: () => entryOr(view().min()),
    max: () => entryOr(view().max()),
    ascending,
    descending: () => each([...view().descending()], entryOf),
    [Symbol.iterator]: ascending,
  };
}

function writesOf<P, K, V>(
  { priority, key, value }: PriorityQueueOptions<P, K, V>,
  { write, writeMany }: Writer,
): QueueWrites<P, K, V> {
  const at = (one: K): Sized => sizedKey(key, one);
  const row = ([rank, one, other]: Entry<P, K, V>): Sized =>
    sizedRow([sizedKey(priority, rank), at(one), sizedValue(value, other)]);
  const bound = (included: P | undefined, excluded: P | undefined): Value =>
    included !== undefined
      ? [priority.encode(included), true]
      : excluded !== undefined
        ? [priority.encode(excluded), false]
        : [];
  return {
    insert: (rank, one, other, how) =>
      write([rank, one, other], 'insert', () => [row([rank, one, other]).value], how, insertedOf),
    extend: (entries, how) => writeMany(entries, 'insert', row, how, insertedOf),
    updatePriority: (one, rank, how) =>
      write([one, rank], 'update-priority', () => [at(one).value, priority.encode(rank)], how, writtenOf),
    updateValue: (one, other, how) =>
      write(
        [one, other],
        'update-value',
        () => [at(one).value, encoded(value, other)],
        how,
        replacedOf(value),
      ),
    compareExchangeValue: (one, expected, fresh, how) =>
      write(
        [one, expected, fresh],
        'exchange',
        () => {
          const [before, after] = exchangeOf(value, expected, fresh);
          return [at(one).value, ...before, after];
        },
        how,
        exchangedOf(value),
      ),
    remove: (one, how) => write(one, 'remove', () => [at(one).value], how, replacedOf(value)),
    removeMany: (keys, how) => writeMany(keys, 'remove', at, how, writtenOf),
    removeRange: (range, how) =>
      write(
        range,
        'remove-range',
        () => [bound(range.gte, range.gt), bound(range.lte, range.lt)],
        how,
        writtenOf,
      ),
    clear: (how) => write(undefined, 'clear', () => [], how, writtenOf),
  };
}

const insertedOf = (done: Done): Inserted => ({ ...writtenOf(done), evicted: done.effect.evicted });
