/** The OrderedLog on a real etcd from Debian's package. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { toHex, utf8 } from '../../../src/protocol/bytes/index.ts';
import { openEtcdCommittee } from '../../../src/main/substrate/index.ts';
import { openThreadedStore } from '../../../src/main/store/index.ts';
import { orderedLogCompliance } from '../../compliance/ordered-log.ts';
import type { OrderedLogUnderTest } from '../../compliance/ordered-log.ts';
import { startEtcd } from '../../etcd.ts';
import type { Etcd } from '../../etcd.ts';
import { memberOf, newKey, newKeys, signerOf } from '../../member/net.ts';
import { describeWith } from '../../parts.ts';
import { keptScratch, scratch } from '../../scratch.ts';

describeWith('etcd', 'a log on etcd is an OrderedLog', () => {
  let etcd: Etcd;
  beforeAll(async () => {
    etcd = await startEtcd(keptScratch());
  });
  afterAll(() => etcd.stop());
  let ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });

  /** `n` members over one etcd, each with its own store; answers how each is seen. */
  async function committee(n: number): Promise<OrderedLogUnderTest[]> {
    const keys = Array.from({ length: n }, () => newKeys());
    const folders = keys.map(() => scratch());
    const members = { voters: keys.map(memberOf), learners: [], operators: [newKey().key] };
    const subject = new Uint8Array(randomBytes(32));
    const stops = new Map<number, () => Promise<void>>();
    const stopAll = async (): Promise<void> => {
      for (const stop of stops.values()) await stop();
    };
    const start = async (at: number): Promise<OrderedLogUnderTest> => {
      const store = await openThreadedStore({
        path: join(folders[at]!, 'store.db'),
        headPath: join(folders[at]!, 'head'),
        rules: 'none',
      });
      const log = await openEtcdCommittee({
        endpoints: etcd.endpoints,
        subject,
        self: toHex(keys[at]!.node.key),
        members,
        signer: signerOf(keys[at]!),
        store,
        now: Date.now,
        note: () => undefined,
      });
      let stopped = false;
      const stop = async (): Promise<void> => {
        if (stopped) return;
        stopped = true;
        await log.close();
        await store.close();
      };
      stops.set(at, stop);
      return {
        log,
        store,
        stop: stopAll,
        async reopen() {
          await stop();
          return start(at);
        },
      };
    };
    ends.push(stopAll);
    return Promise.all(keys.map((_, at) => start(at)));
  }

  orderedLogCompliance(async () => (await committee(3))[0]!);

  it('has one order for members that write at once, and each folds all of it', async () => {
    const seats = await committee(3);
    const done = await Promise.all(
      seats.flatMap(({ log }, at) =>
        Array.from(
          { length: 50 },
          (_, n) => log.append({ bytes: utf8(`${at}/${n}`), sig: new Uint8Array(64) }).committed,
        ),
      ),
    );
    expect(done.map(({ index }) => index).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 150 }, (_, n) => n),
    );
    for (const { log } of seats)
      for (let wait = 0; log.head().size < 150 && wait < 400; wait++)
        await new Promise((resolve) => setTimeout(resolve, 50));
    const roots = await Promise.all(seats.map(async ({ store }) => toHex(await store.rootAt(150))));
    expect(new Set(roots).size).toBe(1);
  });
});
