/**
 * What a stream is: an id and the form of its datums (coalition.md 2.2, 3.3). There are no stable type names here, so
 * a versioned tag stands where the runtime hashes the name of the datum's type.
 */
import {
  decodeCanonical,
  encodeCanonical,
  fromUtf8,
  idFrom,
  Refusal,
  utf8,
} from '../../../protocol/bytes/index.ts';
import type { UniqueId, Value } from '../../../protocol/bytes/index.ts';
import { MAX_DATUM } from './wire.ts';

/** A datum as bytes and back. */
export interface Codec<T> {
  /** Errors: a Refusal when the value has no such form. The bytes must not change afterwards. */
  encode(datum: T): Uint8Array;
  /** Judges bytes of a stranger; they are a view that is gone soon, so copy what is kept. Errors: any throw. */
  decode(bytes: Uint8Array): T;
}

export interface StreamDefinition<T> {
  readonly id: UniqueId;
  /** As it was defined, for people; the id in hex where there is none. */
  readonly name: string;
  readonly codec: Codec<T>;
}

/** `tag`: versioned name of the datums, as `coalition.prices.Tick/1`, hashed to the id; or the `id` itself. */
export type StreamOptions<T> = { readonly codec: Codec<T> } & (
  | { readonly tag: string; readonly id?: undefined }
  | { readonly id: UniqueId; readonly tag?: string | undefined }
);

/**
 * Errors: `STREAM_DEFINITION`.
 *
 * @example
 * const prices = defineStream({ tag: 'demo.Price/1', codec: textCodec });
 */
export function defineStream<T>({ id, tag, codec }: StreamOptions<T>): StreamDefinition<T> {
  if (id === undefined && (tag === undefined || tag.length === 0))
    throw new Refusal('STREAM_DEFINITION', 'A stream needs a tag or an id.');
  if (id !== undefined && id.length !== 32)
    throw new Refusal('STREAM_DEFINITION', 'The id of a stream is 32 bytes.');
  const own = id?.slice() ?? idFrom(tag ?? '');
  return { id: own, name: tag ?? Buffer.from(own).toString('hex'), codec };
}

export const bytesCodec: Codec<Uint8Array> = {
  encode: (datum) => datum.slice(),
  decode: (bytes) => new Uint8Array(bytes),
};

export const textCodec: Codec<string> = { encode: utf8, decode: (bytes) => fromUtf8(bytes) };

/** Canonical CBOR: any schema of a collection does. Errors of `encode`: `CBOR_PROFILE`, and what the shape throws. */
export const canonicalCodec = <T>(shape: { encode(value: T): Value; decode(value: Value): T }): Codec<T> => ({
  encode: (datum) => encodeCanonical(shape.encode(datum)),
  decode: (bytes) => shape.decode(decodeCanonical(bytes, MAX_DATUM)),
});

/** JSON; `read` judges what came, `z.object(…).parse` for instance. */
export const jsonCodec = <T>(read: (value: unknown) => T): Codec<T> => ({
  encode: (datum) => utf8(JSON.stringify(datum)),
  decode: (bytes) => read(JSON.parse(fromUtf8(bytes))),
});
