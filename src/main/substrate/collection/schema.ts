/**
 * What an element means: a tag with its version, which is part of the collection's identity (coalition.md 2.2), and
 * the way from canonical CBOR and back. What others have written is looked at before it is handed out.
 */
import { Refusal } from '../../../protocol/bytes/index.ts';
import type { Value } from '../../../protocol/bytes/index.ts';

export interface Schema<T> {
  /** As `coalition.atlas.CitizenCard/1`; another tag is another collection. */
  readonly tag: string;
  /** Errors: a Refusal when it has no canonical form. */
  encode(value: T): Value;
  /** Errors: a Refusal when this is no such element. */
  decode(value: Value): T;
}

/**
 * Elements with a form of their own: `decode` judges what stands in the log.
 *
 * @example
 * const card = schema('coalition.atlas.CitizenCard/1', { encode: cardToValue, decode: cardFromValue });
 */
export const schema = <T>(tag: string, codec: Omit<Schema<T>, 'tag'>): Schema<T> => ({ tag, ...codec });

/** Whatever canonical CBOR can carry. */
export const anySchema = (tag: string): Schema<Value> => ({ tag, encode: same, decode: same });

export const textSchema = (tag: string): Schema<string> => guarded(tag, (value) => typeof value === 'string');

/** Whole numbers within ±(2^53−1). */
export const numberSchema = (tag: string): Schema<number> =>
  guarded(tag, (value) => typeof value === 'number');

export const bytesSchema = (tag: string): Schema<Uint8Array> =>
  guarded(tag, (value) => value instanceof Uint8Array);

const same = (value: Value): Value => value;

const guarded = <T extends Value>(tag: string, is: (value: Value) => boolean): Schema<T> => ({
  tag,
  encode: same,
  decode(value) {
    if (is(value)) return value as T;
    throw new Refusal('COLLECTION_ELEMENT', `An element does not have the form that ${tag} names.`);
  },
});
