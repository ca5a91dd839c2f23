/** What appends to a log in etcd, over an etcd in memory that loses an answer when the test wants it to. */
import { expect, it } from 'vitest';
import { fromUtf8, Refusal, utf8 } from '../../../src/protocol/bytes/index.ts';
import { createAppender } from '../../../src/main/substrate/etcd/appender.ts';
import type { EtcdClient } from '../../../src/main/substrate/etcd/client.ts';
import { pause } from './universe/support.ts';

const logKey = (index: number): string => String(index).padStart(6, '0');

/** An etcd whose first answer is lost, and a store that folds what it has a little later. */
function lossy() {
  const log = new Map<string, Uint8Array>();
  let lost = false;
  let size = 0;
  const etcd: Pick<EtcdClient, 'create' | 'range'> = {
    async create({ absent, present = [], put }) {
      await pause(5);
      if (absent.some((key) => log.has(key)) || present.some((key) => !log.has(key))) return false;
      for (const [key, value] of put) log.set(key, value);
      if (lost) return true;
      lost = true;
      throw new Refusal('ETCD_UNREACHABLE', 'The answer is lost.');
    },
    async range(from, end) {
      const keys = [...log].filter(([key]) => key >= from && key < end).toSorted();
      return { keys: keys.map(([key, value]) => ({ key, value, revision: 1 })), revision: 1 };
    },
  };
  const fold = (): void =>
    void setTimeout(() => {
      for (; log.has(logKey(size)); size++)
        appender.folded({ index: size } as Parameters<typeof appender.folded>[0]);
    }, 30);
  const grown = async (): Promise<void> => {
    fold();
    await pause(50);
  };
  const appender = createAppender({ etcd, logKey, size: () => size, grown, take: fold });
  return { appender, fold, texts: () => [...log.values()].map(fromUtf8) };
}

it('an answer is lost while the same entry waits once more, and another one behind it: each has a place', async () => {
  const { appender, fold, texts } = lossy();
  const watch = setInterval(fold, 40);
  const done = await Promise.all(['x', 'x', 'y'].map((text) => appender.append(utf8(text))));
  clearInterval(watch);
  expect(done.map(({ index }) => index)).toEqual([0, 1, 2]);
  expect(texts()).toEqual(['x', 'x', 'y']);
});
