import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openThreadedStore } from '../../../src/main/store/index.ts';
import type { StoreOptions } from '../../../src/main/store/index.ts';
import { command, storeCompliance } from '../../compliance/store.ts';
import type { StoreUnderTest } from '../../compliance/store.ts';
import { codeFrom } from '../../refusal.ts';
import { keptScratch, scratch } from '../../scratch.ts';

async function start(options: StoreOptions): Promise<StoreUnderTest> {
  const store = await openThreadedStore(options);
  return {
    store,
    close: () => store.close(),
    second: () => start(options),
    async reopen() {
      await store.close();
      return start(options);
    },
  };
}
const optionsIn = (folder: string, rules: StoreOptions['rules'] = 'none'): StoreOptions => ({
  path: join(folder, 'store.db'),
  headPath: join(folder, 'head'),
  rules,
});

describe('the store behind a thread is a Store', () => {
  storeCompliance(async (rules) => start(optionsIn(keptScratch(), rules)));

  it('settles everything when it is closed: recorded, or refused with STORE_CLOSED', async () => {
    const folder = scratch();
    const { store } = await start(optionsIn(folder));
    const all = Array.from({ length: 50 }, (_, n) =>
      store.append([command(n)]).then(
        ({ appended }) => appended[0]!.index,
        (error: { code: string }) => error.code,
      ),
    );
    await store.close();
    const outcomes = await Promise.all(all);
    const recorded = outcomes.filter((outcome) => typeof outcome === 'number');
    expect(recorded).toEqual(recorded.map((_, n) => n));
    expect(new Set(outcomes.slice(recorded.length))).toEqual(new Set(['STORE_CLOSED']));
    expect(await codeFrom(store.append([command(0)]))).toBe('STORE_CLOSED');
    expect(await codeFrom(store.entry(0))).toBe('STORE_CLOSED');
    const again = await start(optionsIn(folder));
    expect(again.store.health.size).toBe(recorded.length);
    await again.close();
  });

  it('says why it cannot be opened, with the same code as in this thread', async () => {
    const folder = scratch();
    expect(await codeFrom(openThreadedStore(optionsIn(join(folder, 'nowhere'))))).toBe('STORE_UNWRITABLE');
  });
});
