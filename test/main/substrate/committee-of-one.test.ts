import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/protocol/bytes/index.ts';
import { nodeOrigin, openCommitteeOfOne } from '../../../src/main/substrate/log/index.ts';
import { openThreadedStore } from '../../../src/main/store/index.ts';
import type { KeyVault } from '../../../src/main/store/index.ts';
import { orderedLogCompliance } from '../../compliance/ordered-log.ts';
import type { OrderedLogUnderTest } from '../../compliance/ordered-log.ts';
import { memoryVault } from '../../keys.ts';
import { scratch } from '../../scratch.ts';

async function start(folder: string, vault: KeyVault): Promise<OrderedLogUnderTest> {
  const store = await openThreadedStore({
    path: join(folder, 'store.db'),
    headPath: join(folder, 'head'),
    rules: 'none',
  });
  const log = openCommitteeOfOne({ origin: nodeOrigin('00'), store, vault, now: () => Date.now() });
  const stop = async (): Promise<void> => {
    await log.close();
    await store.close();
  };
  return {
    log,
    store,
    stop,
    async reopen() {
      await stop();
      return start(folder, vault);
    },
  };
}

const open = async (): Promise<OrderedLogUnderTest> => {
  const vault = memoryVault();
  await vault.create();
  return start(scratch(), vault);
};

describe('a committee of one is an OrderedLog', () => {
  orderedLogCompliance(open);

  it('orders nothing while the vault is locked beyond what it can sign', async () => {
    const folder = scratch();
    const vault = memoryVault();
    await vault.create();
    const one = await start(folder, vault);
    await one.log.append({ bytes: utf8('a'), sig: new Uint8Array(64) }).committed;
    vault.lock();
    const late = one.log.append({ bytes: utf8('b'), sig: new Uint8Array(64) });
    expect((await late.sequenced).index).toBe(1);
    await expect(late.committed).rejects.toMatchObject({ code: 'VAULT_LOCKED' });
    await vault.unlock();
    const again = await one.reopen();
    // the head that could not be signed then is signed now
    expect(again.log.head().checkpoint?.size).toBe(2);
    await again.stop();
  });
});
