/** What streams are asked for, and what they answer (coalition.md 3.3). */
import type { UniqueId } from '../../../protocol/bytes/index.ts';
import { Refusal } from '../../../protocol/bytes/index.ts';
import type { Validator } from '../../../protocol/ticket/index.ts';
import type { Condition, Requirement } from './condition.ts';
import type { ConsumedStream, ProducedStream } from './definition.ts';

/** What a peer must be to be connected with. All that is given must hold, now and for as long as the connection lasts. */
export interface AdmissionOptions {
  /** Over the peer's entry and round trip; each of them. */
  readonly require?: readonly Requirement[] | undefined;
  /** Milliseconds, smoothed. A peer that was not measured yet is let in, measured, and judged again. */
  readonly maxRtt?: number | undefined;
  /** All must be content with the tickets in the peer's entry; what ends or is revoked ends the connection at once. */
  readonly tickets?: readonly Validator[] | undefined;
}

export interface ProducerLimits {
  /** Default 512. */
  readonly maxConsumers?: number | undefined;
  /** Default `minimumOf(1)`. */
  readonly onlineWhen?: Condition | undefined;
  /** Datums, and bytes, that wait for one consumer; default 1024 and 8 MiB. */
  readonly buffer?: number | undefined;
  readonly bufferBytes?: number | undefined;
  /** What becomes of a consumer whose buffer is full: it is disconnected (the default), or misses what does not fit. */
  readonly lag?: 'disconnect' | 'drop' | undefined;
  /**
   * How long a buffer may be full before that, milliseconds; default 1000. Meanwhile `send` waits and `trySend` answers
   * `full`, so that a producer is held back by the network and not by who has stopped reading. 0: at once.
   */
  readonly patience?: number | undefined;
}

/** What this node asks for besides what the stream's definition says: more of its consumers, other limits. */
export interface ProducerOptions<T> extends AdmissionOptions, ProducerLimits {
  /** Gets what was sent and reached no consumer's buffer at all. Must not throw. */
  readonly undelivered?: ((datum: T) => void) | undefined;
}

export interface ConsumerLimits {
  /** Default `minimumOf(0)`: at once. */
  readonly onlineWhen?: Condition | undefined;
  /**
   * Datums, and bytes as they came, that wait for the reader before producers are held back; default 1024 and 8 MiB. The
   * frame with which a producer reaches that is taken whole: a MiB more for each, at most.
   */
  readonly buffer?: number | undefined;
  readonly bufferBytes?: number | undefined;
  /** Waits between attempts, and how long to go on after a connection was lost, milliseconds. */
  readonly retry?: Partial<Retry> | undefined;
}

/** What this node asks for besides what the stream's definition says: more of its producers, other limits. */
export interface ConsumerOptions extends AdmissionOptions, ConsumerLimits {}

export interface Retry {
  readonly first: number;
  readonly longest: number;
  readonly total: number;
}

/** Conditions to await, as often as one likes. Errors: `CANCELLED`, `STREAM_CLOSED`. */
export interface StreamWhen {
  online(signal?: AbortSignal): Promise<void>;
  offline(signal?: AbortSignal): Promise<void>;
  /** Default: at least one peer. */
  subscribed(condition?: Condition, signal?: AbortSignal): Promise<void>;
  /** The opposite of `subscribed` with the same condition. */
  unsubscribed(condition?: Condition, signal?: AbortSignal): Promise<void>;
}

/** One connection of a stream. */
export interface ChannelInfo {
  /** Node key, hex. */
  readonly peer: string;
  readonly state: 'connecting' | 'connected' | 'terminated';
  /** When it came into this state, Unix milliseconds. */
  readonly since: number;
  /** Over all connections of this channel; on a producer, what left its buffer. */
  readonly datums: number;
  readonly bytes: number;
  /** Datums that wait: in a producer's buffer. */
  readonly waiting: number;
  /** Datums that this consumer missed because it lagged. */
  readonly drops: number;
  readonly reconnects: number;
  /** Why the last connection ended, one of `CLOSE`; null: none has, or it could not be made. */
  readonly closed: number | null;
}

export interface StreamStats {
  readonly id: UniqueId;
  readonly name: string;
  readonly side: 'producer' | 'consumer';
  readonly online: boolean;
  /** When it was opened, Unix milliseconds. */
  readonly since: number;
  /** Sent, or received, since the start; a datum for three consumers is one. */
  readonly datums: number;
  readonly bytes: number;
  /** Of a producer: datums that some consumer missed, and consumers disconnected for lagging. */
  readonly drops: number;
  readonly tooSlow: number;
  readonly channels: readonly ChannelInfo[];
}

export type Sent<T> =
  | { readonly ok: true }
  /** `datum` comes back as it was given. */
  | { readonly ok: false; readonly why: 'offline' | 'full' | 'closed'; readonly datum: T };

/** A datum that was not sent. Codes: `STREAM_CLOSED`, `STREAM_DATUM_SIZE`, `CANCELLED`. */
export class Unsent<T = unknown> extends Refusal {
  readonly datum: T;

  constructor(code: string, message: string, datum: T) {
    super(code, message);
    this.name = 'Unsent';
    this.datum = datum;
  }
}

export interface Producer<T> {
  readonly id: UniqueId;
  /**
   * Waits until the stream is online and every consumer that keeps up has room; then the datum is on its way, at most
   * once to each. Waiting datums leave in the order in which they were given. Errors: `Unsent`, those of the codec.
   */
  send(datum: T, signal?: AbortSignal): Promise<void>;
  /** The same without waiting. Errors: `STREAM_DATUM_SIZE`, those of the codec. */
  trySend(datum: T): Sent<T>;
  online(): boolean;
  readonly when: StreamWhen;
  stats(): StreamStats;
  /** Hears that the statistics may have other channels; answers how to stop. */
  changes(listener: () => void): () => void;
  /** What is buffered still leaves, for up to a second. The stream ends with the last producer of this node. */
  close(): Promise<void>;
}

export interface Received<T> {
  /** The producer's node key, hex. */
  readonly from: string;
  readonly datum: T;
}

/**
 * Iterate it for the datums, in the order of each connection. Leaving the loop does not close the consumer, and several
 * loops share what comes. Who stops reading holds the producers back, until they lose patience.
 */
export interface Consumer<T> extends AsyncIterable<T> {
  readonly id: UniqueId;
  /** The next datum and who sent it; null once closed. Errors: `CANCELLED`. */
  take(signal?: AbortSignal): Promise<Received<T> | null>;
  /** The same if there is one now. */
  tryTake(): Received<T> | null;
  online(): boolean;
  readonly when: StreamWhen;
  stats(): StreamStats;
  changes(listener: () => void): () => void;
  /** Disconnects; what lies here unread is dropped. */
  close(): Promise<void>;
}

export interface Streams {
  /**
   * Produces a stream. One node has one sink for each stream: who asks again gets a handle to the same, as it was
   * opened first. Errors: `STREAM_CLOSED`, `ENTRY_SIZE`, `VALIDATOR_FORMAT`.
   */
  produce<T>(stream: ProducedStream<T>, options?: ProducerOptions<T>): Producer<T>;
  /** Consumes a stream from every admitted peer that produces it; not from this node itself. Errors: as `produce`. */
  consume<T>(stream: ConsumedStream<T>, options?: ConsumerOptions): Consumer<T>;
  stats(): readonly StreamStats[];
  close(): Promise<void>;
}
