/**
 * Versions of a peer's entry (coalition.md 3.2): when the node started, and when it last said something, Unix
 * milliseconds, compared in this order. So a node that starts again outranks all that it said before.
 */
export type Version = readonly [startedAt: number, updatedAt: number];

/** An entry whose time is further off than this is not believed, milliseconds. */
export const MAX_DRIFT = 50_000;
/** An entry that is older than this is hidden, then removed, milliseconds. */
export const PURGE_AFTER = 300_000;

/** Negative: `a` is older; zero: the same. */
export const compareVersions = (a: Version, b: Version): number => a[0] - b[0] || a[1] - b[1];

/** True when `a` came after `b`; anything comes after nothing. */
export const newer = (a: Version, b: Version | null): boolean => b === null || compareVersions(a, b) > 0;

/**
 * The version of a node that starts now. `lastStart`: what it remembers of its start before; without, or with a
 * clock that was put back, its peers would take what it says for old.
 */
export function firstVersion(now: number, lastStart: number | null): Version {
  return [lastStart === null ? now : Math.max(now, lastStart + 1), now];
}

/**
 * The version of the next thing a node says: always later, even when the clock stands still. After a clock that was
 * far ahead was put right, a time of then would be refused for as long as it was ahead: the node begins anew.
 */
export function nextVersion(previous: Version, now: number, maxDrift = MAX_DRIFT): Version {
  if (previous[1] - now > maxDrift) return [previous[0] + 1, now];
  return [previous[0], Math.max(previous[1], now) + 1];
}

/** True when a time that somebody claims is near enough to ours. */
export const withinDrift = (claimed: number, now: number, maxDrift = MAX_DRIFT): boolean =>
  Math.abs(now - claimed) <= maxDrift;

/** True when an entry has not been renewed for too long. */
export const isStale = (version: Version, now: number, purgeAfter = PURGE_AFTER): boolean =>
  now - version[1] > purgeAfter;

/** Big-endian, eight bytes. */
export function be64(value: number): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt(value));
  return out;
}
