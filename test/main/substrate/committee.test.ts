/** The embedded Raft behind the OrderedLog port: one member's view of a committee of three, all of them real. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, describe } from 'vitest';
import { openCommittee } from '../../../src/main/substrate/index.ts';
import { openThreadedStore } from '../../../src/main/store/index.ts';
import { orderedLogCompliance } from '../../compliance/ordered-log.ts';
import type { OrderedLogUnderTest } from '../../compliance/ordered-log.ts';
import { acquaint, memberOf, newKey, newKeys, QUICK, startNode } from '../../member/net.ts';
import type { TestKeys, TestNode } from '../../member/net.ts';
import { scratch } from '../../scratch.ts';

interface Running {
  readonly node: TestNode;
  readonly log: OrderedLogUnderTest['log'];
  readonly store: OrderedLogUnderTest['store'];
  stop(): Promise<void>;
}

let ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end()));
});

/** A committee of three; the first member is the one under test. */
async function open(): Promise<OrderedLogUnderTest> {
  const keys = [newKeys(), newKeys(), newKeys()];
  const folders = keys.map(() => scratch());
  const genesis = { voters: keys.map(memberOf), learners: [], operators: [newKey().key] };
  const [secret, subject] = [new Uint8Array(randomBytes(32)), new Uint8Array(randomBytes(32))];
  const running: (Running | undefined)[] = [];

  const start = async (n: number): Promise<Running> => {
    const folder = folders[n]!;
    const node = await startNode(folder, keys[n] as TestKeys);
    await acquaint([...running.filter((one) => one !== undefined).map((one) => one.node), node]);
    const store = await openThreadedStore({
      path: join(folder, 'store.db'),
      headPath: join(folder, 'head'),
      rules: 'none',
    });
    const log = await openCommittee({ groups: node.groups, store, subject, secret, genesis, timing: QUICK });
    let stopped = false;
    const one = {
      node,
      log,
      store,
      async stop() {
        if (stopped) return;
        stopped = true;
        await log.close();
        await node.stop();
        await store.close();
      },
    };
    running[n] = one;
    return one;
  };
  const view = (one: Running): OrderedLogUnderTest => ({
    log: one.log,
    store: one.store,
    async stop() {
      await Promise.all(running.map((each) => each?.stop()));
    },
    async reopen() {
      await one.stop();
      running[0] = undefined;
      return view(await start(0));
    },
  });
  for (const n of [0, 1, 2]) await start(n);
  ends.push(async () => {
    await Promise.all(running.map((each) => each?.stop()));
  });
  return view(running[0]!);
}

describe('a committee of three is an OrderedLog', () => {
  orderedLogCompliance(open);
});
