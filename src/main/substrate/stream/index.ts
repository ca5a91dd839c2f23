/** Streams: typed channels from whoever produces to whoever consumes. */
export { hasTag, minimumOf } from './condition.ts';
export type { Condition, Requirement, StreamPeer } from './condition.ts';
export { bytesCodec, canonicalCodec, defineStream, jsonCodec, textCodec } from './definition.ts';
export type {
  Codec,
  ConsumedStream,
  ConsumerTerms,
  Decoder,
  Encoder,
  ProducedStream,
  ProducerTerms,
  StreamDefinition,
  StreamOptions,
} from './definition.ts';
export { createStreams } from './streams.ts';
export type { StreamsOptions } from './streams.ts';
export * from './types.ts';
export { MAX_DATUM, STREAM_PROTOCOL } from './wire.ts';
