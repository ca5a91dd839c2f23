/**
 * How a link works over its stream: frames are decoded when somebody takes them and not before, the peer is held back
 * while nobody does, and what came before the end is still handed over.
 */
import type { Stream } from '@libp2p/interface';
import { Refusal } from '../../../protocol/bytes/index.ts';
import { createFrameReader, decodeFrame, encodeFrame } from './frames.ts';
import { CLOSE, HIGH_WATER, MAX_QUEUED, STALL } from './link.ts';
import type { Closed, Link } from './link.ts';

/** Bytes of whole frames that may lie here before the peer is held back. */
const READ_AHEAD = 64 * 1024;
const GRACE = 5000;
/** How long the last frames may take to leave, milliseconds. */
const FLUSH = 1000;
/** Frames handed over in one turn: a flood of tiny ones must not hold up everything else. */
const TURN = 512;

export interface LinkLimits {
  /** See `STALL`. */
  readonly stall?: number | undefined;
  /** How long the other side may take to end its half once this side has closed, milliseconds; default 5000. */
  readonly grace?: number | undefined;
}

export function createLink(stream: Stream, peer: string, protocol: string, limits: LinkLimits = {}): Link {
  const { stall = STALL, grace = GRACE } = limits;
  const reader = createFrameReader();
  /** Frames that were decoded to see whether the last one is among them, and that nobody has taken yet. */
  const inbox: { readonly frame: unknown }[] = [];
  let handler: ((frame: unknown) => void | Promise<void>) | null = null;
  let waiting: { resolve: (frame: unknown) => void; reject: (error: Error) => void } | null = null;
  let busy = false;
  let paused = false;
  /**
   * `resume` of a stream hands over what it held, and then opens the window of yamux: a pause from within the first
   * would be undone by the second, and the peer never held back again.
   */
  let resuming = false;
  /** The other side has ended; frames that came before may still have to be handed over. */
  let last: Closed | null = null;
  let ended: Closed | null = null;
  let outgoing: Uint8Array[] = [];
  let outgoingBytes = 0;
  let scheduled = false;
  let stallTimer: NodeJS.Timeout | undefined;
  let stallFrame = -1;
  let overdue: NodeJS.Timeout | undefined;
  const stats = { framesIn: 0, framesOut: 0, bytesIn: 0, bytesOut: 0 };
  const { promise: closed, resolve: resolveClosed } = Promise.withResolvers<Closed>();
  let drainWaiters: (() => void)[] = [];

  // links live for days, silent ones too; silence is for the protocol above to judge
  stream.inactivityTimeout = Number.MAX_SAFE_INTEGER;
  // more than the largest window of yamux here: a peer that keeps to its window never runs into this
  stream.maxReadBufferLength = 8 * 1024 * 1024;
  stream.maxWriteBufferLength = 2 * MAX_QUEUED;

  const end = (why: Closed): void => {
    if (ended !== null) return;
    ended = why;
    clearTimeout(stallTimer);
    clearTimeout(overdue);
    outgoing = [];
    outgoingBytes = 0;
    if (why.by === 'here' || !left()) refuseWaiting(why);
    released();
    resolveClosed(why);
  };
  /** Whether frames lie here that somebody may take. */
  const left = (): boolean => inbox.length > 0 || (last?.by !== 'peer' && reader.ready());
  const refuseWaiting = (why: Closed): void => {
    waiting?.reject(closedRefusal(why));
    waiting = null;
  };

  const released = (): void => {
    for (const resolve of drainWaiters.splice(0)) resolve();
  };

  const flush = (): void => {
    scheduled = false;
    if (ended !== null || outgoing.length === 0) return;
    const [only] = outgoing;
    const piece = outgoing.length === 1 && only !== undefined ? only : Buffer.concat(outgoing, outgoingBytes);
    outgoing = [];
    outgoingBytes = 0;
    try {
      stream.send(piece);
    } catch {
      // the stream is gone already; what it brought, a reason perhaps, is still to be heard
      finish({ code: CLOSE.unexpectedClose, by: 'network' });
      return;
    }
    if (stream.writeBufferLength > MAX_QUEUED) abort({ code: CLOSE.tooSlow, by: 'here' });
  };

  const abort = (why: Closed): void => {
    end(why);
    stream.abort(new Error(`muster link ${why.code}`));
  };

  const violation = (error: unknown): void =>
    void link.close(error instanceof Refusal ? CLOSE.protocolViolation : CLOSE.unexpectedClose);

  /** Ends this side's half, and the whole stream when the other side does not end its own. */
  const release = async (): Promise<void> => {
    unpause();
    const patience = setTimeout(
      () => stream.abort(new Error('muster link: the other half stayed open')),
      grace,
    );
    patience.unref();
    stream.addEventListener('close', () => clearTimeout(patience));
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), FLUSH);
    try {
      await stream.close({ signal: limit.signal });
    } catch {
      stream.abort(new Error('muster link: the last frames were not taken'));
    } finally {
      clearTimeout(timer);
    }
    if (stream.status !== 'open' && stream.status !== 'closing') clearTimeout(patience);
  };

  const unpause = (): void => {
    if (!paused) return;
    paused = false;
    resuming = true;
    try {
      if (stream.readStatus === 'paused') stream.resume();
    } catch {
      // the connection is gone, and what it had brought has been read
    }
    resuming = false;
    if (ended === null) regulate();
  };

  /** The other side ended: once everything before is handed over, so does the link, and in any case soon. */
  const finish = (why: Closed): void => {
    if (ended !== null) return;
    last ??= why;
    // a receiver may be waiting for the other side to take something
    released();
    pump();
    if (busy && overdue === undefined) {
      overdue = setTimeout(() => end(last ?? why), grace);
      overdue.unref();
    }
  };

  /** The next frame of the reader, decoded; null when there is none. Sees the final frame when it comes. */
  const decodeNext = (): { readonly frame: unknown } | null => {
    // after a final frame nothing counts any more
    if (last?.by === 'peer') return null;
    const body = reader.shift();
    if (body === null) return null;
    const frame = decodeFrame(body);
    stats.framesIn += 1;
    const code = closeOf(frame);
    if (code === null) return { frame };
    last = { code, by: 'peer' };
    return null;
  };

  /** Hands over what has arrived, in order, waiting for slow receivers. */
  const pump = (): void => {
    if (endedHere()) return;
    if (busy) return regulate();
    try {
      for (let turn = 0; ; turn++) {
        if (turn === TURN) {
          busy = true;
          setImmediate(resume);
          break;
        }
        const item = inbox.shift() ?? decodeNext();
        if (item === null) break;
        if (waiting !== null) {
          const { resolve } = waiting;
          waiting = null;
          resolve(item.frame);
        } else if (handler === null) {
          inbox.unshift(item);
          break;
        } else {
          const pending = handler(item.frame);
          if (pending !== undefined) {
            busy = true;
            pending.then(resume, (error: unknown) => {
              busy = false;
              violation(error);
            });
            break;
          }
        }
        // a receiver may have closed the link; then the rest is not for it
        if (endedHere()) return;
      }
    } catch (error) {
      return violation(error);
    }
    settle();
    if (ended !== null && !left()) refuseWaiting(ended);
    regulate();
  };
  /** Ends the link once the other side has, and everything before is handed over. */
  const settle = (): void => {
    if (last === null || busy || ended !== null) return;
    if (handler === null) {
      // nobody takes the rest now: it is kept for `next`, and the final frame may be behind it
      try {
        for (let item = decodeNext(); item !== null; item = decodeNext()) inbox.push(item);
      } catch (error) {
        return violation(error);
      }
    }
    end(last);
    void release();
  };
  const endedHere = (): boolean => ended?.by === 'here';
  const resume = (): void => {
    busy = false;
    pump();
  };

  /** Reads on or not, and watches a frame that has begun. */
  const regulate = (): void => {
    const ready = left();
    const full = ready && reader.size() > READ_AHEAD;
    if (!full) unpause();
    else if (!paused && !resuming && stream.readStatus === 'readable') {
      paused = true;
      stream.pause();
    }
    const partial = ended === null && last === null && !ready && reader.size() > 0;
    if (!partial) {
      clearTimeout(stallTimer);
      stallFrame = -1;
    } else if (stallFrame !== stats.framesIn) {
      // one timer per frame, however many pieces it comes in
      clearTimeout(stallTimer);
      stallFrame = stats.framesIn;
      stallTimer = setTimeout(() => violation(new Refusal('FRAME_STALLED', 'A frame did not end.')), stall);
      stallTimer.unref();
    }
  };

  stream.addEventListener('message', ({ data }) => {
    if (endedHere() || last?.by === 'peer') return;
    stats.bytesIn += data.byteLength;
    reader.push(data instanceof Uint8Array ? data : data.subarray());
    pump();
  });
  // not `remoteCloseWrite`: that may come while frames still lie unread in a paused stream
  stream.addEventListener('end', () => finish({ code: CLOSE.unexpectedClose, by: 'network' }));
  stream.addEventListener('close', () => {
    unpause();
    finish({ code: CLOSE.unexpectedClose, by: 'network' });
  });
  stream.addEventListener('drain', released);
  stream.addEventListener('idle', released);

  const queued = (): number => outgoingBytes + stream.writeBufferLength;
  const link: Link = {
    peer,
    protocol,
    send: (frame) => ended !== null || last !== null || link.post(encodeFrame(frame)),
    post(bytes) {
      if (ended !== null || last !== null) return true;
      stats.framesOut += 1;
      stats.bytesOut += bytes.length;
      outgoing.push(bytes);
      outgoingBytes += bytes.length;
      if (queued() > 2 * MAX_QUEUED) {
        abort({ code: CLOSE.tooSlow, by: 'here' });
        return true;
      }
      if (!scheduled) {
        scheduled = true;
        queueMicrotask(flush);
      }
      return queued() < HIGH_WATER;
    },
    async drained() {
      while (ended === null && last === null && queued() >= HIGH_WATER)
        await new Promise<void>((resolve) => drainWaiters.push(resolve));
    },
    receive(given) {
      if (handler !== null) throw new Error('a link has one receiver');
      handler = given;
      pump();
    },
    next(milliseconds) {
      if (waiting !== null || handler !== null) throw new Error('a frame is awaited already');
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
        if (endedHere() && ended !== null) refuseWaiting(ended);
        else pump();
      });
    },
    async close(code) {
      if (ended !== null) return;
      if (last === null) {
        link.send({ close: code });
        flush();
      }
      end({ code, by: 'here' });
      await release();
    },
    closed,
    reason: () => ended,
    stats: () => ({ ...stats }),
  };
  // what ended before anybody listened says so again only after what it brought
  const over = stream.status !== 'open' || stream.remoteWriteStatus === 'closed';
  if (over && stream.readBufferLength === 0) finish({ code: CLOSE.unexpectedClose, by: 'network' });
  return link;
}

const closedRefusal = ({ code }: Closed): Refusal =>
  new Refusal('LINK_CLOSED', `The link was closed (${code}).`, { code });

/** The code of a final frame; null for any other. */
function closeOf(frame: unknown): number | null {
  if (typeof frame !== 'object' || frame === null || !('close' in frame)) return null;
  const { close } = frame as { close: unknown };
  return Number.isInteger(close) ? (close as number) : CLOSE.protocolViolation;
}
