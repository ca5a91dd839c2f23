/**
 * A consumer's way to one producer: dials, asks, listens, and comes back after a loss with waits that grow, for five
 * minutes (coalition.md 3.3). What need not be tried again rests until the catalogue says something new of the producer.
 */
import { Refusal } from '../../../protocol/bytes/index.ts';
import type { Discovery } from '../discovery/index.ts';
import { CLOSE } from '../universe/index.ts';
import type { CloseCode, Link, Universe } from '../universe/index.ts';
import type { ConsumedStream } from './definition.ts';
import type { ChannelInfo, Retry } from './types.ts';
import { askStream, readDatums, STREAM_PROTOCOL } from './wire.ts';

export const RETRY: Retry = { first: 100, longest: 30_000, total: 300_000 };
/** A connection that lasted as long begins its waits anew, milliseconds. */
const STABLE = 5000;

/** News that came so shortly before a rest may not have been known to who ended the connection, milliseconds. */
const LATELY = 2000;

/** What may end a rest. `renewed`: a newer entry of the producer; `own`: this node may have other tags or tickets. */
export type News = 'renewed' | 'changed' | 'restarted' | 'own';

export interface ChannelPorts<T> {
  readonly universe: Universe;
  readonly discovery: Discovery;
  readonly stream: ConsumedStream<T>;
  readonly retry: Retry;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Takes one datum. */
  readonly received: (datum: T, size: number) => void;
  /** Null, or what to wait for before more is read. */
  readonly room: () => Promise<void> | null;
  /** What producers judge this node by. */
  readonly ownWords: () => string;
  /** The state is another. */
  readonly changed: () => void;
}

export interface Channel {
  readonly peer: string;
  info(): ChannelInfo;
  connected(): boolean;
  hear(news: News): void;
  close(code: CloseCode): Promise<void>;
}

/** Why it rests, and what ends that. */
const rests: Readonly<Record<'refused' | 'gone' | 'poisoned', readonly News[]>> = {
  refused: ['changed', 'restarted', 'own'],
  gone: ['renewed', 'changed', 'restarted'],
  poisoned: ['restarted'],
};
type Rest = keyof typeof rests;

/** Closings after which nothing is tried again by itself; by them the rest is known. */
const final = new Map<number, Rest>([
  [CLOSE.cancelled, 'gone'],
  [CLOSE.gracefulShutdown, 'gone'],
  [CLOSE.streamNotFound, 'gone'],
  [CLOSE.streamNotAllowed, 'refused'],
  [CLOSE.differentNetwork, 'poisoned'],
]);

export function openChannel<T>(peer: string, ports: ChannelPorts<T>): Channel {
  const { universe, discovery, stream, retry, now, received, room, ownWords, changed } = ports;
  const stopping = new AbortController();
  let stopCode: CloseCode = CLOSE.cancelled;
  let state: ChannelInfo['state'] = 'connecting';
  let since = now();
  let resting: Rest | null = null;
  const lately = new Map<News, number>();
  let wake: (() => void) | null = null;
  let syncFirst = false;
  /** What this node was when it last asked. */
  let askedAs = '';
  /** Version of this node's entry that the producer certainly has seen. */
  let toldIn = 0;
  let connects = 0;
  let datums = 0;
  let bytes = 0;
  let closed: number | null = null;

  const become = (next: ChannelInfo['state']): void => {
    if (state !== next) since = now();
    state = next;
    changed();
  };

  /** Waits for room before anything is read: who connects again and again fills no more than who stays. False: it ended. */
  const roomFor = async (link: Link): Promise<boolean> => {
    for (let full = room(); full !== null; full = room()) {
      if (link.reason() !== null) return false;
      await Promise.race([full, link.closed]);
    }
    return true;
  };

  /** One connection from dialling to its end. Answers the code, null when there was none; or that it is poisoned. */
  const attempt = async (): Promise<number | null | 'poisoned'> => {
    let poisoned = false;
    const link = await universe.open(peer, STREAM_PROTOCOL, stopping.signal);
    const cancel = (): void => void link.close(stopCode);
    stopping.signal.addEventListener('abort', cancel, { once: true });
    try {
      if (stopping.signal.aborted) await link.close(stopCode);
      await askStream(link, discovery.network, stream.id);
      connects += 1;
      become('connected');
      const refuse = (): undefined => {
        poisoned = true;
        void link.close(CLOSE.protocolViolation);
        return undefined;
      };
      if (!(await roomFor(link))) return (await link.closed).code;
      link.receive((frame) => {
        try {
          for (const one of readDatums(frame)) {
            const datum = stream.codec.decode(one);
            datums += 1;
            bytes += one.length;
            received(datum, one.length);
          }
        } catch {
          // what this producer says cannot be understood, and saying it again would not help
          return refuse();
        }
        return room() ?? undefined;
      });
      const { code } = await link.closed;
      return poisoned ? 'poisoned' : code;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.code === 'STREAM_FRAME' || error.code.startsWith('FRAME_')) {
        await link.close(CLOSE.protocolViolation);
        return 'poisoned';
      }
      const code = link.reason()?.code ?? CLOSE.timeout;
      await link.close(CLOSE.timeout);
      return code;
    } finally {
      stopping.signal.removeEventListener('abort', cancel);
    }
  };

  const ownVersion = (): number => discovery.own.entry().version[1];

  const sleep = async (milliseconds: number | null): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    wake = resolve;
    const timer = milliseconds === null ? undefined : setTimeout(resolve, milliseconds);
    timer?.unref();
    if (stopping.signal.aborted) resolve();
    await promise;
    clearTimeout(timer);
    wake = null;
  };

  /** The producer does not know this node, or not as it is now: tell it. False: that failed. */
  const introduce = async (): Promise<boolean> => {
    const version = ownVersion();
    try {
      await discovery.sync(peer, stopping.signal);
      toldIn = version;
      return true;
    } catch {
      return false;
    }
  };

  const run = async (): Promise<void> => {
    let failures = 0;
    let failingSince = performance.now();
    while (!stopping.signal.aborted) {
      if (syncFirst) await introduce();
      syncFirst = false;
      askedAs = ownWords();
      const began = performance.now();
      const before = connects;
      const end = await attempt().catch((error: unknown) => {
        if (error instanceof Refusal) return null;
        throw error;
      });
      closed = end === 'poisoned' ? CLOSE.protocolViolation : end;
      if (stopping.signal.aborted) break;
      if (connects > before) {
        if (performance.now() - began > STABLE) failures = 0;
        failingSince = performance.now();
      }
      const over = performance.now() - failingSince > retry.total;
      resting = end === 'poisoned' ? end : over ? 'gone' : (final.get(end ?? 0) ?? null);
      const wait = Math.min(retry.longest, retry.first * 2 ** failures) * (0.75 + Math.random() / 2);
      if (resting !== null) {
        become('terminated');
        const missed = rests[resting].filter(
          (news) => performance.now() - (lately.get(news) ?? -LATELY) < LATELY,
        );
        lately.clear();
        // whoever refuses may have judged an older entry of this node: it is told once what stands in it now
        syncFirst = resting === 'refused' && toldIn !== ownVersion();
        const soon = missed.length > 0 || syncFirst;
        await sleep(soon ? wait : null);
        resting = null;
        failures = soon ? failures + 1 : 0;
        failingSince = performance.now();
      } else {
        become('connecting');
        if (end === CLOSE.unknownPeer && failures === 0 && (await introduce())) {
          failures = 1;
          continue;
        }
        syncFirst = end === CLOSE.unknownPeer;
        failures += 1;
        await sleep(wait);
      }
      if (!stopping.signal.aborted) become('connecting');
    }
    become('terminated');
  };
  const running = run();

  return {
    peer,
    info: () => ({
      peer,
      state,
      since,
      datums,
      bytes,
      waiting: 0,
      drops: 0,
      reconnects: Math.max(0, connects - 1),
      closed,
    }),
    connected: () => state === 'connected',
    hear(news) {
      if (resting === null) {
        // `own` is asked again by itself
        if (news !== 'own') lately.set(news, performance.now());
        return;
      }
      if (!rests[resting].includes(news)) return;
      if (news === 'own') {
        if (ownWords() === askedAs) return;
        syncFirst = true;
      }
      wake?.();
    },
    async close(code) {
      stopCode = code;
      stopping.abort();
      wake?.();
      await running;
    },
  };
}
