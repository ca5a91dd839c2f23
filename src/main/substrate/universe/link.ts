/**
 * A link: one libp2p stream that carries frames both ways, with a reason when it closes (coalition.md 3.1). Frames
 * of one turn leave in one piece; what the peer does not take in time, or sends too slowly, ends the link.
 */
import type { Stream } from '@libp2p/interface';
import { Refusal } from '../../../protocol/bytes/index.ts';
import { createFrameReader, decodeFrame, encodeFrame } from './frames.ts';

/** Why a link ended: the numeric codes of coalition.md 3.1. */
export const CLOSE = {
  invalidProtocol: 100,
  differentNetwork: 101,
  cancelled: 102,
  unexpectedClose: 103,
  success: 200,
  gracefulShutdown: 204,
  protocolViolation: 400,
  unknownPeer: 401,
  streamNotAllowed: 10403,
  streamNotFound: 10404,
  tooSlow: 10413,
  noCapacity: 10509,
  invalidHandshake: 30400,
  groupNotAllowed: 30403,
  groupNotFound: 30404,
  invalidProof: 30405,
  timeout: 30408,
  alreadyBonded: 30429,
} as const;
export type CloseCode = (typeof CLOSE)[keyof typeof CLOSE];

export interface Closed {
  /** One of `CLOSE`, or whatever number the peer sent. */
  readonly code: number;
  readonly by: 'here' | 'peer' | 'network';
}

export interface LinkStats {
  readonly framesIn: number;
  readonly framesOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export interface Link {
  /** The other end's node key, hex; proven by the transport. */
  readonly peer: string;
  readonly protocol: string;
  /**
   * Queues a frame. False: more than `HIGH_WATER` bytes wait, so hold back until `drained`. A link that waits for
   * `MAX_QUEUED` bytes ends with `tooSlow`. On a closed link nothing happens. Errors: `FRAME_TOO_LONG`.
   */
  send(frame: unknown): boolean;
  /** Resolves when the peer has taken enough, or the link is closed. */
  drained(): Promise<void>;
  /**
   * Hears every frame from the first on, one after the other; while an answered promise is pending nothing more is
   * read. A throw ends the link: a Refusal as `protocolViolation`. One receiver per link; call it once.
   */
  receive(handler: (frame: unknown) => void | Promise<void>): void;
  /** The next frame, for handshakes before `receive`. Errors: `LINK_CLOSED`, `LINK_TIMEOUT`. */
  next(milliseconds: number): Promise<unknown>;
  /** Tells the peer why, then ends. Idempotent. */
  close(code: CloseCode): Promise<void>;
  readonly closed: Promise<Closed>;
  /** Null while open. */
  reason(): Closed | null;
  stats(): LinkStats;
}

export const HIGH_WATER = 1024 * 1024;
export const MAX_QUEUED = 16 * 1024 * 1024;
/** A frame that began must be whole after this, milliseconds. */
export const STALL = 30_000;
/** Frames that may lie decoded here before the peer is held back. */
const READ_AHEAD = 64;

export function createLink(stream: Stream, peer: string, protocol: string): Link {
  const reader = createFrameReader();
  const inbox: unknown[] = [];
  let handler: ((frame: unknown) => void | Promise<void>) | null = null;
  let waiting: { resolve: (frame: unknown) => void; reject: (error: Error) => void } | null = null;
  let busy = false;
  let paused = false;
  let ended: Closed | null = null;
  let outgoing: Uint8Array[] = [];
  let outgoingBytes = 0;
  let scheduled = false;
  let stallTimer: NodeJS.Timeout | undefined;
  const stats = { framesIn: 0, framesOut: 0, bytesIn: 0, bytesOut: 0 };
  const { promise: closed, resolve: resolveClosed } = Promise.withResolvers<Closed>();
  let drainWaiters: (() => void)[] = [];

  // links live for days, silent ones too; silence is for the protocol above to judge
  stream.inactivityTimeout = Number.MAX_SAFE_INTEGER;
  stream.maxReadBufferLength = 8 * 1024 * 1024;
  stream.maxWriteBufferLength = 2 * MAX_QUEUED;

  const end = (why: Closed): void => {
    if (ended !== null) return;
    ended = why;
    clearTimeout(stallTimer);
    outgoing = [];
    waiting?.reject(new Refusal('LINK_CLOSED', `The link was closed (${why.code}).`, { code: why.code }));
    waiting = null;
    for (const resolve of drainWaiters.splice(0)) resolve();
    resolveClosed(why);
  };

  const flush = (): void => {
    scheduled = false;
    if (ended !== null || outgoing.length === 0) return;
    const [only] = outgoing;
    let piece: Uint8Array;
    if (outgoing.length === 1 && only !== undefined) piece = only;
    else piece = Buffer.concat(outgoing, outgoingBytes);
    outgoing = [];
    outgoingBytes = 0;
    try {
      stream.send(piece);
    } catch {
      abort({ code: CLOSE.unexpectedClose, by: 'network' });
      return;
    }
    if (stream.writeBufferLength > MAX_QUEUED) abort({ code: CLOSE.tooSlow, by: 'here' });
  };

  const abort = (why: Closed): void => {
    end(why);
    stream.abort(new Error(`muster link ${why.code}`));
  };

  const violation = (error: unknown): void => {
    const code = error instanceof Refusal ? CLOSE.protocolViolation : CLOSE.unexpectedClose;
    void link.close(code);
  };

  /** Hands over what has arrived, in order, waiting for slow receivers. */
  const deliver = (): void => {
    if (busy) return;
    while (inbox.length > 0 && ended === null) {
      if (waiting !== null) {
        const { resolve } = waiting;
        waiting = null;
        resolve(inbox.shift());
        continue;
      }
      if (handler === null) break;
      let pending: void | Promise<void>;
      try {
        pending = handler(inbox.shift());
      } catch (error) {
        return violation(error);
      }
      if (pending !== undefined) {
        busy = true;
        pending.then(
          () => {
            busy = false;
            deliver();
          },
          (error: unknown) => {
            busy = false;
            violation(error);
          },
        );
        break;
      }
    }
    const full = inbox.length > READ_AHEAD;
    if (full !== paused && stream.readStatus !== 'closed' && stream.readStatus !== 'closing') {
      paused = full;
      if (full) stream.pause();
      else stream.resume();
    }
  };

  stream.addEventListener('message', ({ data }) => {
    if (ended !== null) return;
    stats.bytesIn += data.byteLength;
    try {
      for (const body of reader.push(data instanceof Uint8Array ? data : data.subarray())) {
        const frame = decodeFrame(body);
        stats.framesIn += 1;
        const code = closeOf(frame);
        if (code === null) inbox.push(frame);
        else {
          deliver();
          end({ code, by: 'peer' });
          void stream.close().catch(() => undefined);
          return;
        }
      }
    } catch (error) {
      return violation(error);
    }
    clearTimeout(stallTimer);
    if (reader.pending()) {
      stallTimer = setTimeout(() => violation(new Refusal('FRAME_STALLED', 'A frame did not end.')), STALL);
      stallTimer.unref();
    }
    deliver();
  });
  stream.addEventListener('remoteCloseWrite', () => {
    end({ code: CLOSE.unexpectedClose, by: 'network' });
    void stream.close().catch(() => undefined);
  });
  stream.addEventListener('close', () => end({ code: CLOSE.unexpectedClose, by: 'network' }));
  const released = (): void => {
    for (const resolve of drainWaiters.splice(0)) resolve();
  };
  stream.addEventListener('drain', released);
  stream.addEventListener('idle', released);

  const queued = (): number => outgoingBytes + stream.writeBufferLength;
  const link: Link = {
    peer,
    protocol,
    send(frame) {
      if (ended !== null) return true;
      const bytes = encodeFrame(frame);
      stats.framesOut += 1;
      stats.bytesOut += bytes.length;
      outgoing.push(bytes);
      outgoingBytes += bytes.length;
      if (!scheduled) {
        scheduled = true;
        queueMicrotask(flush);
      }
      return queued() < HIGH_WATER;
    },
    async drained() {
      while (ended === null && queued() >= HIGH_WATER)
        await new Promise<void>((resolve) => drainWaiters.push(resolve));
    },
    receive(given) {
      if (handler !== null) throw new Error('a link has one receiver');
      handler = given;
      deliver();
    },
    next(milliseconds) {
      if (ended !== null && inbox.length === 0)
        return Promise.reject(
          new Refusal('LINK_CLOSED', `The link was closed (${ended.code}).`, { code: ended.code }),
        );
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting = null;
          reject(new Refusal('LINK_TIMEOUT', 'The peer did not answer in time.'));
        }, milliseconds);
        waiting = {
          resolve: (frame) => {
            clearTimeout(timer);
            resolve(frame);
          },
          reject: (error) => {
            clearTimeout(timer);
            reject(error);
          },
        };
        deliver();
      });
    },
    async close(code) {
      if (ended !== null) return;
      link.send({ close: code });
      flush();
      end({ code, by: 'here' });
      try {
        await stream.close({ signal: AbortSignal.timeout(1000) });
      } catch {
        stream.abort(new Error(`muster link ${code}`));
      }
    },
    closed,
    reason: () => ended,
    stats: () => ({ ...stats }),
  };
  return link;
}

/** The code of a final frame; null for any other. */
function closeOf(frame: unknown): number | null {
  if (typeof frame !== 'object' || frame === null || !('close' in frame)) return null;
  const { close } = frame as { close: unknown };
  return Number.isInteger(close) ? (close as number) : CLOSE.protocolViolation;
}
