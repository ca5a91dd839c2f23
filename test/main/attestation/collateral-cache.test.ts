/** The collateral cache (tdx.md 4) under a clock of the test: no test waits for real time. */
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  checkCollateral,
  type CollateralCache,
  type CollateralCacheOptions,
  type CollateralMode,
  type CollateralSource,
  type CollateralStore,
  createCollateralCache,
  createCollateralService,
  createFolderCollateralSource,
  createFolderCollateralStore,
  createMemoryCollateralStore,
  type FoundCollateral,
  type RollbackAlarm,
} from '../../../src/main/attestation/index.ts';
import type { Collateral, PlatformQuery } from '../../../src/protocol/attestation/index.ts';
import { fromUtf8, Refusal, utf8 } from '../../../src/protocol/bytes/index.ts';
import { describeWith, vectorsFolder } from '../../parts.ts';
import { vectorCollateral } from '../../protocol/attestation/vectors.ts';
import { codeFrom, refusalFrom } from '../../refusal.ts';
import { scratch } from '../../scratch.ts';
import { collateralSourceSuite, known } from './collateral-source.ts';
import { type OwnAuthority, type OwnSet, ownAuthority } from './own-collateral.ts';
import { faults, startPccs } from './pccs.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const issued = 1_780_000_000;
const start = issued * SECOND;
const spr: PlatformQuery = { fmspc: '00806f050000', ca: 'platform' };
const key = 'set-00806f050000-platform-standard';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** Lets everything run that waits for nothing but promises and small files. */
const settle = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
};

/** A clock with its timers. */
function newClock(at: number) {
  let now = at;
  const waiting = new Set<{ at: number; run: () => void }>();
  return {
    now: () => now,
    timers: {
      set(run: () => void, ms: number) {
        const timer = { at: now + ms, run };
        waiting.add(timer);
        return timer;
      },
      clear: (timer: unknown) => void waiting.delete(timer as { at: number; run: () => void }),
    },
    waiting,
    /** Goes on, and runs each timer at its time. */
    async go(ms: number) {
      const end = now + ms;
      for (;;) {
        const next = [...waiting].toSorted((a, b) => a.at - b.at)[0];
        if (next === undefined || next.at > end) break;
        now = Math.max(now, next.at);
        waiting.delete(next);
        next.run();
        await settle();
      }
      now = end;
    },
  };
}

let own: OwnAuthority;
beforeAll(async () => {
  own = await ownAuthority();
});

/** A source that a test plays itself. */
interface Played {
  readonly calls: { platform: PlatformQuery; mode: CollateralMode | undefined }[];
  answer: (mode: CollateralMode | undefined) => Promise<FoundCollateral>;
  gives(next: Collateral | Refusal): void;
  readonly source: CollateralSource;
}
function newSource(set: Collateral | Refusal): Played {
  const played: Played = {
    calls: [],
    async answer() {
      if (set instanceof Refusal) throw set;
      return { collateral: set, origin: 'played' };
    },
    gives(next) {
      set = next;
    },
    source: {
      name: 'played',
      collateralFor(platform, _at, mode) {
        played.calls.push({ platform, mode });
        return played.answer(mode);
      },
    },
  };
  return played;
}

interface World {
  readonly cache: CollateralCache;
  readonly clock: ReturnType<typeof newClock>;
  readonly played: Played;
  readonly store: CollateralStore;
  readonly alarms: RollbackAlarm[];
  readonly notes: string[];
  /** Another cache on the same store and clock, as after a restart. */
  again(options?: Partial<CollateralCacheOptions>): CollateralCache;
}

async function newWorld(
  first: OwnSet | Refusal = { issued },
  options: Partial<CollateralCacheOptions> = {},
): Promise<World> {
  const clock = newClock(start);
  const played = newSource(first instanceof Refusal ? first : await own.collateral(first));
  const store = createMemoryCollateralStore();
  const alarms: RollbackAlarm[] = [];
  const notes: string[] = [];
  const again = (more: Partial<CollateralCacheOptions> = {}): CollateralCache => {
    const cache = createCollateralCache({
      source: played.source,
      store,
      now: clock.now,
      random: () => 0,
      timers: clock.timers,
      verify: (request) => checkCollateral({ ...request, root: own.root }),
      onAlarm: (alarm) => alarms.push(alarm),
      onNote: (note) => notes.push(note),
      ...options,
      ...more,
    });
    cleanups.push(() => cache.close());
    return cache;
  };
  return { cache: again(), clock, played, store, alarms, notes, again };
}
const away = (code = 'COLLATERAL_UNREACHABLE') => new Refusal(code, 'Nobody answers.');
const ask = (cache: CollateralCache, mode?: CollateralMode) => cache.collateralFor(spr, issued, mode);

describe('a collateral cache', () => {
  it('asks once, and serves what it verified', async () => {
    const { cache, played } = await newWorld();
    const first = await ask(cache);
    expect(first).toMatchObject({
      origin: 'played',
      mode: 'standard',
      fetchedAt: start,
      notes: [],
      rolledBack: false,
      facts: { fmspc: spr.fmspc, evaluationNumbers: { tcbInfo: 18, qeIdentity: 18 } },
      highest: { evaluationNumbers: { tcbInfo: 18, qeIdentity: 18 }, crlNumbers: { root: '1', pck: '1' } },
    });
    expect((await ask(cache)).collateral).toBe(first.collateral);
    expect(await cache.collateralFor({ ...spr, fmspc: '00806F050000' }, issued)).toEqual(first);
    expect(played.calls).toEqual([{ platform: spr, mode: 'standard' }]);
  });

  it('asks once for many callers at a time, and tells all of them the same', async () => {
    const { cache, played } = await newWorld();
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(cache)));
    expect(new Set(answers.map(({ collateral }) => collateral)).size).toBe(1);
    expect(played.calls).toHaveLength(1);

    const broken = await newWorld(away());
    const codes = await Promise.all(Array.from({ length: 20 }, () => codeFrom(ask(broken.cache))));
    expect(new Set(codes)).toEqual(new Set(['COLLATERAL_UNREACHABLE']));
    expect(broken.played.calls).toHaveLength(1);
  });

  it('keeps families, CAs and editions apart', async () => {
    const { cache, played } = await newWorld();
    await ask(cache);
    await ask(cache, 'early');
    await ask(cache, 18);
    played.gives(await own.collateral({ issued, fmspc: '90c06f000000' }));
    await cache.collateralFor({ ...spr, fmspc: '90c06f000000' }, issued);
    played.gives(await own.collateral({ issued, ca: 'processor' }));
    await cache.collateralFor({ ...spr, ca: 'processor' }, issued);
    expect(cache.entries().map((entry) => entry.key)).toEqual([
      'set-00806f050000-platform-early',
      'set-00806f050000-platform-n18',
      'set-00806f050000-platform-standard',
      'set-00806f050000-processor-standard',
      'set-90c06f000000-platform-standard',
    ]);
    expect(played.calls.map(({ mode }) => mode)).toEqual(['standard', 'early', 18, 'standard', 'standard']);
  });

  it('asks for the edition it was made for where the caller names none', async () => {
    const { cache, played } = await newWorld({ issued }, { mode: 'early' });
    expect((await ask(cache)).mode).toBe('early');
    expect(played.calls[0]?.mode).toBe('early');
  });

  it('has no place for a platform that cannot be', async () => {
    const { cache, played } = await newWorld();
    for (const fmspc of ['', '../../etc/pw', '00806f05000', '00806f0500000'])
      expect(await codeFrom(cache.collateralFor({ fmspc, ca: 'platform' }, issued))).toBe(
        'COLLATERAL_NOT_FOUND',
      );
    expect(await codeFrom(ask(cache, -1))).toBe('COLLATERAL_NOT_FOUND');
    expect(await codeFrom(ask(cache, 1.5))).toBe('COLLATERAL_NOT_FOUND');
    expect(played.calls).toEqual([]);
  });

  it('gives both editions side by side, also when there is only one', async () => {
    const { cache, played } = await newWorld();
    const [standard, early] = [
      await own.collateral({ issued, tcbInfo: 18 }),
      await own.collateral({ issued, tcbInfo: 19 }),
    ];
    played.answer = async (mode) => ({ collateral: mode === 'early' ? early : standard, origin: 'played' });
    const both = await cache.editions(spr, issued);
    expect(both.standard.set?.facts.evaluationNumbers.tcbInfo).toBe(18);
    expect(both.early.set?.facts.evaluationNumbers.tcbInfo).toBe(19);

    const half = await newWorld();
    half.played.answer = async (mode) => {
      if (mode === 'early') throw away('COLLATERAL_GONE');
      return { collateral: standard, origin: 'played' };
    };
    const one = await half.cache.editions(spr, issued);
    expect(one.standard.problem).toBeNull();
    expect(one.early).toMatchObject({ set: null, problem: { code: 'COLLATERAL_GONE' } });
  });

  it('notes that a set does not cover the time asked for', async () => {
    const { cache } = await newWorld();
    expect((await cache.collateralFor(spr, issued - 1)).notes).toEqual([
      expect.stringMatching(/^Valid from .*, not at the time asked for\.$/),
    ]);
  });
});

describe('what is not verified', () => {
  it.each([
    ['of another family', { issued, fmspc: '90c06f000000' }, 'TCB_INFO_MISMATCH'],
    ['of another CA', { issued, ca: 'processor' }, 'PCK_CRL_ISSUER'],
    ['that has ended', { issued: issued - 31 * 86_400 }, 'PCK_CRL_EXPIRED'],
    ['from the future', { issued: issued + 1 }, 'ROOT_CRL_FUTURE'],
  ] as const)('is neither served nor kept: a set %s', async (_name, set, reason) => {
    const { cache, store } = await newWorld(set);
    const refusal = await refusalFrom(ask(cache));
    expect(refusal).toMatchObject({ code: 'COLLATERAL_REFUSED', details: { reason } });
    expect(refusal.message).toMatch(/^The set from played is not kept\. .{20}/);
    await settle();
    expect(await store.list()).toEqual([]);
    expect(cache.entries()).toMatchObject([
      { key, expires: null, nextRefresh: null, refresh: expect.stringMatching(/^failed: The set from/) },
    ]);
  });

  it('is neither served nor kept: a set under another root', async () => {
    const { cache } = await newWorld({ issued }, { verify: checkCollateral });
    expect(await codeFrom(ask(cache))).toBe('COLLATERAL_REFUSED');
  });

  it('is neither served nor kept: another number than the one asked for', async () => {
    const { cache } = await newWorld();
    expect((await refusalFrom(ask(cache, 17))).details).toEqual({ reason: 'TCB_EVAL_NUMBER' });
  });

  it('teaches the roll-back memory nothing', async () => {
    const { cache, played, alarms } = await newWorld();
    const forged = await own.collateral({ issued, tcbInfo: 99 });
    played.gives({ ...forged, tcb_info_signature: '00'.repeat(64) });
    expect(await codeFrom(ask(cache))).toBe('COLLATERAL_REFUSED');
    played.gives(await own.collateral({ issued }));
    await cache.refresh(spr);
    expect((await ask(cache)).highest.evaluationNumbers.tcbInfo).toBe(18);
    expect(alarms).toEqual([]);
  });
});

describe('refreshing', () => {
  it('comes ahead of time, in the third quarter of the life that is left, about daily at most', async () => {
    for (const [days, random, hours] of [
      [30, 0, 12],
      [30, 0.999_999, 18],
      [0.5, 0, 6],
      [0.5, 0.999_999, 9],
    ] as const) {
      const { cache } = await newWorld({ issued, days }, { random: () => random });
      await ask(cache);
      expect(Math.round((cache.entries()[0]!.nextRefresh! - start) / HOUR)).toBe(hours);
    }
  });

  it('goes on by itself once started, and takes the newer set', async () => {
    const { cache, clock, played } = await newWorld();
    await cache.start();
    await ask(cache);
    await settle();
    played.gives(await own.collateral({ issued: issued + 3600, tcbInfo: 19 }));
    await clock.go(11 * HOUR);
    expect(played.calls).toHaveLength(1);
    await clock.go(2 * HOUR);
    expect(played.calls).toHaveLength(2);
    expect((await ask(cache)).facts.evaluationNumbers.tcbInfo).toBe(19);
    await clock.go(3 * DAY);
    expect(played.calls).toHaveLength(8);
  });

  it('happens behind the callers, who are served what is still valid', async () => {
    const { cache, clock, played } = await newWorld();
    const before = await ask(cache);
    let release = (_found: FoundCollateral): void => undefined;
    played.answer = () => new Promise((resolve) => (release = resolve));
    await clock.go(20 * HOUR);
    expect((await ask(cache)).collateral).toBe(before.collateral);
    expect((await ask(cache)).collateral).toBe(before.collateral);
    expect(cache.entries()[0]?.refresh).toBe('refreshing');
    expect(played.calls).toHaveLength(2);
    release({ collateral: await own.collateral({ issued: issued + 60 }), origin: 'played later' });
    await settle();
    expect(await ask(cache)).toMatchObject({ origin: 'played later', fetchedAt: start + 20 * HOUR });
    expect(cache.entries()[0]?.refresh).toBe('fresh');
  });

  it('that fails leaves the valid set in service, with a note, and is tried again ever more seldom', async () => {
    const { cache, clock, played } = await newWorld();
    await cache.start();
    await ask(cache);
    played.gives(away());
    await clock.go(12 * HOUR + SECOND);
    expect((await ask(cache)).notes).toEqual([
      'Kept since 2026-05-28T20:26:40Z; the latest refresh failed: Nobody answers.',
    ]);
    expect(cache.entries()[0]).toMatchObject({ refresh: 'failed: Nobody answers.' });
    const asked = played.calls.length;
    await clock.go(DAY);
    const oneDay = played.calls.length - asked;
    expect(oneDay).toBeGreaterThan(20);
    expect(oneDay).toBeLessThan(60);
    played.gives(await own.collateral({ issued: issued + 86_400 }));
    await clock.go(HOUR);
    const seconds = Math.floor(clock.now() / SECOND);
    expect((await cache.collateralFor(spr, seconds)).notes).toEqual([]);
  });

  it('never lets an expired set be served, and says why there is no newer one', async () => {
    const { cache, clock, played } = await newWorld();
    await cache.start();
    await ask(cache);
    played.gives(away());
    await clock.go(30 * DAY);
    expect((await ask(cache)).facts.expires).toBe(issued + 30 * 86_400);
    await clock.go(SECOND);
    const refusal = await refusalFrom(ask(cache));
    expect(refusal).toMatchObject({
      code: 'COLLATERAL_EXPIRED',
      details: { reason: 'COLLATERAL_UNREACHABLE' },
    });
    expect(refusal.message).toBe(
      'The collateral that is kept ended on 2026-06-27T20:26:40Z, and there is no newer one. Nobody answers.',
    );
    played.gives(await own.collateral({ issued: issued + 30 * 86_400 }));
    await clock.go(HOUR);
    const seconds = Math.floor(clock.now() / SECOND);
    expect((await cache.collateralFor(spr, seconds)).notes).toEqual([]);
  });

  it('tells of a failure again for a short time, without asking again', async () => {
    for (const [code, silence] of [
      ['COLLATERAL_UNREACHABLE', 15 * SECOND],
      ['COLLATERAL_NOT_FOUND', 5 * MINUTE],
    ] as const) {
      const { cache, clock, played } = await newWorld(away(code));
      for (const wait of [0, silence - 1]) {
        await clock.go(wait);
        expect(await codeFrom(ask(cache))).toBe(code);
      }
      expect(played.calls).toHaveLength(1);
      await clock.go(1);
      await codeFrom(ask(cache));
      expect(played.calls).toHaveLength(2);
    }
  });

  it('can be asked for at once', async () => {
    const { cache, played } = await newWorld();
    await ask(cache);
    await cache.refresh(spr);
    expect(played.calls).toHaveLength(2);
    played.gives(away());
    expect(await codeFrom(cache.refresh(spr))).toBe('COLLATERAL_UNREACHABLE');
    expect((await ask(cache)).notes).toHaveLength(1);
  });

  it('ends with the cache: no timer is left, and nothing is written any more', async () => {
    const { cache, clock, played, store } = await newWorld();
    await cache.start();
    await ask(cache);
    await cache.close();
    expect(clock.waiting.size).toBe(0);
    const kept = await store.get(key);
    await clock.go(MINUTE);
    played.gives(await own.collateral({ issued: issued + 60 }));
    await cache.refresh(spr);
    await settle();
    expect(clock.waiting.size).toBe(0);
    expect(await store.get(key)).toEqual(kept);
  });
});

describe('bounds', () => {
  it('forgets families that nobody vouched for before sets that were verified', async () => {
    const { cache, played, store } = await newWorld({ issued }, { mostSets: 3 });
    await ask(cache);
    played.gives(away('COLLATERAL_NOT_FOUND'));
    for (let i = 10; i < 40; i++)
      await codeFrom(cache.collateralFor({ fmspc: `0000000000${i}`, ca: 'platform' }, issued));
    expect(cache.entries()).toHaveLength(3);
    expect((await ask(cache)).facts.fmspc).toBe(spr.fmspc);
    expect(await store.list()).toContain(key);
  });

  it('does not ask for more families at a time than it has places', async () => {
    const { cache, played } = await newWorld({ issued }, { mostSets: 3 });
    played.answer = () => new Promise(() => undefined);
    const family = (i: number) => cache.collateralFor({ fmspc: `00000000000${i}`, ca: 'platform' }, issued);
    for (const i of [1, 2, 3]) void family(i);
    await settle();
    expect(await codeFrom(family(4))).toBe('COLLATERAL_SERVICE');
    expect(played.calls).toHaveLength(3);
    expect(cache.entries()).toHaveLength(3);
  });

  it('forgets the verified set that was used longest ago, on disk too', async () => {
    const { cache, played, store } = await newWorld({ issued }, { mostSets: 2 });
    for (const fmspc of ['000000000001', '000000000002', '000000000003']) {
      played.gives(await own.collateral({ issued, fmspc }));
      await cache.collateralFor({ fmspc, ca: 'platform' }, issued);
    }
    await settle();
    expect(cache.entries().map(({ fmspc }) => fmspc)).toEqual(['000000000002', '000000000003']);
    expect((await store.list()).toSorted()).toEqual([
      'memory',
      'set-000000000002-platform-standard',
      'set-000000000003-platform-standard',
    ]);
  });
});

describe('after a restart', () => {
  it('serves what was kept, verified again, without asking', async () => {
    const { cache, clock, played, again, notes } = await newWorld();
    const before = await ask(cache);
    await cache.close();
    await clock.go(HOUR);
    const next = again();
    await next.start();
    expect(await ask(next)).toEqual(before);
    expect(next.entries()[0]).toMatchObject({ key, fetchedAt: start, refresh: 'fresh' });
    expect(played.calls).toHaveLength(1);
    expect(notes).toEqual([]);
  });

  it.each([
    ['a changed signature', (text: string) => text.replace(/(tcb_info_signature":")./, '$1x')],
    [
      'a changed text',
      (text: string) => text.replace('\\"tcbEvaluationDataNumber\\":18', '\\"tcbEvaluationDataNumber\\":19'),
    ],
    ['a cut end', (text: string) => text.slice(0, -20)],
    ['a member twice', (text: string) => text.replace('{', '{"version":1,')],
    ['nothing', () => ''],
    ['something else', () => '[]'],
  ])('drops a kept file with %s, with a note, and asks again', async (_name, tamper) => {
    const { cache, played, store, again, notes } = await newWorld();
    await ask(cache);
    await cache.close();
    const text = fromUtf8((await store.get(key))!);
    expect(tamper(text)).not.toBe(text);
    await store.put(key, utf8(tamper(text)));
    const next = again();
    await next.start();
    expect(notes).toEqual([expect.stringMatching(`^The kept file ${key} was dropped: .{10}`)]);
    expect(await store.list()).toEqual(['memory']);
    await ask(next);
    expect(played.calls).toHaveLength(2);
  });

  it('drops a set that lies under the name of another family, and one that has ended', async () => {
    const moved = await newWorld();
    await ask(moved.cache);
    await moved.cache.close();
    await moved.store.put('set-90c06f000000-platform-standard', (await moved.store.get(key))!);
    await moved.again().start();
    expect(moved.notes).toEqual([expect.stringContaining('set-90c06f000000-platform-standard')]);

    const old = await newWorld();
    await ask(old.cache);
    await old.cache.close();
    await old.clock.go(31 * DAY);
    await old.again().start();
    expect(old.notes).toEqual([expect.stringMatching(/was dropped: .* ended on/)]);
  });

  it('goes on when its store cannot be read or written, and says so', async () => {
    const broken = async (): Promise<never> => {
      throw Object.assign(new Error('no'), { code: 'EACCES' });
    };
    const store: CollateralStore = { get: broken, put: broken, remove: broken, list: broken };
    const { cache, notes } = await newWorld({ issued }, { store });
    expect((await ask(cache)).rolledBack).toBe(false);
    await settle();
    expect(notes).toEqual([
      'What was kept of collateral cannot be read: EACCES.',
      'The roll-back memory could not be written: EACCES.',
      'The collateral could not be written: EACCES.',
    ]);
  });

  it('finds its files in a folder, of the owner only', async () => {
    const folder = join(scratch(), 'collateral');
    const { cache, again, played } = await newWorld(
      { issued },
      { store: createFolderCollateralStore(folder) },
    );
    await ask(cache);
    await cache.close();
    expect(readdirSync(folder).toSorted()).toEqual(['memory.json', `${key}.json`]);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    await ask(again());
    expect(played.calls).toHaveLength(1);

    const path = join(folder, `${key}.json`);
    chmodSync(path, 0o600);
    writeFileSync(path, readFileSync(path, 'utf8').replace('"origin"', '"Origin"'));
    await ask(again());
    expect(played.calls).toHaveLength(2);
  });
});

describe('the roll-back memory', () => {
  const day = 86_400;

  it('raises an alarm for every number that falls, once, and keeps the better set while it is valid', async () => {
    const { cache, played, alarms, clock } = await newWorld({ issued, tcbInfo: 18, rootCrl: 5, pckCrl: 7 });
    const before = await ask(cache);
    played.gives(await own.collateral({ issued: issued - day, tcbInfo: 17, rootCrl: 4, pckCrl: 6 }));
    await clock.go(20 * HOUR);
    await ask(cache);
    await settle();
    const alarm = { kind: 'rollback', at: start + 20 * HOUR };
    expect(alarms).toEqual([
      { ...alarm, what: 'tcb-info', of: '00806f050000/standard', seen: '18', now: '17' },
      { ...alarm, what: 'qe-identity', of: 'standard', seen: '18', now: '17' },
      { ...alarm, what: 'root-crl', of: 'root', seen: '5', now: '4' },
      { ...alarm, what: 'pck-crl', of: 'platform', seen: '7', now: '6' },
    ]);
    expect(await ask(cache)).toMatchObject({ collateral: before.collateral, rolledBack: false });
    expect(cache.entries()[0]?.refresh).toMatch(/^failed: The set from played is older than the one/);
    await codeFrom(cache.refresh(spr));
    expect(alarms).toHaveLength(4);
  });

  it('keeps the better set also when the lower one would last longer', async () => {
    const { cache, played } = await newWorld({ issued, tcbInfo: 18 });
    const before = await ask(cache);
    played.gives(await own.collateral({ issued, days: 40, tcbInfo: 17 }));
    expect((await refusalFrom(cache.refresh(spr))).details).toEqual({ reason: 'ROLLBACK' });
    expect((await ask(cache)).collateral).toBe(before.collateral);
  });

  it('keeps the set that ends later, when an older one of the same numbers comes', async () => {
    const { cache, played, alarms } = await newWorld();
    const before = await ask(cache);
    played.gives(await own.collateral({ issued: issued - day }));
    expect((await refusalFrom(cache.refresh(spr))).details).toEqual({ reason: 'ROLLBACK' });
    expect((await ask(cache)).collateral).toBe(before.collateral);
    expect(alarms).toEqual([]);
  });

  it('lasts beyond a restart, and marks a lower set where there is no better one', async () => {
    const { cache, played, alarms, store, again } = await newWorld({ issued, tcbInfo: 19, pckCrl: 9 });
    await ask(cache);
    await cache.close();
    await store.remove(key);
    played.gives(await own.collateral({ issued, tcbInfo: 18, pckCrl: 9 }));
    const marked = await ask(again());
    expect(marked).toMatchObject({
      rolledBack: true,
      facts: { evaluationNumbers: { tcbInfo: 18, qeIdentity: 18 } },
      highest: { evaluationNumbers: { tcbInfo: 19, qeIdentity: 19 }, crlNumbers: { root: '1', pck: '9' } },
    });
    expect(marked.rollbacks).toEqual(alarms);
    expect(marked.notes).toEqual([
      'The tcb-info (00806f050000/standard) has number 18; 19 was seen before.',
      'The qe-identity (standard) has number 18; 19 was seen before.',
    ]);
    expect(alarms).toHaveLength(2);
  });

  it('notices an older set that was put back into its file', async () => {
    const { cache, played, alarms, store, again } = await newWorld({ issued: issued - day, tcbInfo: 17 });
    await ask(cache);
    await settle();
    const old = (await store.get(key))!;
    played.gives(await own.collateral({ issued, tcbInfo: 18 }));
    await cache.refresh(spr);
    await cache.close();
    await store.put(key, old);
    expect(await ask(again())).toMatchObject({ rolledBack: true });
    expect(alarms.map(({ what }) => what)).toEqual(['tcb-info', 'qe-identity']);
  });

  it('does not compare one edition with another, nor a number that was asked for', async () => {
    const { cache, played, alarms } = await newWorld({ issued, tcbInfo: 19 });
    await ask(cache, 'early');
    played.gives(await own.collateral({ issued, tcbInfo: 18 }));
    await ask(cache, 'standard');
    played.gives(await own.collateral({ issued, tcbInfo: 17 }));
    expect((await ask(cache, 17)).highest.evaluationNumbers).toEqual({ tcbInfo: 17, qeIdentity: 17 });
    expect(alarms).toEqual([]);
  });

  it('begins anew from a file that is none, and says so', async () => {
    for (const text of [
      '',
      '{}',
      '{"version":1,"highest":{"tcb-info/x":"-1"}}',
      '{"version":1,"highest":[]}',
    ]) {
      const { cache, store, notes } = await newWorld();
      await store.put('memory', utf8(text));
      await ask(cache);
      await settle();
      expect(notes).toEqual(['The roll-back memory could not be read; it begins anew.']);
      expect(fromUtf8((await store.get('memory'))!)).toContain('"tcb-info/00806f050000/standard":"18"');
    }
  });
});

describe('with a service over HTTP', () => {
  it('has callers served through its troubles, and what they are told', async () => {
    const first = await own.collateral({ issued, tcbInfo: 18 });
    const pccs = await startPccs({ sets: [first] });
    cleanups.push(() => pccs.close());
    const source = createCollateralService({ base: pccs.base, tries: 1, timeoutMs: 2000 });
    const { cache, alarms } = await newWorld({ issued }, { source });
    const before = await ask(cache);
    expect(before.origin).toBe(`service ${pccs.base}`);
    expect(pccs.asked.filter((path) => path.includes('update=standard'))).toHaveLength(2);

    // an older set, still valid, replayed by somebody on the way
    pccs.serve([await own.collateral({ issued: issued - 86_400, tcbInfo: 17 })]);
    expect((await refusalFrom(cache.refresh(spr))).details).toEqual({ reason: 'ROLLBACK' });
    expect(alarms).toHaveLength(2);

    // another family under the name of this one
    const other = await own.collateral({ issued, fmspc: '90c06f000000' });
    pccs.serve([first]);
    pccs.breakPath(
      '/tcb?',
      faults.body(() => `{"tcbInfo":${other.tcb_info},"signature":"${other.tcb_info_signature}"}`),
    );
    expect((await refusalFrom(cache.refresh(spr))).details).toEqual({ reason: 'TCB_INFO_MISMATCH' });
    pccs.mend();

    // a service that is down
    pccs.breakPath('/certification/', faults.busy(100));
    expect(await codeFrom(cache.refresh(spr))).toBe('COLLATERAL_SERVICE');
    const kept = await ask(cache);
    expect(kept.collateral).toBe(before.collateral);
    expect(kept.notes).toEqual([expect.stringMatching(/latest refresh failed: .* at the moment \(503\)/)]);
    pccs.mend();

    // a newer set, and its early edition
    pccs.serve(
      [await own.collateral({ issued, tcbInfo: 19 })],
      [await own.collateral({ issued, tcbInfo: 20 })],
    );
    await cache.refresh(spr);
    const { standard, early } = await cache.editions(spr, issued);
    expect(standard.set?.facts.evaluationNumbers.tcbInfo).toBe(19);
    expect(early.set?.facts.evaluationNumbers.tcbInfo).toBe(20);
  });
});

describeWith('vectors', 'a collateral cache as a source', () => {
  const cached = (source: CollateralSource, at = known.at): CollateralCache => {
    const cache = createCollateralCache({
      source,
      store: createMemoryCollateralStore(),
      now: () => at * SECOND,
      random: () => 0.5,
    });
    cleanups.push(() => cache.close());
    return cache;
  };
  const served = async (): Promise<CollateralCache> => {
    const pccs = await startPccs({ sets: [vectorCollateral(known.set)], mirror: true });
    cleanups.push(() => pccs.close());
    return cached(createCollateralService({ base: pccs.base }));
  };

  describe('in front of a service', () => collateralSourceSuite(served));
  describe('in front of a folder', () =>
    collateralSourceSuite(async () =>
      cached(createFolderCollateralSource(join(vectorsFolder, 'tdx', 'collateral'))),
    ));
});
