/** Cell and Once: one value or none, the same everywhere (coalition.md 3.5). */
import type { UniqueId } from '../../../protocol/bytes/index.ts';
import { createCellMachine, createOnceMachine } from '../../../protocol/collection/index.ts';
import type { CellDefinition, OnceDefinition, SingleView } from '../../../protocol/collection/index.ts';
import { collectionGroup, openCore, storeId } from './core.ts';
import type { Core } from './core.ts';
import { createReader, createWriter, decodedOr, encoded, exchangedOf, option, replacedOf } from './handle.ts';
import type { Exchanged, Replaced } from './handle.ts';
import type { Schema } from './schema.ts';
import type {
  CollectionMember,
  CollectionReader,
  SharedOptions,
  WriteOptions,
  WritingMember,
} from './types.ts';

export interface SingleOptions<T> extends SharedOptions {
  readonly value: Schema<T>;
}

export interface CellReader<T> extends CollectionReader {
  get(): T | undefined;
  isEmpty(): boolean;
}

/** The last write wins. Errors of all writes: `Unwritten`. */
export interface CellWriter<T> extends CellReader<T> {
  set(value: T, options?: WriteOptions): Promise<Replaced<T>>;
  /** `undefined` stands for no value. */
  compareExchange(
    expected: T | undefined,
    fresh: T | undefined,
    options?: WriteOptions,
  ): Promise<Exchanged<T>>;
  clear(options?: WriteOptions): Promise<Replaced<T>>;
}

export interface OnceReader<T> extends CellReader<T> {
  /** Resolves as soon as there is a value. Errors: `CANCELLED`, `GROUP_CLOSED`. */
  awaitValue(signal?: AbortSignal): Promise<T>;
}

/** The first write wins. */
export interface OnceWriter<T> extends OnceReader<T> {
  /** `changed` is 0 when there was a value: then `previous` is what stays. Errors: `Unwritten`. */
  set(value: T, options?: WriteOptions): Promise<Replaced<T>>;
}

export interface ReplicatedCell<T> {
  readonly definition: CellDefinition;
  /** Id of its Group. */
  readonly group: UniqueId;
  writer(member: WritingMember): Promise<CellWriter<T>>;
  reader(member: CollectionMember): Promise<CellReader<T>>;
}

export interface ReplicatedOnce<T> {
  readonly definition: OnceDefinition;
  /** Id of its Group. */
  readonly group: UniqueId;
  writer(member: WritingMember): Promise<OnceWriter<T>>;
  reader(member: CollectionMember): Promise<OnceReader<T>>;
}

/** A cell as all its members define it. Errors: `COLLECTION_DEFINITION`. */
export function defineCell<T>(options: SingleOptions<T>): ReplicatedCell<T> {
  const { value } = options;
  const definition: CellDefinition = { kind: 'cell', ...commonOf(options) };
  const shared = {
    shared: options,
    definition,
    create: (scope: UniqueId) => createCellMachine(definition, scope),
  };
  return {
    definition,
    group: collectionGroup(options, definition),
    async writer(member) {
      const core = await openCore({ ...shared, member, preference: member.preference ?? 'normal' });
      const reader = readerOf(value, core);
      const { write } = createWriter(core.pipeline(member.author), reader.version);
      const own: Omit<CellWriter<T>, keyof CellReader<T>> = {
        set: (given, how) => write(given, 'set', () => [encoded(value, given)], how, replacedOf(value)),
        compareExchange: (expected, fresh, how) =>
          write(
            [expected, fresh],
            'exchange',
            () => [option(value, expected), option(value, fresh)],
            how,
            exchangedOf(value),
          ),
        clear: (how) => write(undefined, 'clear', () => [], how, replacedOf(value)),
      };
      return Object.assign(reader, own);
    },
    reader: async (member) => readerOf(value, await openCore({ ...shared, member, preference: 'observer' })),
  };
}

/** A value that is set once, as all its members define it. Errors: `COLLECTION_DEFINITION`. */
export function defineOnce<T>(options: SingleOptions<T>): ReplicatedOnce<T> {
  const { value } = options;
  const definition: OnceDefinition = { kind: 'once', ...commonOf(options) };
  const shared = {
    shared: options,
    definition,
    create: (scope: UniqueId) => createOnceMachine(definition, scope),
  };
  return {
    definition,
    group: collectionGroup(options, definition),
    async writer(member) {
      const core = await openCore({ ...shared, member, preference: member.preference ?? 'normal' });
      const reader = onceReaderOf(value, core);
      const { write } = createWriter(core.pipeline(member.author), reader.version);
      const own: Omit<OnceWriter<T>, keyof OnceReader<T>> = {
        set: (given, how) => write(given, 'set', () => [encoded(value, given)], how, replacedOf(value)),
      };
      return Object.assign(reader, own);
    },
    reader: async (member) =>
      onceReaderOf(value, await openCore({ ...shared, member, preference: 'observer' })),
  };
}

const commonOf = <T>({ id, value, writers }: SingleOptions<T>) => ({
  id: storeId(id),
  value: value.tag,
  writers: writers ?? ('anyone' as const),
});

function readerOf<T>(schema: Schema<T>, core: Core<SingleView>): CellReader<T> {
  return {
    ...createReader(core),
    get: () => decodedOr(schema, core.machine.view().get()),
    isEmpty: () => core.machine.view().get() === undefined,
  };
}

function onceReaderOf<T>(schema: Schema<T>, core: Core<SingleView>): OnceReader<T> {
  const reader = readerOf(schema, core);
  return {
    ...reader,
    async awaitValue(signal) {
      await core.group.when.holds(() => !reader.isEmpty(), signal);
      // what is set once stays
      return reader.get() as T;
    },
  };
}
