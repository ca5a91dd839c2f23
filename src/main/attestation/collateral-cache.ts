/**
 * The collateral cache (tdx.md 4): sets by family, CA and edition, kept only after full verification and verified
 * again when read from disk; fetched once for many callers; refreshed ahead of time; never served expired. It
 * also remembers numbers, so that a replayed older set is noticed while it is still valid.
 */
import { isoTime, type PlatformQuery } from '../../protocol/attestation/index.ts';
import { Refusal } from '../../protocol/bytes/index.ts';
import { checkCollateral } from './collateral-check.ts';
import {
  type CachedCollateral,
  type CollateralEntry,
  type Edition,
  type Entry,
  type Held,
  lineOf,
  serveSet,
} from './collateral-cached.ts';
import { type KeptSet, keyOf, readKept, readKey, type Wanted, writeKept } from './collateral-kept.ts';
import { createRenewal, dueAfter, nodeTimers, noteFailure, type Timers } from './collateral-renewal.ts';
import { createRollbackMemory, type RollbackAlarm } from './collateral-memory.ts';
import type { CollateralMode, CollateralSource } from './collateral-source.ts';
import type { CollateralStore } from './collateral-store.ts';
import { reasonOf } from './quote-source.ts';

export interface CollateralCacheOptions {
  readonly source: CollateralSource;
  readonly store: CollateralStore;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  /** By default against Intel's root; another root needs a store of its own. */
  readonly verify?: typeof checkCollateral;
  /** The edition for callers who name none; default `standard`. */
  readonly mode?: CollateralMode;
  readonly timers?: Timers;
  /** The most sets that are kept, in memory and in the store; default 64. */
  readonly mostSets?: number;
  /** Called once for each lower number that arrives. */
  readonly onAlarm?: (alarm: RollbackAlarm) => void;
  /** Called with a sentence when a kept file was dropped, or nothing could be kept. */
  readonly onNote?: (sentence: string) => void;
}

export interface CollateralCache extends CollateralSource {
  /**
   * A set that is valid now; `at` is only compared and noted, because the cache speaks of the present (folders and
   * bundles speak of the past). Errors: `COLLATERAL_EXPIRED` (what is kept has ended, and the refresh failed:
   * `reason`), `COLLATERAL_REFUSED` (what came is not genuine and current; `reason` is the code of tdx.md 3.1),
   * and those of the source.
   */
  collateralFor(platform: PlatformQuery, at: number, mode?: CollateralMode): Promise<CachedCollateral>;
  /** The standard and the early edition side by side. */
  editions(platform: PlatformQuery, at: number): Promise<{ standard: Edition; early: Edition }>;
  /** Fetches anew at once, whatever is kept. Errors: as `collateralFor`, without `COLLATERAL_EXPIRED`. */
  refresh(platform: PlatformQuery, mode?: CollateralMode): Promise<void>;
  entries(): CollateralEntry[];
  /** Reads what is kept and begins to refresh ahead of time. */
  start(): Promise<void>;
  /** Stops refreshing; waits for what is being written. */
  close(): Promise<void>;
}

const SECOND = 1000;
const MEMORY_KEY = 'memory';

export function createCollateralCache(options: CollateralCacheOptions): CollateralCache {
  const { source, store, now, random, onAlarm, onNote } = options;
  const { verify = checkCollateral, mode: usual = 'standard', timers = nodeTimers, mostSets = 64 } = options;
  const memory = createRollbackMemory();
  // in the order of use, the latest last
  const entries = new Map<string, Entry>();
  const alarmed = new Set<string>();
  const writes = new Set<Promise<void>>();
  let loading: Promise<void> | null = null;
  let closed = false;

  const seconds = (): number => Math.floor(now() / SECOND);
  const current = ({ held }: Entry): Held | null =>
    held !== null && held.facts.since <= seconds() && seconds() <= held.facts.expires ? held : null;

  /** Writes in the background: that something could not be kept is noted, and no reason not to serve it. */
  function write(what: string, act: () => Promise<void>): void {
    if (closed) return;
    const done = act()
      .catch((error: unknown) => onNote?.(`The ${what} could not be written: ${reasonOf(error)}.`))
      .finally(() => writes.delete(done));
    writes.add(done);
  }

  /** Makes room for one more. Errors: `COLLATERAL_SERVICE` while every place waits for an answer. */
  function makeRoom(): void {
    if (entries.size < mostSets) return;
    // families that nobody vouched for (any quote can name one) do not push out what was verified
    const idle = [...entries.values()].filter(({ refreshing }) => refreshing === null);
    const oldest = idle.find(({ held }) => held === null) ?? idle[0];
    if (oldest === undefined)
      throw new Refusal(
        'COLLATERAL_SERVICE',
        'Too many platform families are being asked for at the same moment.',
      );
    entries.delete(oldest.key);
    if (oldest.held !== null) write('removal of a set', () => store.remove(oldest.key));
  }

  function entryOf(key: string, wanted: Wanted): Entry {
    let entry = entries.get(key);
    if (entry === undefined) {
      makeRoom();
      entry = { key, wanted, held: null, failure: null, refreshing: null, due: 0 };
    }
    entries.delete(key);
    entries.set(key, entry);
    return entry;
  }

  /** Verifies a set for its entry and takes in its numbers. Errors: `COLLATERAL_REFUSED`. */
  function admit(set: KeptSet, { mode, ...platform }: Wanted): Held {
    const evaluationNumber = typeof mode === 'number' ? mode : undefined;
    const verdict = verify({
      collateral: set.collateral,
      at: seconds(),
      wanted: { ...platform, evaluationNumber },
    });
    if (verdict.outcome !== 'verified' || verdict.facts === null)
      throw new Refusal('COLLATERAL_REFUSED', `The set from ${set.origin} is not kept. ${verdict.detail}`, {
        reason: verdict.code ?? '',
      });
    const { facts } = verdict;
    const rollbacks = memory.compare(facts, mode, now());
    for (const alarm of rollbacks) {
      const name = `${alarm.what}/${alarm.of}/${alarm.now}/${alarm.seen}`;
      if (alarmed.has(name)) continue;
      alarmed.add(name);
      onAlarm?.(alarm);
    }
    if (memory.learn(facts, mode)) write('roll-back memory', () => store.put(MEMORY_KEY, memory.bytes()));
    return { ...set, facts, rollbacks };
  }

  async function fetchSet(entry: Entry): Promise<void> {
    const { mode, ...platform } = entry.wanted;
    const found = await source.collateralFor(platform, seconds(), mode);
    const { collateral, origin, notes = [] } = found;
    const held = admit({ collateral, origin, notes, fetchedAt: now() }, entry.wanted);
    const before = current(entry);
    if (before !== null) {
      const older = held.rollbacks.length > before.rollbacks.length;
      if (older || held.facts.expires < before.facts.expires)
        throw new Refusal(
          'COLLATERAL_REFUSED',
          `The set from ${origin} is older than the one that is kept, which stays.`,
          { reason: 'ROLLBACK' },
        );
    }
    entry.held = held;
    entry.failure = null;
    entry.due = dueAfter(held, now(), random);
    if (entries.get(entry.key) === entry)
      write('collateral', () =>
        store.put(entry.key, writeKept({ collateral, origin, notes, fetchedAt: held.fetchedAt })),
      );
  }

  /** One fetch at a time for each entry; whoever comes meanwhile waits for the same. */
  function renew(entry: Entry): Promise<void> {
    entry.refreshing ??= fetchSet(entry)
      .catch((thrown: unknown) => {
        const error = thrown instanceof Error ? thrown : new Error(String(thrown));
        noteFailure(entry, error, now(), random);
        throw error;
      })
      .finally(() => {
        entry.refreshing = null;
        renewal.arm();
      });
    return entry.refreshing;
  }

  /** The failure stays in the entry, for callers and screens. */
  const renewBehind = (entry: Entry): void => void renew(entry).catch(() => undefined);

  const renewal = createRenewal({ timers, now, entries: () => entries.values(), renew: renewBehind });

  async function loadSet(key: string, wanted: Wanted): Promise<void> {
    const bytes = await store.get(key);
    try {
      if (bytes === null) throw new Refusal('COLLATERAL_TOO_LARGE', 'The file is larger than any set.');
      const kept = readKept(bytes);
      const held = admit({ ...kept, fetchedAt: Math.min(kept.fetchedAt, now()) }, wanted);
      const entry = entryOf(key, wanted);
      entry.held = held;
      entry.due = dueAfter(held, now(), random);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      onNote?.(`The kept file ${key} was dropped: ${error.message}`);
      await store.remove(key);
    }
  }

  async function load(): Promise<void> {
    try {
      const bytes = await store.get(MEMORY_KEY);
      if (bytes !== null && !memory.load(bytes))
        onNote?.('The roll-back memory could not be read; it begins anew.');
      const keys = (await store.list()).toSorted();
      for (const key of keys) {
        const wanted = readKey(key);
        if (wanted !== null) await loadSet(key, wanted);
      }
    } catch (error) {
      onNote?.(`What was kept of collateral cannot be read: ${reasonOf(error)}.`);
    }
  }
  const loaded = (): Promise<void> => (loading ??= load());

  /** Errors: `COLLATERAL_NOT_FOUND` for a platform that cannot be. */
  async function findEntry(wanted: Wanted): Promise<Entry> {
    const key = keyOf(wanted);
    await loaded();
    return entryOf(key, wanted);
  }

  const serve = (entry: Entry, held: Held, at: number): CachedCollateral =>
    serveSet(entry, held, at, memory.highest(held.facts, entry.wanted.mode));

  async function collateralFor(
    { fmspc, ca }: PlatformQuery,
    at: number,
    mode: CollateralMode = usual,
  ): Promise<CachedCollateral> {
    const entry = await findEntry({ fmspc: fmspc.toLowerCase(), ca, mode });
    const held = current(entry);
    if (held !== null) {
      if (entry.refreshing === null && entry.due <= now()) renewBehind(entry);
      return serve(entry, held, at);
    }
    try {
      if (entry.refreshing === null && entry.failure !== null && now() < entry.failure.until)
        throw entry.failure.error;
      await renew(entry);
      const fresh = current(entry);
      if (fresh !== null) return serve(entry, fresh, at);
      throw new Refusal('COLLATERAL_REFUSED', 'The set ended while it was being verified.');
    } catch (error) {
      const ended = entry.held?.facts.expires;
      if (!(error instanceof Refusal) || ended === undefined || seconds() <= ended) throw error;
      throw new Refusal(
        'COLLATERAL_EXPIRED',
        `The collateral that is kept ended on ${isoTime(ended)}, and there is no newer one. ${error.message}`,
        { reason: error.code },
      );
    }
  }

  async function edition(platform: PlatformQuery, at: number, mode: CollateralMode): Promise<Edition> {
    try {
      return { set: await collateralFor(platform, at, mode), problem: null };
    } catch (error) {
      if (error instanceof Refusal) return { set: null, problem: error };
      throw error;
    }
  }

  return {
    name: source.name,
    collateralFor,
    async editions(platform, at) {
      const [standard, early] = await Promise.all([
        edition(platform, at, 'standard'),
        edition(platform, at, 'early'),
      ]);
      return { standard, early };
    },
    async refresh({ fmspc, ca }, mode = usual) {
      await renew(await findEntry({ fmspc: fmspc.toLowerCase(), ca, mode }));
    },
    entries: () => [...entries.values()].map(lineOf).toSorted((a, b) => (a.key < b.key ? -1 : 1)),
    async start() {
      await loaded();
      if (!closed) renewal.start();
    },
    async close() {
      closed = true;
      renewal.stop();
      await Promise.all(writes);
    },
  };
}
