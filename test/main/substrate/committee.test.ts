/** The embedded Raft behind the OrderedLog port: one member's view of a committee of three, all of them real. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { openCommittee } from '../../../src/main/substrate/index.ts';
import type { Committee, LogStep, OrderedLog } from '../../../src/main/substrate/index.ts';
import { openThreadedStore } from '../../../src/main/store/index.ts';
import type { Store } from '../../../src/main/store/index.ts';
import { fromUtf8, Refusal, utf8 } from '../../../src/protocol/bytes/index.ts';
import { orderedLogCompliance } from '../../compliance/ordered-log.ts';
import type { OrderedLogUnderTest } from '../../compliance/ordered-log.ts';
import { acquaint, memberOf, newKey, newKeys, QUICK, startNode } from '../../member/net.ts';
import type { TestKey, TestKeys, TestNode } from '../../member/net.ts';
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

interface Circumstances {
  /** What the first member folds into, in place of its store. */
  readonly made?: (store: Store) => Store;
  /** The keys that a member has. */
  readonly keysOf?: () => TestKeys;
}

/** A committee of three; the first member is the one under test. */
async function open({ made = (store) => store, keysOf = newKeys }: Circumstances = {}): Promise<
  OrderedLogUnderTest & { readonly logs: readonly OrderedLog[] }
> {
  const keys = [keysOf(), keysOf(), keysOf()];
  const folders = keys.map(() => scratch());
  const genesis = { voters: keys.map(memberOf), learners: [], operators: [newKey().key] };
  const [secret, subject] = [new Uint8Array(randomBytes(32)), new Uint8Array(randomBytes(32))];
  const running: (Running | undefined)[] = [];

  const start = async (n: number): Promise<Running> => {
    const folder = folders[n]!;
    const node = await startNode(folder, keys[n] as TestKeys);
    await acquaint([...running.filter((one) => one !== undefined).map((one) => one.node), node]);
    const own = await openThreadedStore({
      path: join(folder, 'store.db'),
      headPath: join(folder, 'head'),
      rules: 'none',
    });
    const store = n === 0 ? made(own) : own;
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
  const view = (one: Running) => ({
    logs: running.flatMap((each) => (each === undefined ? [] : [each.log])),
    log: one.log,
    store: one.store,
    async stop() {
      await Promise.all(running.map((each) => each?.stop()));
    },
    async reopen(): Promise<OrderedLogUnderTest> {
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
  orderedLogCompliance(() => open());

  it('counts a checkpoint of the others once its own store has what it covers', async () => {
    let size = 0;
    const kept: { checkpoint: number; size: number }[] = [];
    const made = (store: Store): Store => ({
      ...store,
      async append(...given) {
        // the others cosign meanwhile
        await delay(500);
        const batch = await store.append(...given);
        ({ size } = batch);
        return batch;
      },
      putCheckpoint(row) {
        kept.push({ checkpoint: row.size, size });
        return store.putCheckpoint(row);
      },
    });
    const one = await open({ made });
    const steps: LogStep[] = [];
    one.log.subscribe((step) => steps.push(step));
    const { index, size: covered } = await one.log.append({ bytes: utf8('one'), sig: new Uint8Array(64) })
      .committed;
    expect(steps.map(({ kind }) => kind)).toEqual(['sequenced', 'committed']);
    expect(one.log.head().checkpoint?.size).toBe(covered);
    expect(covered).toBeGreaterThan(index);
    for (const row of kept) expect(row.checkpoint).toBeLessThanOrEqual(row.size);
    expect(kept.length).toBeGreaterThan(0);
    await one.stop();
  });

  it('signs and cosigns what it ordered while the keys were locked, once they are not, and nothing else has to happen', async () => {
    let locked = true;
    const lockable = ({ key, sign }: TestKey): TestKey => ({
      key,
      sign(message) {
        if (locked) throw new Refusal('VAULT_LOCKED', 'The keys are locked.');
        return sign(message);
      },
    });
    const keysOf = (): TestKeys => {
      const { node, log, cosigner } = newKeys();
      return { node, log: lockable(log), cosigner: lockable(cosigner) };
    };
    const one = await open({ keysOf });
    const { sequenced, committed } = one.log.append({ bytes: utf8('one'), sig: new Uint8Array(64) });
    expect((await sequenced).index).toBe(0);
    await delay(500);
    expect(one.log.head().checkpoint).toBeNull();
    // whoever leads signs first; the others have been asked in vain, or are asked now
    locked = false;
    for (const log of one.logs) log.resume();
    expect((await committed).size).toBe(1);
    await one.stop();
  });

  it('cosigns what it was asked for while its keys were locked', async () => {
    const locked = new Set<TestKeys>();
    const made: TestKeys[] = [];
    const keysOf = (): TestKeys => {
      const keys = newKeys();
      const own: TestKeys = {
        ...keys,
        cosigner: {
          key: keys.cosigner.key,
          sign(message) {
            if (locked.has(own)) throw new Refusal('VAULT_LOCKED', 'The keys are locked.');
            return keys.cosigner.sign(message);
          },
        },
      };
      made.push(own);
      return own;
    };
    const one = await open({ keysOf });
    await one.log.append({ bytes: utf8('one'), sig: new Uint8Array(64) }).committed;
    const leads = (one.logs as readonly Committee[]).findIndex(
      ({ group }) => group.status().role === 'leader',
    );
    for (const [n, keys] of made.entries()) if (n !== leads) locked.add(keys);
    const { sequenced, committed } = one.log.append({ bytes: utf8('two'), sig: new Uint8Array(64) });
    await sequenced;
    await delay(500);
    expect(one.log.head().checkpoint?.size).toBe(1);
    locked.clear();
    for (const [n, log] of one.logs.entries()) if (n !== leads) log.resume();
    expect((await committed).size).toBe(2);
    await one.stop();
  });

  it('stops, and writes nothing, where its store has an entry that the Group orders otherwise', async () => {
    const folder = scratch();
    const keys = newKeys();
    const node = await startNode(folder, keys);
    const paths = { path: join(folder, 'store.db'), headPath: join(folder, 'head') };
    const opened = () => openThreadedStore({ ...paths, rules: 'none' });
    let store = await opened();
    ends.push(async () => {
      await node.stop();
      await store.close();
    });
    const command = (text: string) => ({ bytes: utf8(text), sig: new Uint8Array(64) });
    const [secret, subject] = [new Uint8Array(randomBytes(32)), new Uint8Array(randomBytes(32))];
    const genesis = { voters: [memberOf(keys)], learners: [], operators: [newKey().key] };
    const joined = () =>
      openCommittee({ groups: node.groups, store, subject, secret, genesis, timing: QUICK });
    const first = await joined();
    await first.append(command('one')).committed;
    await first.close();
    await store.append([command('of somebody else')]);
    await store.close();
    store = await opened();
    const second = await joined();
    await expect(second.append(command('two')).sequenced).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    expect(second.group.status().stopped).toContain('Entry 1 of this store');
    expect((await store.range(0, 9)).map(({ bytes }) => fromUtf8(bytes))).toEqual([
      'one',
      'of somebody else',
    ]);
    await second.close();
  });
});
