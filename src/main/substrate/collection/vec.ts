/** Vec: items by position, the same everywhere (coalition.md 3.5). */
import { sameBytes } from '../../../protocol/bytes/index.ts';
import { createVecMachine, valueBytes } from '../../../protocol/collection/index.ts';
import type { VecDefinition, VecView } from '../../../protocol/collection/index.ts';
import { commonOf, defineCollection } from './define.ts';
import type { Replicated } from './define.ts';
import { decoded, decodedOr, each, encoded, replacedOf, sizedValue, writtenOf } from './handle.ts';
import type { Replaced, Writer } from './handle.ts';
import type { Schema } from './schema.ts';
import type { CollectionReader, ValueOptions, WriteOptions, Written } from './types.ts';

export type VecOptions<T> = ValueOptions<T>;

/** Walks go over the state as it is when they are called. */
interface VecReads<T> extends Iterable<T> {
  readonly size: number;
  get(index: number): T | undefined;
  front(): T | undefined;
  back(): T | undefined;
  /** −1: it is not there. */
  indexOf(item: T): number;
  includes(item: T): boolean;
  values(): IterableIterator<T>;
}

/**
 * Errors of all writes: `Unwritten`. Positions are those at the moment of the commit; one that does not exist then
 * changes nothing (`changed` is 0).
 */
interface VecWrites<T> {
  pushBack(item: T, options?: WriteOptions): Promise<Written>;
  pushFront(item: T, options?: WriteOptions): Promise<Written>;
  /** In as many commands as it takes. Nothing to write: no command, and the present version. */
  extend(items: Iterable<T>, options?: WriteOptions): Promise<Written>;
  /** `previous`: the item that was taken. */
  popBack(options?: WriteOptions): Promise<Replaced<T>>;
  popFront(options?: WriteOptions): Promise<Replaced<T>>;
  /** `index` may be one past the end. */
  insert(index: number, item: T, options?: WriteOptions): Promise<Written>;
  remove(index: number, options?: WriteOptions): Promise<Replaced<T>>;
  swap(one: number, other: number, options?: WriteOptions): Promise<Written>;
  /** `changed`: how many items went. */
  truncate(length: number, options?: WriteOptions): Promise<Written>;
  clear(options?: WriteOptions): Promise<Written>;
}

export type VecReader<T> = CollectionReader & VecReads<T>;
export type VecWriter<T> = VecReader<T> & VecWrites<T>;
export type ReplicatedVec<T> = Replicated<VecDefinition, VecReads<T>, VecWrites<T>>;

/** A vec as all its members define it. Errors: `COLLECTION_DEFINITION`. */
export const defineVec = <T>(options: VecOptions<T>): ReplicatedVec<T> =>
  defineCollection({
    shared: options,
    definition: { kind: 'vec', ...commonOf(options), value: options.value.tag },
    machine: createVecMachine,
    reads: (view) => readsOf(options.value, view),
    writes: (writer) => writesOf(options.value, writer),
  });

function readsOf<T>(schema: Schema<T>, view: () => VecView): VecReads<T> {
  const values = (): IterableIterator<T> => each([...view().items()], (item) => decoded(schema, item));
  const at = (index: number): T | undefined => decodedOr(schema, view().at(index));
  const indexOf = (item: T): number => {
    const wanted = valueBytes(schema.encode(item));
    let index = 0;
    for (const one of view().items()) {
      if (sameBytes(one, wanted)) return index;
      index += 1;
    }
    return -1;
  };
  return {
    get size() {
      return view().size();
    },
    get: at,
    front: () => at(0),
    back: () => at(view().size() - 1),
    indexOf,
    includes: (item) => indexOf(item) >= 0,
    values,
    [Symbol.iterator]: values,
  };
}

function writesOf<T>(schema: Schema<T>, { write, writeMany }: Writer): VecWrites<T> {
  const taken = replacedOf(schema);
  return {
    pushBack: (item, how) => write(item, 'push-back', () => [encoded(schema, item)], how, writtenOf),
    pushFront: (item, how) => write(item, 'push-front', () => [encoded(schema, item)], how, writtenOf),
    extend: (items, how) => writeMany(items, 'push-back', (item) => sizedValue(schema, item), how, writtenOf),
    popBack: (how) => write(undefined, 'pop-back', () => [], how, taken),
    popFront: (how) => write(undefined, 'pop-front', () => [], how, taken),
    insert: (index, item, how) =>
      write([index, item], 'insert', () => [position(index), encoded(schema, item)], how, writtenOf),
    remove: (index, how) => write(index, 'remove', () => [position(index)], how, taken),
    swap: (one, other, how) =>
      write([one, other], 'swap', () => [position(one), position(other)], how, writtenOf),
    truncate: (length, how) => write(length, 'truncate', () => [position(length)], how, writtenOf),
    clear: (how) => write(undefined, 'clear', () => [], how, writtenOf),
  };
}

function position(index: number): number {
  if (Number.isSafeInteger(index) && index >= 0) return index;
  throw new RangeError('a position is a whole number from 0 on');
}
