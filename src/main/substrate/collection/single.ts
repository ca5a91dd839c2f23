/** Cell and Once: one value or none, the same everywhere (coalition.md 3.5). */
import { createCellMachine, createOnceMachine } from '../../../protocol/collection/index.ts';
import type { CellDefinition, OnceDefinition, SingleView } from '../../../protocol/collection/index.ts';
import { commonOf, defineCollection } from './define.ts';
import type { Replicated } from './define.ts';
import { decodedOr, encoded, exchangedOf, exchangeOf, replacedOf } from './handle.ts';
import type { Exchanged, Replaced, Writer } from './handle.ts';
import type { Schema } from './schema.ts';
import type { CollectionReader, ValueOptions, WriteOptions } from './types.ts';

export type SingleOptions<T> = ValueOptions<T>;

interface CellReads<T> {
  get(): T | undefined;
  isEmpty(): boolean;
}

/** The last write wins. Errors of all writes: `Unwritten`. */
interface CellWrites<T> {
  set(value: T, options?: WriteOptions): Promise<Replaced<T>>;
  /** `undefined` stands for no value. Both values together are no longer than one may be (`MAX_VALUE`). */
  compareExchange(
    expected: T | undefined,
    fresh: T | undefined,
    options?: WriteOptions,
  ): Promise<Exchanged<T>>;
  clear(options?: WriteOptions): Promise<Replaced<T>>;
}

interface OnceReads<T> extends CellReads<T> {
  /** Resolves as soon as there is a value. Errors: `CANCELLED`, `GROUP_CLOSED`. */
  awaitValue(signal?: AbortSignal): Promise<T>;
}

/** The first write wins. */
interface OnceWrites<T> {
  /** `changed` is 0 when there was a value: then `previous` is what stays. Errors: `Unwritten`. */
  set(value: T, options?: WriteOptions): Promise<Replaced<T>>;
}

export type CellReader<T> = CollectionReader & CellReads<T>;
export type CellWriter<T> = CellReader<T> & CellWrites<T>;
export type ReplicatedCell<T> = Replicated<CellDefinition, CellReads<T>, CellWrites<T>>;

export type OnceReader<T> = CollectionReader & OnceReads<T>;
export type OnceWriter<T> = OnceReader<T> & OnceWrites<T>;
export type ReplicatedOnce<T> = Replicated<OnceDefinition, OnceReads<T>, OnceWrites<T>>;

/** A cell as all its members define it. Errors: `COLLECTION_DEFINITION`. */
export function defineCell<T>(options: SingleOptions<T>): ReplicatedCell<T> {
  const { value } = options;
  return defineCollection({
    shared: options,
    definition: { kind: 'cell', ...commonOf(options), value: value.tag },
    machine: createCellMachine,
    reads: (view) => readsOf(value, view),
    writes: ({ write }): CellWrites<T> => ({
      set: setting(value, write),
      compareExchange: (expected, fresh, how) =>
        write(
          [expected, fresh],
          'exchange',
          () => exchangeOf(value, expected, fresh),
          how,
          exchangedOf(value),
        ),
      clear: (how) => write(undefined, 'clear', () => [], how, replacedOf(value)),
    }),
  });
}

/** A value that is set once, as all its members define it. Errors: `COLLECTION_DEFINITION`. */
export function defineOnce<T>(options: SingleOptions<T>): ReplicatedOnce<T> {
  const { value } = options;
  return defineCollection({
    shared: options,
    definition: { kind: 'once', ...commonOf(options), value: value.tag },
    machine: createOnceMachine,
    reads(view, group): OnceReads<T> {
      const reads = readsOf(value, view);
      return {
        ...reads,
        async awaitValue(signal) {
          await group.when.holds(() => !reads.isEmpty(), signal);
          // what is set once stays
          return reads.get() as T;
        },
      };
    },
    writes: ({ write }): OnceWrites<T> => ({ set: setting(value, write) }),
  });
}

const readsOf = <T>(schema: Schema<T>, view: () => SingleView): CellReads<T> => ({
  get: () => decodedOr(schema, view().get()),
  isEmpty: () => view().get() === undefined,
});

const setting =
  <T>(schema: Schema<T>, write: Writer['write']) =>
  (given: T, how?: WriteOptions): Promise<Replaced<T>> =>
    write(given, 'set', () => [encoded(schema, given)], how, replacedOf(schema));
