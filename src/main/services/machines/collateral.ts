/** The node's collateral cache for the service of its settings; made anew when those change. */
import { readFileSync } from 'node:fs';
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
  /** Called with a sentence when something was dropped or could not be kept. */
  readonly note: (sentence: string) => void;
  /** Called when entries or alarms changed. */
  readonly changed: () => void;
}

export interface CollateralKeeper {
  /** True when `url` is the service of the settings and `at` (Unix seconds) is about now. */
  isCurrent(url: string, at: number): boolean;
  /** Time-outs, proxy and CA of the settings. Errors: `COLLATERAL_SETTINGS`. */
  connection(): { timeoutMs: number; totalMs: number; proxy?: string; ca?: string };
  /** Errors: as the cache. */
  collateralFor(platform: PlatformQuery, at: number): Promise<FetchedCollateral>;
  editions(platform: PlatformQuery, at: number): Promise<{ standard: Edition; early: Edition }>;
  entries(): CollateralEntry[];
  /** Fetches every kept set anew; the first failure is thrown at the end. */
  refresh(): Promise<void>;
  rollbacks(): readonly RollbackAlarm[];
  start(): Promise<void>;
  /** Takes new settings. */
  renew(): Promise<void>;
  close(): Promise<void>;
}

/** Alarms kept until the node stops. */
const KEPT_ALARMS = 50;

export function createCollateralKeeper(ports: CollateralKeeperPorts): CollateralKeeper {
  const { store, settings, now, random, note, changed } = ports;
  let cache: CollateralCache | null = null;
  let made = '';
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
  const current = (): CollateralCache => {
    if (cache === null) {
      const { collateralService, collateralUpdate } = settings();
      made = keyOf(settings());
      cache = createCollateralCache({
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
    }
    return cache;
  };
  const close = async (): Promise<void> => {
    const open = cache;
    cache = null;
    await open?.close();
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
        facts: {
          highestEvaluationNumber: highest.evaluationNumbers.tcbInfo,
          highestCrlNumbers: highest.crlNumbers,
        },
      };
    },
    editions: (platform, at) => current().editions(platform, at),
    entries: () => cache?.entries() ?? [],
    async refresh() {
      const open = current();
      const results = await Promise.allSettled(
        open.entries().map(({ fmspc, ca, mode }) => open.refresh({ fmspc, ca }, mode)),
      );
      changed();
      const failed = results.find((result) => result.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    },
    rollbacks: () => rollbacks,
    start: () => current().start(),
    async renew() {
      if (made === keyOf(settings())) return;
      await close();
      await current().start();
      changed();
    },
    close,
  };
}

/** Errors: `COLLATERAL_SETTINGS`. */
function readCa(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Refusal(
      'COLLATERAL_SETTINGS',
      `The CA file ${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'}).`,
    );
  }
}
