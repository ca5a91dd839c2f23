/**
 * When things are due. Election timeouts are spread by a generator that is part of the state (xorshift32), so that
 * a run can be repeated. All times are milliseconds.
 */

export interface Timing {
  /** A leader writes to everybody at least this often. */
  readonly heartbeat: number;
  /** Silence of the leader before a member stands, and of a quorum before a leader gives up. */
  readonly election: number;
  /** Added to the election timeout, 0 to this much. */
  readonly jitter: number;
  /** Added in term 0: a young group meets first. */
  readonly bootstrap: number;
}

/** The seed's defaults (coalition.md 3.4). */
export const TIMING: Timing = { heartbeat: 500, election: 2000, jitter: 500, bootstrap: 3000 };

/** A generator's first state from any whole number: never 0, and seeds that are close give states that are not. */
export function chance(seed: number): number {
  const mixed = Math.imul((seed >>> 0) ^ 0x9e3779b9, 0x85ebca6b) >>> 0;
  return ((mixed ^ (mixed >>> 13)) >>> 0 || 1) >>> 0;
}

/** The generator's next state, 1 to 2^32 - 1. */
export function nextChance(state: number): number {
  let x = state;
  x ^= x << 13;
  x ^= x >>> 17;
  x ^= x << 5;
  return x >>> 0;
}

interface Patience {
  readonly timing: Timing;
  readonly reluctance: number;
}

export const electionDeadline = ({ timing, reluctance }: Patience, now: number, drawn: number): number =>
  now + Math.round((timing.election + (drawn % (timing.jitter + 1))) * reluctance);

/** The first deadline after a start: in term 0 the bootstrap delay comes on top. */
export const firstDeadline = (settings: Patience, now: number, term: number, drawn: number): number =>
  electionDeadline(settings, now, drawn) +
  (term === 0 ? Math.round(settings.timing.bootstrap * settings.reluctance) : 0);
