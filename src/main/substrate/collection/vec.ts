/** Vec: items by position, the same everywhere (coalition.md 3.5). */
import type { UniqueId } from '../../../protocol/bytes/index.ts';
import { createVecMachine, valueBytes } from '../../../protocol/collection/index.ts';
import { sameBytes } from '../../../protocol/bytes/index.ts';
import type { VecDefinition, VecView } from '../../../protocol/collection/index.ts';
import { collectionGroup, openCore, storeId } from './core.ts';
import type { Core } from './core.ts';
import {
  createReader,
  createWriter,
  decoded,
  decodedOr,
  each,
  encoded,
  replacedOf,
  sizedValue,
  writtenOf,
} from './handle.ts';
import type { Replaced } from './handle.ts';
import type { Schema } from './schema.ts';
import type {
  CollectionMember,
  CollectionReader,
  SharedOptions,
  WriteOptions,
  WritingMember,
  Written,
} from './types.ts';

export interface VecOptions<T> extends SharedOptions {
  readonly value: Schema<T>;
}

/** Walks go over the state as it is when they are called. */
export interface VecReader<T> extends CollectionReader, Iterable<T> {
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
export interface VecWriter<T> extends VecReader<T> {
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

export interface ReplicatedVec<T> {
  readonly definition: VecDefinition;
  /** Id of its Group. */
  readonly group: UniqueId;
  writer(member: WritingMember): Promise<VecWriter<T>>;
  reader(member: CollectionMember): Promise<VecReader<T>>;
}

/** A vec as all its members define it. Errors: `COLLECTION_DEFINITION`. */
export function defineVec<T>(options: VecOptions<T>): ReplicatedVec<T> {
  const definition: VecDefinition = {
    kind: 'vec',
    id: storeId(options.id),
    value: options.value.tag,
    writers: options.writers ?? 'anyone',
  };
  const shared = {
    shared: options,
    definition,
    create: (scope: UniqueId) => createVecMachine(definition, scope),
  };
  return {
    definition,
    group: collectionGroup(options, definition),
    writer: async (member) =>
      writerOf(
        options.value,
        await openCore({ ...shared, member, preference: member.preference ?? 'normal' }),
        member,
      ),
    reader: async (member) =>
      readerOf(options.value, await openCore({ ...shared, member, preference: 'observer' })),
  };
}

function readerOf<T>(schema: Schema<T>, core: Core<VecView>): VecReader<T> {
  const view = (): VecView => core.machine.view();
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
    ...createReader(core),
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

function writerOf<T>(schema: Schema<T>, core: Core<VecView>, { author }: WritingMember): VecWriter<T> {
  const reader = readerOf(schema, core);
  const { write, writeMany } = createWriter(core.pipeline(author), reader.version);
  const taken = replacedOf(schema);
  const own: Omit<VecWriter<T>, keyof VecReader<T>> = {
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
  return Object.assign(reader, own);
}

function position(index: number): number {
  if (Number.isSafeInteger(index) && index >= 0) return index;
  throw new RangeError('a position is a whole number from 0 on');
}
