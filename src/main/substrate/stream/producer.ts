/**
 * The producing side of a stream: one fan-out sink per node (coalition.md 3.3). A datum is encoded once and goes into
 * the buffer of every consumer that is there; who comes later gets later ones.
 */
import { Refusal } from '../../../protocol/bytes/index.ts';
import { CLOSE } from '../universe/index.ts';
import type { CloseCode, Link } from '../universe/index.ts';
import { createAdmission } from './admission.ts';
import type { AdmissionPorts } from './admission.ts';
import { minimumOf } from './condition.ts';
import type { ProducedStream } from './definition.ts';
import { createSubscriber } from './subscriber.ts';
import type { Subscriber } from './subscriber.ts';
import { Unsent } from './types.ts';
import type { Producer, ProducerOptions, Sent, StreamStats } from './types.ts';
import { createPresence } from './when.ts';
import { ASK_TIMEOUT, MAX_DATUM, startStream } from './wire.ts';

/** Connections of one consuming node to one stream: several consumers there, and an old one that has not ended yet. */
const PER_PEER = 8;
/** How long buffered datums may take to leave at the end, milliseconds. */
const LEAVE = 1000;
/** Peers whose connections are counted; the oldest are forgotten. */
const COUNTED = 1024;

export interface Sink<T> {
  readonly producer: Omit<Producer<T>, 'close'>;
  /** Answers a consumer that asked for this stream. */
  welcome(link: Link): Promise<void>;
  close(): Promise<void>;
}

export interface SinkPorts extends Pick<AdmissionPorts, 'discovery' | 'gateOf'> {
  /** Unix milliseconds. */
  readonly now: () => number;
  /** The statistics are others. */
  readonly changed: () => void;
}

interface Waiting {
  readonly bytes: Uint8Array;
  /** Calls `undelivered` where there is one. */
  readonly lost: () => void;
  readonly resolve: () => void;
  readonly reject: (code: string, why: string) => void;
}

export function createSink<T>(
  stream: ProducedStream<T>,
  options: ProducerOptions<T>,
  { discovery, gateOf, now, changed }: SinkPorts,
): Sink<T> {
  const { maxConsumers = 512, undelivered, lag = 'disconnect', patience = 1000 } = options;
  const { buffer = 1024, bufferBytes = 8 * 1024 * 1024 } = options;
  const subscribers = new Set<Subscriber>();
  const connections = new Map<string, number>();
  const pendings = new Set<(peer: string) => void>();
  const since = now();
  let waiting: Waiting[] = [];
  let patienceTimer: NodeJS.Timeout | undefined;
  let closed = false;
  let leaving: Promise<void> | null = null;
  const totals = { datums: 0, bytes: 0, drops: 0, tooSlow: 0 };

  const presence = createPresence(discovery, options.onlineWhen ?? minimumOf(1), () =>
    [...subscribers].map(({ peer }) => peer),
  );
  const admission = createAdmission({
    discovery,
    options,
    gateOf,
    peers: () => [...subscribers].map(({ peer }) => peer),
    changed(peer) {
      for (const wake of pendings) wake(peer);
      if (!review(peer)) return;
      presence.refresh();
      advance();
    },
  });

  /** Judges a peer that is connected again; true when it is. */
  const review = (peer: string): boolean => {
    const its = [...subscribers].filter((one) => one.peer === peer);
    if (its.length === 0) return false;
    const verdict = admission.judge(peer);
    if (verdict === 'admitted') return true;
    for (const one of its) drop(one, verdict === 'unknown' ? CLOSE.unknownPeer : CLOSE.streamNotAllowed);
    return true;
  };

  /** It counts no more from now on, however long its link takes to end. */
  const drop = (one: Subscriber, code: CloseCode): void => {
    subscribers.delete(one);
    void one.link.close(code);
  };

  // ---- what is sent ----
  /** Milliseconds for which a consumer that keeps up has no room; 0: send. */
  const blocked = (): number => {
    let longest = 0;
    for (const one of subscribers) longest = Math.max(longest, one.blocks());
    return longest;
  };

  const deliver = (bytes: Uint8Array, lost: () => void): void => {
    totals.datums += 1;
    totals.bytes += bytes.length;
    let reached = 0;
    for (const one of subscribers) {
      if (one.push(bytes)) {
        reached += 1;
        continue;
      }
      totals.drops += 1;
      if (one.link.reason()?.code === CLOSE.tooSlow) {
        totals.tooSlow += 1;
        subscribers.delete(one);
        queueMicrotask(presence.refresh);
      }
    }
    if (reached === 0) lost();
    changed();
  };

  /** Sends what waits, as far as it may go now. */
  const advance = (): void => {
    clearTimeout(patienceTimer);
    let sent = 0;
    for (const one of waiting) {
      if (!presence.online()) break;
      const wait = blocked();
      if (wait > 0) {
        patienceTimer = setTimeout(advance, wait);
        patienceTimer.unref();
        break;
      }
      deliver(one.bytes, one.lost);
      one.resolve();
      sent += 1;
    }
    if (sent > 0) waiting = waiting.slice(sent);
  };

  const encode = (datum: T): Uint8Array => {
    const bytes = stream.codec.encode(datum);
    if (bytes.length <= MAX_DATUM) return bytes;
    throw new Unsent(
      'STREAM_DATUM_SIZE',
      `A datum of ${bytes.length} bytes does not pass; ${MAX_DATUM} is the limit.`,
      datum,
    );
  };
  const nobody = (datum: T) => (): void => undelivered?.(datum);

  const trySend = (datum: T): Sent<T> => {
    if (closed) return { ok: false, why: 'closed', datum };
    if (!presence.online()) return { ok: false, why: 'offline', datum };
    // who waits in `send` goes first
    if (waiting.length > 0 || blocked() > 0) return { ok: false, why: 'full', datum };
    deliver(encode(datum), nobody(datum));
    return { ok: true };
  };

  const queue = (datum: T, bytes: Uint8Array, signal: AbortSignal | undefined): Promise<void> =>
    new Promise((resolve, reject) => {
      const refuse = (code: string, why: string): void => {
        signal?.removeEventListener('abort', takeBack);
        reject(new Unsent(code, why, datum));
      };
      const takeBack = (): void => {
        const at = waiting.indexOf(one);
        if (at >= 0) waiting = waiting.toSpliced(at, 1);
        refuse('CANCELLED', 'The datum was taken back before it was sent.');
      };
      const one: Waiting = {
        bytes,
        lost: nobody(datum),
        resolve: () => {
          signal?.removeEventListener('abort', takeBack);
          resolve();
        },
        reject: refuse,
      };
      if (closed) return refuse('STREAM_CLOSED', 'The stream is closed on this node.');
      if (signal?.aborted === true) return takeBack();
      signal?.addEventListener('abort', takeBack, { once: true });
      waiting.push(one);
      if (waiting.length === 1) advance();
    });

  const send = async (datum: T, signal?: AbortSignal): Promise<void> => {
    const bytes = encode(datum);
    const ready = !closed && signal?.aborted !== true && presence.online();
    if (ready && waiting.length === 0 && blocked() === 0) return deliver(bytes, nobody(datum));
    return queue(datum, bytes, signal);
  };

  // ---- who listens ----
  /** The verdict once it is one; quotes of the peer may have to be verified first. */
  const settled = async (peer: string): Promise<ReturnType<typeof admission.judge>> => {
    const first = admission.judge(peer);
    if (first !== 'pending') return first;
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (which: string): void => {
      if (which === peer && admission.judge(peer) !== 'pending') resolve();
    };
    pendings.add(wake);
    const timer = setTimeout(resolve, 2 * ASK_TIMEOUT);
    timer.unref();
    await promise;
    clearTimeout(timer);
    pendings.delete(wake);
    return admission.judge(peer);
  };

  const count = (peer: string): number => {
    const before = connections.get(peer) ?? 0;
    connections.delete(peer);
    connections.set(peer, before + 1);
    const [oldest] = connections.keys();
    if (connections.size > COUNTED && oldest !== undefined) connections.delete(oldest);
    return before;
  };

  const welcome = async (link: Link): Promise<void> => {
    const { peer } = link;
    const verdict = await settled(peer);
    if (verdict === 'unknown') return link.close(CLOSE.unknownPeer);
    if (verdict !== 'admitted') return link.close(CLOSE.streamNotAllowed);
    if (closed) return link.close(CLOSE.streamNotFound);
    if (link.reason() !== null) return undefined;
    const its = [...subscribers].filter((one) => one.peer === peer).length;
    if (subscribers.size >= maxConsumers || its >= PER_PEER) return link.close(CLOSE.noCapacity);
    startStream(link, discovery.network, stream.id);
    const one = createSubscriber(link, {
      buffer,
      bufferBytes,
      lag,
      patience,
      reconnects: count(peer),
      now,
      roomy: () => {
        if (waiting.length > 0) advance();
      },
    });
    subscribers.add(one);
    link.receive(() => {
      throw new Refusal('STREAM_FRAME', 'A consumer has nothing to say after it has asked.');
    });
    const gone = (): void => {
      subscribers.delete(one);
      presence.refresh();
      advance();
    };
    void link.closed.then(gone);
    presence.refresh();
    advance();
    admission.measure(peer);
    return undefined;
  };

  const close = async (): Promise<void> => {
    closed = true;
    clearTimeout(patienceTimer);
    discovery.own.removeStream(stream.id);
    for (const one of waiting.splice(0)) one.reject('STREAM_CLOSED', 'The stream was closed on this node.');
    admission.stop();
    await Promise.all([...subscribers].map((one) => one.finish(CLOSE.gracefulShutdown, LEAVE)));
    presence.end();
  };

  presence.changes(changed);
  discovery.own.addStream(stream.id);
  return {
    producer: {
      id: stream.id,
      send,
      trySend,
      online: () => !closed && presence.online(),
      when: presence.when,
      changes: presence.changes,
      stats: (): StreamStats => ({
        id: stream.id,
        name: stream.name,
        side: 'producer',
        online: !closed && presence.online(),
        since,
        ...totals,
        channels: [...subscribers].map((one) => one.info()),
      }),
    },
    welcome,
    close: () => (leaving ??= close()),
  };
}
