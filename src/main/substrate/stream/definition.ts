/**
 * What a stream is: an id, the form of its datums, and what either side of it must be (coalition.md 2.2, 3.3). Declared
 * once, in a module that both sides load, it is all that `produce` and `consume` need. There are no stable type names
 * here, so a versioned tag stands where the runtime hashes the name of the datum's type.
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
import { checkValidator } from '../../../protocol/ticket/index.ts';
import type {
  AdmissionOptions,
  ConsumerLimits,
  ConsumerOptions,
  ProducerLimits,
  ProducerOptions,
} from './types.ts';
import { MAX_DATUM } from './wire.ts';

export interface Encoder<T> {
  /** Errors: a Refusal when the value has no such form. The bytes must not change afterwards. */
  encode(datum: T): Uint8Array;
}
export interface Decoder<T> {
  /** Judges bytes of a stranger; they are a view that is gone soon, so copy what is kept. Errors: any throw. */
  decode(bytes: Uint8Array): T;
}
/** A datum as bytes and back. */
export interface Codec<T> extends Encoder<T>, Decoder<T> {}

/** What a producer must be for a consumer to listen to it, and how it works: `tickets` are those that it shows. */
export interface ProducerTerms extends AdmissionOptions, ProducerLimits {}
/** What a consumer must be for a producer to send to it, and how it works: `tickets` are those that it shows. */
export interface ConsumerTerms extends AdmissionOptions, ConsumerLimits {}

interface Declared<C> {
  readonly id: UniqueId;
  /** As it was defined, for people; the id in hex where there is none. */
  readonly name: string;
  readonly codec: C;
  readonly producer: ProducerTerms;
  readonly consumer: ConsumerTerms;
}
/** A stream that can be produced; it may have no way to read its datums. */
export type ProducedStream<T> = Declared<Encoder<T>>;
/** A stream that can be consumed; it may have no way to write its datums. */
export type ConsumedStream<T> = Declared<Decoder<T>>;
export type StreamDefinition<T> = Declared<Codec<T>>;

/** `tag`: versioned name of the datums, as `coalition.prices.Tick/1`, hashed to the id; or the `id` itself. */
export type StreamOptions<C> = Partial<Pick<Declared<C>, 'producer' | 'consumer'>> & {
  /** With `encode` alone the stream can only be produced, with `decode` alone only consumed. */
  readonly codec: C;
} & (
    | { readonly tag: string; readonly id?: undefined }
    | { readonly id: UniqueId; readonly tag?: string | undefined }
  );

/**
 * Errors: `STREAM_DEFINITION`, `VALIDATOR_FORMAT`, `TICKET_ALGORITHM`, `TICKET_KEY_FORMAT`.
 *
 * @example
 * const prices = defineStream({
 *   tag: 'demo.Price/1',
 *   codec: textCodec,
 *   producer: { tickets: [ofTheOracle], maxConsumers: 64 },
 *   consumer: { require: [hasTag(idFrom('eu'))], maxRtt: 200 },
 * });
 */
export function defineStream<C extends Encoder<never> | Decoder<unknown>>({
  id,
  tag,
  codec,
  producer = {},
  consumer = {},
}: StreamOptions<C>): Declared<C> {
  if (id === undefined && (tag === undefined || tag.length === 0))
    throw new Refusal('STREAM_DEFINITION', 'A stream needs a tag or an id.');
  if (id !== undefined && id.length !== 32)
    throw new Refusal('STREAM_DEFINITION', 'The id of a stream is 32 bytes.');
  for (const side of [producer, consumer])
    for (const validator of side.tickets ?? []) checkValidator(validator);
  const own = id?.slice() ?? idFrom(tag ?? '');
  return { id: own, name: tag ?? Buffer.from(own).toString('hex'), codec, producer, consumer };
}

/** What a producer goes by: the declaration, and what this node asks for besides. */
export const producerOptions = <T>(
  { producer, consumer }: ProducedStream<T>,
  own: ProducerOptions<T>,
): ProducerOptions<T> => ({ ...producer, ...own, ...together(consumer, own) });

/** What a consumer goes by: the declaration, and what this node asks for besides. */
export const consumerOptions = (
  { producer, consumer }: ConsumedStream<unknown>,
  own: ConsumerOptions,
): ConsumerOptions => ({ ...consumer, ...own, ...together(producer, own) });

/** Nobody who is declared out is let in by a node's own options. */
function together(declared: AdmissionOptions, own: AdmissionOptions): Required<AdmissionOptions> {
  const limits = [declared.maxRtt, own.maxRtt].filter((limit) => limit !== undefined);
  return {
    require: [...(declared.require ?? []), ...(own.require ?? [])],
    maxRtt: limits.length === 0 ? undefined : Math.min(...limits),
    tickets: [...(declared.tickets ?? []), ...(own.tickets ?? [])],
  };
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
