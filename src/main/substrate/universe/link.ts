/**
 * A link: one libp2p stream that carries frames both ways, with a reason when it closes (coalition.md 3.1). Frames
 * of one turn leave in one piece; what the peer does not take in time, or sends too slowly, ends the link.
 */
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
  /** The same for a frame as `encodeFrame` makes it: what goes to many is encoded once. */
  post(frame: Uint8Array): boolean;
  /** Resolves when the peer has taken enough, or the link is closed. */
  drained(): Promise<void>;
  /**
   * Hears every frame from the first on, one after the other; while an answered promise is pending nothing more is
   * read. A throw ends the link: a Refusal as `protocolViolation`. Byte strings in a frame are views of what came
   * in: copy what is kept. One receiver per link; call it once.
   */
  receive(handler: (frame: unknown) => void | Promise<void>): void;
  /** The next frame, for handshakes before `receive`; one at a time. Errors: `LINK_CLOSED`, `LINK_TIMEOUT`. */
  next(milliseconds: number): Promise<unknown>;
  /** Tells the peer why, then ends. Idempotent. */
  close(code: CloseCode): Promise<void>;
  /**
   * Resolves once; with a receiver, after it has heard every frame that came before the end, or five seconds later
   * when it is still busy. Without one, frames that came before the end can still be taken by `next` afterwards.
   */
  readonly closed: Promise<Closed>;
  /** Null while open. */
  reason(): Closed | null;
  stats(): LinkStats;
}

export const HIGH_WATER = 1024 * 1024;
export const MAX_QUEUED = 16 * 1024 * 1024;
/** A frame that began must be whole after this, milliseconds. */
export const STALL = 30_000;
