/**
 * One consumer as its producer sees it: a bounded buffer in front of its link (coalition.md 3.3). What several consumers
 * wait for is held once; what waits leaves in frames of many.
 */
import { CLOSE } from '../universe/index.ts';
import type { CloseCode, Link } from '../universe/index.ts';
import type { ChannelInfo } from './types.ts';
import { BATCH_BYTES, MAX_BATCH } from './wire.ts';

export interface SubscriberOptions {
  readonly buffer: number;
  readonly bufferBytes: number;
  readonly lag: 'disconnect' | 'drop';
  readonly patience: number;
  readonly reconnects: number;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** There is room again where there was none. */
  readonly roomy: () => void;
}

export interface Subscriber {
  readonly peer: string;
  readonly link: Link;
  /** Milliseconds for which the sender should wait for room; 0: there is room, or no use in waiting. */
  blocks(): number;
  /** False: it does not fit, and this consumer misses it or is disconnected. */
  push(datum: Uint8Array): boolean;
  info(): ChannelInfo;
  /** Lets what is buffered leave, for up to `milliseconds`, and closes. */
  finish(code: CloseCode, milliseconds: number): Promise<void>;
}

export function createSubscriber(link: Link, options: SubscriberOptions): Subscriber {
  const { buffer, bufferBytes, lag, patience, now, roomy } = options;
  const since = now();
  let queue: Uint8Array[] = [];
  let queuedBytes = 0;
  /** The link has enough for now. */
  let held = false;
  /** When the buffer was first seen full, monotonic; null: it has room. */
  let fullSince: number | null = null;
  /** It was waited for in vain; nobody waits for it again until it has caught up by half. */
  let lagging = false;
  let scheduled = false;
  let closing = false;
  let datums = 0;
  let bytes = 0;
  let drops = 0;
  let emptied: (() => void) | null = null;

  const full = (): boolean => queue.length >= buffer || queuedBytes >= bufferBytes;

  const takeBatch = (): Uint8Array[] => {
    let count = 0;
    let size = 0;
    for (const datum of queue) {
      // by itself a datum of any size passes
      if (count === MAX_BATCH || (count > 0 && size + datum.length > BATCH_BYTES)) break;
      count += 1;
      size += datum.length;
    }
    const batch = count === queue.length ? queue : queue.splice(0, count);
    if (batch === queue) queue = [];
    queuedBytes -= size;
    datums += batch.length;
    bytes += size;
    return batch;
  };

  const pumpOn = (): void => {
    held = false;
    pump();
  };
  const pump = (): void => {
    const wasFull = fullSince !== null;
    while (queue.length > 0 && !held && link.reason() === null) {
      if (link.send(takeBatch())) continue;
      held = true;
      void link.drained().then(pumpOn);
    }
    if (lagging && queue.length <= buffer / 2 && queuedBytes <= bufferBytes / 2) lagging = false;
    if (queue.length === 0) emptied?.();
    if (!wasFull || full()) return;
    fullSince = null;
    roomy();
  };

  /** The first datum of a turn leaves when the caller is done, those that follow with the end of the turn. */
  const schedule = (): void => {
    if (queue.length >= MAX_BATCH || queuedBytes >= BATCH_BYTES) return pump();
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(pump);
    setImmediate(() => {
      scheduled = false;
      pump();
    });
  };

  return {
    peer: link.peer,
    link,
    blocks() {
      if (!full()) return 0;
      fullSince ??= performance.now();
      return lagging ? 0 : Math.max(0, patience - (performance.now() - fullSince));
    },
    push(datum) {
      if (closing || link.reason() !== null) return false;
      if (full() || lagging) {
        lagging = true;
        drops += 1;
        if (lag === 'disconnect') {
          closing = true;
          void link.close(CLOSE.tooSlow);
        }
        return false;
      }
      queue.push(datum);
      queuedBytes += datum.length;
      schedule();
      return true;
    },
    info: () => ({
      peer: link.peer,
      state: link.reason() === null ? 'connected' : 'terminated',
      since,
      datums,
      bytes,
      waiting: queue.length,
      drops,
      reconnects: options.reconnects,
      closed: link.reason()?.code ?? null,
    }),
    async finish(code, milliseconds) {
      closing = true;
      pump();
      if (queue.length > 0 && link.reason() === null) {
        const { promise, resolve } = Promise.withResolvers<void>();
        emptied = resolve;
        const timer = setTimeout(resolve, milliseconds);
        await Promise.race([promise, link.closed]);
        clearTimeout(timer);
      }
      await link.close(code);
    },
  };
}
