/** What the collateral cache holds of a set, what it serves of it, and what it shows of it. */
import { type CollateralFacts, isoTime, type PlatformQuery } from '../../protocol/attestation/index.ts';
import type { Refusal } from '../../protocol/bytes/index.ts';
import type { KeptSet, Wanted } from './collateral-kept.ts';
import type { HighestNumbers, RollbackAlarm } from './collateral-memory.ts';
import type { CollateralMode, FoundCollateral } from './collateral-source.ts';

/** A verified set, as the cache serves it. */
export interface CachedCollateral extends FoundCollateral {
  readonly mode: CollateralMode;
  readonly facts: CollateralFacts;
  /** Unix milliseconds. */
  readonly fetchedAt: number;
  readonly notes: readonly string[];
  /** True when one of its numbers is lower than one seen before; `rollbacks` says which. */
  readonly rolledBack: boolean;
  readonly rollbacks: readonly RollbackAlarm[];
  /** The highest numbers ever verified here, for a policy to compare with. */
  readonly highest: HighestNumbers;
}

/** One line for the screens. Times are Unix milliseconds; what is not known of a set that never came is null. */
export interface CollateralEntry {
  readonly key: string;
  readonly fmspc: string;
  readonly ca: PlatformQuery['ca'];
  readonly mode: CollateralMode;
  readonly origin: string | null;
  readonly fetchedAt: number | null;
  readonly expires: number | null;
  readonly evaluationNumbers: CollateralFacts['evaluationNumbers'] | null;
  readonly crlNumbers: CollateralFacts['crlNumbers'] | null;
  readonly rolledBack: boolean;
  readonly refresh: 'fresh' | 'refreshing' | `failed: ${string}`;
  /** Null where nothing is kept: then the next caller asks. */
  readonly nextRefresh: number | null;
}

/** One edition of two that were asked for together. */
export type Edition =
  | { readonly set: CachedCollateral; readonly problem: null }
  | { readonly set: null; readonly problem: Refusal };

/** A set that was verified. */
export interface Held extends KeptSet {
  readonly facts: CollateralFacts;
  readonly rollbacks: readonly RollbackAlarm[];
}

/** The latest refresh, when it failed. */
export interface Failure {
  readonly error: Error;
  /** Until then (Unix milliseconds) callers are told the same, without asking again. */
  readonly until: number;
  /** In a row. */
  readonly times: number;
}

/** The place of a set in the cache. */
export interface Entry {
  readonly key: string;
  readonly wanted: Wanted;
  held: Held | null;
  failure: Failure | null;
  refreshing: Promise<void> | null;
  /** When to refresh next. */
  due: number;
}

/** The set of an entry as it is handed out; `at` is Unix seconds. */
export function serveSet(entry: Entry, held: Held, at: number, highest: HighestNumbers): CachedCollateral {
  const { collateral, origin, fetchedAt, facts, rollbacks } = held;
  const notes = [...held.notes];
  if (entry.failure !== null)
    notes.push(
      `Kept since ${isoTime(Math.floor(fetchedAt / 1000))}; the latest refresh failed: ${entry.failure.error.message}`,
    );
  for (const { what, of, seen, now: number } of rollbacks)
    notes.push(`The ${what} (${of}) has number ${number}; ${seen} was seen before.`);
  if (at < facts.since || at > facts.expires)
    notes.push(`Valid from ${isoTime(facts.since)} to ${isoTime(facts.expires)}, not at the time asked for.`);
  const { mode } = entry.wanted;
  return {
    collateral,
    origin,
    mode,
    facts,
    fetchedAt,
    notes,
    rolledBack: rollbacks.length > 0,
    rollbacks,
    highest,
  };
}

/** The line of an entry on the screens. */
export function lineOf({ key, wanted, held, failure, refreshing, due }: Entry): CollateralEntry {
  return {
    key,
    ...wanted,
    origin: held?.origin ?? null,
    fetchedAt: held?.fetchedAt ?? null,
    expires: held === null ? null : held.facts.expires * 1000,
    evaluationNumbers: held?.facts.evaluationNumbers ?? null,
    crlNumbers: held?.facts.crlNumbers ?? null,
    rolledBack: (held?.rollbacks.length ?? 0) > 0,
    refresh:
      refreshing !== null ? 'refreshing' : failure !== null ? `failed: ${failure.error.message}` : 'fresh',
    nextRefresh: held === null ? null : due,
  };
}
