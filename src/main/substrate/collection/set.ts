/** Set: members, each once, the same everywhere (coalition.md 3.5). */
import { createSetMachine, keyBytes } from '../../../protocol/collection/index.ts';
import type { SetDefinition, SetView } from '../../../protocol/collection/index.ts';
import { commonOf, defineCollection } from './define.ts';
import type { Replicated } from './define.ts';
import { decoded, each, sizedKey, writtenOf } from './handle.ts';
import type { Sized, Writer } from './handle.ts';
import type { Schema } from './schema.ts';
import type { CollectionReader, ValueOptions, WriteOptions, Written } from './types.ts';

export type SetOptions<T> = ValueOptions<T>;

/** Reads walk in the order of the members' canonical bytes, over the state as it is when they are called. */
interface SetReads<T> extends Iterable<T> {
  readonly size: number;
  has(member: T): boolean;
  /** Every member of this set is one of `other`; one of another form than the schema names is not. */
  isSubset(other: { has(member: T): boolean }): boolean;
  values(): IterableIterator<T>;
}

/** Errors of all writes: `Unwritten`. */
interface SetWrites<T> {
  insert(member: T, options?: WriteOptions): Promise<Written>;
  /** In as many commands as it takes. Nothing to write: no command, and the present version. */
  extend(members: Iterable<T>, options?: WriteOptions): Promise<Written>;
  remove(member: T, options?: WriteOptions): Promise<Written>;
  /** As `extend`. */
  removeMany(members: Iterable<T>, options?: WriteOptions): Promise<Written>;
  clear(options?: WriteOptions): Promise<Written>;
}

export type SetReader<T> = CollectionReader & SetReads<T>;
export type SetWriter<T> = SetReader<T> & SetWrites<T>;
export type ReplicatedSet<T> = Replicated<SetDefinition, SetReads<T>, SetWrites<T>>;

/** A set as all its members define it. Errors: `COLLECTION_DEFINITION`. */
export const defineSet = <T>(options: SetOptions<T>): ReplicatedSet<T> =>
  defineCollection({
    shared: options,
    definition: { kind: 'set', ...commonOf(options), value: options.value.tag },
    machine: createSetMachine,
    reads: (view) => readsOf(options.value, view),
    writes: (writer) => writesOf(options.value, writer),
  });

function readsOf<T>(schema: Schema<T>, view: () => SetView): SetReads<T> {
  const values = (): IterableIterator<T> => each([...view().members()], (member) => decoded(schema, member));
  return {
    get size() {
      return view().size();
    },
    has: (member) => view().has(keyBytes(schema.encode(member))),
    isSubset(other) {
      let found = 0;
      for (const member of values()) {
        if (!other.has(member)) return false;
        found += 1;
      }
      return found === view().size();
    },
    values,
    [Symbol.iterator]: values,
  };
}

function writesOf<T>(schema: Schema<T>, { write, writeMany }: Writer): SetWrites<T> {
  const one = (member: T): Sized => sizedKey(schema, member);
  return {
    insert: (member, how) => write(member, 'insert', () => [one(member).value], how, writtenOf),
    extend: (members, how) => writeMany(members, 'insert', one, how, writtenOf),
    remove: (member, how) => write(member, 'remove', () => [one(member).value], how, writtenOf),
    removeMany: (members, how) => writeMany(members, 'remove', one, how, writtenOf),
    clear: (how) => write(undefined, 'clear', () => [], how, writtenOf),
  };
}
