import { join } from 'node:path';
import { describe } from 'vitest';
import { openLocalStore } from '../../../src/main/store/index.ts';
import type { LocalStore, Store, StoreOptions } from '../../../src/main/store/index.ts';
import { storeCompliance } from '../../compliance/store.ts';
import type { StoreUnderTest } from '../../compliance/store.ts';
import { keptScratch } from '../../scratch.ts';

/** The synchronous store behind the port's promises; a throw becomes a rejection. */
export function asStore(local: LocalStore): Store {
  const methods = Object.entries(local).map(([name, part]) => [
    name,
    typeof part === 'function'
      ? async (...args: never[]) => (part as (...given: never[]) => unknown)(...args)
      : part,
  ]);
  return Object.fromEntries(methods) as Store;
}

function start(options: StoreOptions): StoreUnderTest {
  const store = asStore(openLocalStore(options));
  return {
    store,
    close: () => store.close(),
    second: async () => start(options),
    async reopen() {
      await store.close();
      return start(options);
    },
  };
}

describe('the store in this thread is a Store', () => {
  storeCompliance(async (rules) => {
    const folder = keptScratch();
    return start({ path: join(folder, 'store.db'), headPath: join(folder, 'head'), rules });
  });
});
