/** The node's collateral cache for the service of its settings; made anew when those change. */
import { readFileSync, statSync } from 'node:fs';
import type { Settings } from '../../../contract/index.ts';
import type { PlatformQuery } from '../../../protocol/attestation/index.ts';
import { Refusal } from '../../../protocol/bytes/index.ts';
import { createCollateralCache, createCollateralService } from '../../attestation/index.ts';
import type {
  CollateralCache,
  CollateralEntry,
  CollateralStore,
  Edition,
  RollbackAlarm,
} from '../../attestation/index.ts';

import type { FetchedCollateral } from './judge.ts';

/** How old the moment of a judgement may be so that the cache, which speaks of the present, may answer. */
const PRESENT_SECONDS = 600;

export interface CollateralKeeperPorts {
  readonly store: CollateralStore;
  readonly settings: () => Settings;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly random: () => number;
  /** Called with a sentence when something was dropped or could not be kept, or the settings do not serve. */
  readonly note: (sentence: string) => void;
  /** Called when entries or alarms changed. */
  readonly changed: () => void;
  /** Called when `problem` changed. */
  readonly troubled: () => void;
}

export interface CollateralKeeper {
  /** True when `url` is the service of the settings and `at` (Unix seconds) is about now. */
  isCurrent(url: string, at: number): boolean;
  /** Time-outs, proxy and CA of the settings. Errors: `COLLATERAL_SETTINGS`. */
  connection(): { timeoutMs: number; totalMs: number; proxy?: string; ca?: string };
  /** Errors: as the cache, and `COLLATERAL_SETTINGS`. */
  collateralFor(platform: PlatformQuery, at: number): Promise<FetchedCollateral>;
  editions(platform: PlatformQuery, at: number): Promise<{ standard: Edition; early: Edition }>;
  /** What is kept, once it was read. */
  entries(): Promise<CollateralEntry[]>;
  /** Fetches every kept set anew; the first failure is thrown at the end. */
  refresh(): Promise<void>;
  rollbacks(): readonly RollbackAlarm[];
  /** Why nobody can be asked with the present settings; null when they serve. */
  problem(): Refusal | null;
  /** Reads what is kept and begins to refresh, behind whoever calls: settings that do not serve are a `problem`. */
  start(): void;
  /** Takes new settings; those that do not serve are a `problem`. */
  renew(): Promise<void>;
  /** Waits for what is being read and written. */
  close(): Promise<void>;
}

/** Certificates have a few thousand bytes. */
const LARGEST_CA = 1024 * 1024;
/** Alarms kept until the node stops. */
const KEPT_ALARMS = 50;

export function createCollateralKeeper(ports: CollateralKeeperPorts): CollateralKeeper {
  const { store, settings, now, random, note, changed, troubled } = ports;
  let cache: CollateralCache | null = null;
  let made = '';
  let trouble: Refusal | null = null;
  let reading: Promise<void> = Promise.resolve();
  let closing: Promise<void> = Promise.resolve();
  let closed = false;
  const rollbacks: RollbackAlarm[] = [];

  const connection: CollateralKeeper['connection'] = () => {
    const { collateralProxy, collateralCa, collateralSeconds } = settings();
    return {
      timeoutMs: collateralSeconds * 1000,
      totalMs: collateralSeconds * 3000,
      ...(collateralProxy === '' ? {} : { proxy: collateralProxy }),
      ...(collateralCa === '' ? {} : { ca: readCa(collateralCa) }),
    };
  };
  const keyOf = (its: Settings): string =>
    JSON.stringify([
      its.collateralService,
      its.collateralProxy,
      its.collateralCa,
      its.collateralUpdate,
      its.collateralSeconds,
    ]);
  const tell = (problem: Refusal | null): void => {
    if (problem?.message === trouble?.message) return;
    trouble = problem;
    if (problem !== null) note(problem.message);
    troubled();
  };
  const make = (): CollateralCache => {
    const { collateralService, collateralUpdate } = settings();
    return createCollateralCache({
      source: createCollateralService({ base: collateralService, ...connection() }),
      store,
      now,
      random,
      mode: collateralUpdate,
      onAlarm(alarm) {
        rollbacks.push(alarm);
        rollbacks.splice(0, Math.max(0, rollbacks.length - KEPT_ALARMS));
        changed();
      },
      onNote: note,
    });
  };
  /** Reads what is kept, and refreshes it from then on. */
  const read = (fresh: CollateralCache): Promise<void> =>
    fresh
      .start()
      .then(changed)
      .catch((error: unknown) => note(String(error)));
  /** The cache for the present settings, made when it is first needed. Errors: `COLLATERAL_SETTINGS`. */
  const current = (): CollateralCache => {
    if (cache !== null) return cache;
    const key = keyOf(settings());
    try {
      cache = make();
    } catch (error) {
      if (error instanceof Refusal) tell(error);
      throw error;
    }
    made = key;
    tell(null);
    if (!closed) reading = Promise.all([reading, read(cache)]).then(() => undefined);
    return cache;
  };
  /** The same, where nobody waits for an answer. */
  const currentOrNull = (): CollateralCache | null => {
    try {
      return current();
    } catch (error) {
      if (error instanceof Refusal) return null;
      throw error;
    }
  };

  return {
    connection,
    isCurrent: (url, at) =>
      url.replace(/\/+$/, '') === settings().collateralService.replace(/\/+$/, '') &&
      Math.abs(now() / 1000 - at) <= PRESENT_SECONDS,
    async collateralFor(platform, at) {
      const { collateral, highest } = await current().collateralFor(platform, at);
      changed();
      return {
        collateral,
        highest: {
          evaluation: highest.evaluationNumbers.tcbInfo,
          rootCrl: highest.crlNumbers.root,
          pckCrl: highest.crlNumbers.pck,
        },
      };
    },
    editions: async (platform, at) => current().editions(platform, at),
    async entries() {
      await reading;
      return cache?.entries() ?? [];
    },
    async refresh() {
      const open = current();
      await reading;
      const results = await Promise.allSettled(
        open.entries().map(({ fmspc, ca, mode }) => open.refresh({ fmspc, ca }, mode)),
      );
      changed();
      const failed = results.find((result) => result.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    },
    rollbacks: () => rollbacks,
    problem: () => trouble,
    start: () => void currentOrNull(),
    async renew() {
      if (closed || (cache !== null && made === keyOf(settings()))) return;
      const old = cache;
      // from here on nobody is answered by the settings of before
      cache = null;
      currentOrNull();
      closing = Promise.all([closing, old?.close()]).then(() => undefined);
      await closing;
      changed();
    },
    async close() {
      closed = true;
      const last = cache;
      cache = null;
      await Promise.all([reading, closing, last?.close()]);
    },
  };
}

/** Of a plain file only: anything else could keep the node waiting. Errors: `COLLATERAL_SETTINGS`. */
function readCa(path: string): string {
  const refuse = (why: string): never => {
    throw new Refusal('COLLATERAL_SETTINGS', `The CA file ${path} cannot be read (${why}).`);
  };
  try {
    const found = statSync(path);
    if (!found.isFile()) return refuse('it is no file');
    if (found.size > LARGEST_CA) return refuse(`it has ${found.size} bytes`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Refusal) throw error;
    return refuse((error as NodeJS.ErrnoException).code ?? 'error');
  }
}
