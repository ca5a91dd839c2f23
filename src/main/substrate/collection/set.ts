/** Set: members, each once, the same everywhere (coalition.md 3.5). */
import type { UniqueId } from '../../../protocol/bytes/index.ts';
import { createSetMachine, keyBytes } from '../../../protocol/collection/index.ts';
import type { SetDefinition, SetView } from '../../../protocol/collection/index.ts';
import { collectionGroup, openCore, storeId } from './core.ts';
import type { Core } from './core.ts';
import { createReader, createWriter, decoded, each, sizedKey, writtenOf } from './handle.ts';
import type { Sized } from './handle.ts';
import type { Schema } from './schema.ts';
import type {
  CollectionMember,
  CollectionReader,
  SharedOptions,
  WriteOptions,
  WritingMember,
  Written,
} from './types.ts';

export interface SetOptions<T> extends SharedOptions {
  readonly value: Schema<T>;
}

/** Reads walk in the order of the members' canonical bytes, over the state as it is when they are called. */
export interface SetReader<T> extends CollectionReader, Iterable<T> {
  readonly size: number;
  has(member: T): boolean;
  /** Every member of this set is one of `other`. */
  isSubset(other: { has(member: T): boolean }): boolean;
  values(): IterableIterator<T>;
}

/** Errors of all writes: `Unwritten`. */
export interface SetWriter<T> extends SetReader<T> {
  insert(member: T, options?: WriteOptions): Promise<Written>;
  /** In as many commands as it takes. Nothing to write: no command, and the present version. */
  extend(members: Iterable<T>, options?: WriteOptions): Promise<Written>;
  remove(member: T, options?: WriteOptions): Promise<Written>;
  /** As `extend`. */
  removeMany(members: Iterable<T>, options?: WriteOptions): Promise<Written>;
  clear(options?: WriteOptions): Promise<Written>;
}

export interface ReplicatedSet<T> {
  readonly definition: SetDefinition;
  /** Id of its Group. */
  readonly group: UniqueId;
  writer(member: WritingMember): Promise<SetWriter<T>>;
  reader(member: CollectionMember): Promise<SetReader<T>>;
}

/** A set as all its members define it. Errors: `COLLECTION_DEFINITION`. */
export function defineSet<T>(options: SetOptions<T>): ReplicatedSet<T> {
  const definition: SetDefinition = {
    kind: 'set',
    id: storeId(options.id),
    value: options.value.tag,
    writers: options.writers ?? 'anyone',
  };
  const shared = {
    shared: options,
    definition,
    create: (scope: UniqueId) => createSetMachine(definition, scope),
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

function readerOf<T>(schema: Schema<T>, core: Core<SetView>): SetReader<T> {
  const view = (): SetView => core.machine.view();
  const values = (): IterableIterator<T> => each([...view().members()], (member) => decoded(schema, member));
  return {
    ...createReader(core),
    get size() {
      return view().size();
    },
    has: (member) => view().has(keyBytes(schema.encode(member))),
    isSubset(other) {
      for (const member of values()) if (!other.has(member)) return false;
      return true;
    },
    values,
    [Symbol.iterator]: values,
  };
}

function writerOf<T>(schema: Schema<T>, core: Core<SetView>, { author }: WritingMember): SetWriter<T> {
  const reader = readerOf(schema, core);
  const { write, writeMany } = createWriter(core.pipeline(author), reader.version);
  const one = (member: T): Sized => sizedKey(schema, member);
  const own: Omit<SetWriter<T>, keyof SetReader<T>> = {
    insert: (member, how) => write(member, 'insert', () => [one(member).value], how, writtenOf),
    extend: (members, how) => writeMany(members, 'insert', one, how, writtenOf),
    remove: (member, how) => write(member, 'remove', () => [one(member).value], how, writtenOf),
    removeMany: (members, how) => writeMany(members, 'remove', one, how, writtenOf),
    clear: (how) => write(undefined, 'clear', () => [], how, writtenOf),
  };
  return Object.assign(reader, own);
}
