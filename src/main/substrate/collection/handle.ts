/** What handles of every kind are made of: the common part of a reader, and the common way of a write. */
import { decodeCanonical, Refusal } from '../../../protocol/bytes/index.ts';
import type { Value } from '../../../protocol/bytes/index.ts';
import {
  exchangeBytes,
  keyBytes,
  MAX_COLLECTION_LEAF,
  MAX_VALUE,
  valueBytes,
} from '../../../protocol/collection/index.ts';
import type { Effect } from '../../../protocol/collection/index.ts';
import type { Core } from './core.ts';
import type { Done, Pipeline } from './pipeline.ts';
import type { Schema } from './schema.ts';
import { Unwritten } from './types.ts';
import type { CollectionReader, Version, WriteOptions, Written } from './types.ts';

export function createReader(core: Core<unknown>): CollectionReader {
  const { group, machine, version } = core;
  let closing: Promise<void> | undefined;
  return {
    id: group.id,
    group,
    version,
    async barrier(signal) {
      const { applied } = await group.barrier(signal);
      return applied - 1;
    },
    digest: machine.digest,
    when: {
      async online(signal) {
        await group.when.online(signal);
        // what is committed is applied a little later
        await group.when.applied(group.status().leaves, signal);
      },
      offline: group.when.offline,
      async updated(signal) {
        await group.when.applied(version() + 2, signal);
        return version();
      },
      reaches: (wanted, signal) => group.when.applied(wanted + 1, signal),
    },
    changes: group.changes,
    close: () => (closing ??= core.release()),
  };
}

/** Bytes of an element as its owner sees it. Errors: a Refusal when it is none of this schema. */
export const decoded = <T>(schema: Schema<T>, bytes: Uint8Array): T =>
  schema.decode(decodeCanonical(bytes, MAX_VALUE));

export const decodedOr = <T>(schema: Schema<T>, bytes: Uint8Array | undefined): T | undefined =>
  bytes === undefined ? undefined : decoded(schema, bytes);

/** What is there now, each decoded when its turn comes; what is refused is left out, so that nobody can end a walk. */
export function* each<A, B>(items: readonly A[], of: (item: A) => B): IterableIterator<B> {
  for (const item of items) {
    let read: B;
    try {
      read = of(item);
    } catch (error) {
      if (error instanceof Refusal) continue;
      throw error;
    }
    yield read;
  }
}

/** A value as an argument. Errors: `COLLECTION_ELEMENT`, `CBOR_PROFILE`, and those of the schema. */
export function encoded<T>(schema: Schema<T>, value: T): Value {
  const plain = schema.encode(value);
  valueBytes(plain);
  return plain;
}

/**
 * What an exchange expects and what it puts there, as arguments: absent is `[]`, there is `[x]`, for an element may be
 * null. Errors: as `encoded`, and `COLLECTION_ELEMENT` when the two are too long for one command.
 */
export function exchangeOf<T>(
  schema: Schema<T>,
  expected: T | undefined,
  fresh: T | undefined,
): [expected: readonly Value[], fresh: readonly Value[]] {
  const plain = (value: T | undefined): readonly Value[] =>
    value === undefined ? [] : [schema.encode(value)];
  const [before, after] = [plain(expected), plain(fresh)];
  exchangeBytes(before[0], after[0]);
  return [before, after];
}

/** An item of many, with the bytes that it takes in a command. Errors: as `encoded`. */
export interface Sized {
  readonly value: Value;
  readonly bytes: number;
}

export function sizedValue<T>(schema: Schema<T>, item: T): Sized {
  const value = schema.encode(item);
  return { value, bytes: valueBytes(value).length };
}

export function sizedKey<T>(schema: Schema<T>, item: T): Sized {
  const value = schema.encode(item);
  return { value, bytes: keyBytes(value).length };
}

/** Several elements as one item. */
export const sizedRow = (parts: readonly Sized[]): Sized => ({
  value: parts.map(({ value }) => value),
  bytes: parts.reduce((sum, { bytes }) => sum + bytes, 1),
});

export interface Writer {
  /** One command; `given` comes back with the error. Errors: `Unwritten`. */
  write<R>(
    given: unknown,
    operation: string,
    args: () => readonly Value[],
    options: WriteOptions | undefined,
    answer: (done: Done) => R,
  ): Promise<R>;
  /** As many commands as it takes; each is atomic, all keep their order. Errors: `Unwritten` with what is missing. */
  writeMany<T, R>(
    items: Iterable<T>,
    operation: string,
    encode: (item: T) => Sized,
    options: WriteOptions | undefined,
    answer: (done: Done) => R,
  ): Promise<R>;
}

/** Bytes of a command that items do not use: author, number, operation, lengths. */
const COMMAND_OVERHEAD = 256;

export function createWriter(pipeline: Pipeline, version: () => Version): Writer {
  const failed = (error: unknown, given: unknown): unknown =>
    error instanceof Refusal ? new Unwritten(error.code, error.message, given) : error;
  return {
    async write(given, operation, args, options, answer) {
      let done: Done;
      try {
        done = await pipeline.submit(operation, args(), options);
      } catch (error) {
        throw failed(error, given);
      }
      return answer(done);
    },
    async writeMany(items, operation, encode, options, answer) {
      const all = [...items];
      const batches: { items: typeof all; args: Value[] }[] = [];
      try {
        let room = 0;
        for (const item of all) {
          const { value, bytes } = encode(item);
          if (bytes > room) {
            batches.push({ items: [], args: [] });
            room = MAX_COLLECTION_LEAF - COMMAND_OVERHEAD;
          }
          room -= bytes;
          const batch = batches.at(-1);
          batch?.items.push(item);
          batch?.args.push(value);
        }
      } catch (error) {
        throw failed(error, all);
      }
      const landed = await Promise.allSettled(
        batches.map(({ args }) => pipeline.submit(operation, args, options)),
      );
      const missing = batches.filter((_, at) => landed[at]?.status === 'rejected');
      const broken = landed.find((one) => one.status === 'rejected');
      if (broken !== undefined)
        throw failed(
          broken.reason,
          missing.flatMap((batch) => batch.items),
        );
      const done = landed.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      const sum = (of: (effect: Effect) => number): number =>
        done.reduce((total, { effect }) => total + of(effect), 0);
      const changed = sum((effect) => effect.changed);
      const evicted = sum((effect) => effect.evicted);
      return answer({
        version: done.at(-1)?.version ?? version(),
        effect: { changed, evicted, was: null },
      });
    },
  };
}

export const writtenOf = ({ version, effect }: Done): Written => ({ version, changed: effect.changed });

/** A write to one place, with what stood there. */
export interface Replaced<T> extends Written {
  readonly previous: T | undefined;
  /** Something stood there, of another form than the schema names: it is not told, and the write took place. */
  readonly malformed: boolean;
}

/** An exchange: what it found, and whether that was what it expected. */
export interface Exchanged<T> extends Written {
  readonly exchanged: boolean;
  readonly found: T | undefined;
  /** It found something of another form than the schema names. */
  readonly malformed: boolean;
}

/** What stood there. Never an error, whatever the schema makes of it: the write is committed by now. */
function former<T>(schema: Schema<T>, was: Uint8Array | null): { value: T | undefined; malformed: boolean } {
  if (was === null) return { value: undefined, malformed: false };
  try {
    return { value: decoded(schema, was), malformed: false };
  } catch {
    return { value: undefined, malformed: true };
  }
}

export const replacedOf =
  <T>(schema: Schema<T>) =>
  (done: Done): Replaced<T> => {
    const { value, malformed } = former(schema, done.effect.was);
    return { ...writtenOf(done), previous: value, malformed };
  };

export const exchangedOf =
  <T>(schema: Schema<T>) =>
  (done: Done): Exchanged<T> => {
    const { value, malformed } = former(schema, done.effect.was);
    return { ...writtenOf(done), exchanged: done.effect.changed > 0, found: value, malformed };
  };
