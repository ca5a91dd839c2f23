/**
 * One member of a Group as a process of its own, driven over IPC: `node test/member/member.ts` forked by tests, the
 * bench and the soak. Everything in it is the product's own; only the machine is a list or a counter.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fromHex, fromUtf8, toHex, utf8 } from '../../src/protocol/bytes/index.ts';
import { leafBytes, parseLeaf } from '../../src/protocol/log/index.ts';
import type { Timing } from '../../src/protocol/raft/index.ts';
import { openThreadedStore } from '../../src/main/store/index.ts';
import type { Store } from '../../src/main/store/index.ts';
import { openCommittee } from '../../src/main/substrate/group/index.ts';
import type { Committee, Group } from '../../src/main/substrate/group/index.ts';
import { latencies } from '../bench/measure.ts';
import type { Measured } from '../bench/measure.ts';
import { serveProcess } from '../process-calls.ts';
import { chainMachine, countMachine, listMachine } from './machine.ts';
import type { ChainMachine, ListMachine } from './machine.ts';
import { keyFrom, keysFrom, memberOf, startNode } from './net.ts';
import type { TestNode } from './net.ts';

export interface MemberSetup {
  /** Hex, 32 bytes each. */
  readonly seed: string;
  readonly voters: readonly string[];
  readonly operator: string;
  readonly secret: string;
  readonly folder: string;
  readonly listen: string;
  /** `store`: the member is in a committee, and folds into a store of its own. */
  readonly machine: 'list' | 'count' | 'chain' | 'store';
  readonly timing: Partial<Timing>;
  /** Groups of the same shape and other secrets, beside the first. */
  readonly more?: number;
}

/** What a member is asked over IPC, and what it answers. */
export interface MemberCalls {
  start(setup: MemberSetup): Promise<{ self: string; addresses: readonly string[] }>;
  learn(peers: readonly { self: string; addresses: readonly string[] }[]): Promise<void>;
  status(): Promise<{
    role: string;
    term: number;
    leader: string | null;
    commit: number;
    applied: number;
    online: boolean;
    stopped: string | null;
    checkpoint: number;
    bonds: number;
    notes: readonly string[];
    rss: number;
    heap: number;
  }>;
  online(): Promise<void>;
  /** Commits `text`; answers its leaf index. */
  execute(text: string): Promise<number>;
  /** Keeps `inFlight` commands of `size` bytes going; latencies in milliseconds. */
  load(inFlight: number, ms: number, size: number): Promise<Measured>;
  /** Submits `<prefix>-0`, `<prefix>-1` … until told to stop. */
  begin(prefix: string, inFlight: number): Promise<void>;
  /** Submits one command, waits for it and then `ms`, and again, until told to stop. */
  trickle(prefix: string, ms: number): Promise<void>;
  /** Ends that, when what is under way is acknowledged; acknowledgements are told as they come. */
  end(): Promise<void>;
  digest(): Promise<{ count: number; sha256: string; root: string }>;
  list(): Promise<readonly string[]>;
  applied(count: number): Promise<void>;
  transfer(to: string): Promise<void>;
  members(voters: readonly string[], learners: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

let node: TestNode;
let group: Group<unknown>;
let machine: ListMachine | null = null;
let chain: ChainMachine | null = null;
let store: Store | null = null;
let committee: Committee | null = null;
let setup: MemberSetup;
let ending = false;
let loading: Promise<unknown> = Promise.resolve();
let submitted = 0;

/** A command as the member's machine takes it. */
const leafOf = (text: string): Uint8Array =>
  store === null ? utf8(text) : leafBytes(utf8(text), new Uint8Array(64));
const textOf = (leaf: Uint8Array): string => fromUtf8(store === null ? leaf : parseLeaf(leaf).bytes);

const membership = (voters: readonly string[], learners: readonly string[]) => ({
  voters: voters.map((seed) => memberOf(keysFrom(fromHex(seed, 32)))),
  learners: learners.map((seed) => memberOf(keysFrom(fromHex(seed, 32)))),
  operators: [keyFrom(fromHex(setup.operator, 32)).key],
});

const calls: MemberCalls = {
  async start(given) {
    setup = given;
    node = await startNode(given.folder, keysFrom(fromHex(given.seed, 32)), [given.listen]);
    machine = given.machine === 'list' ? listMachine() : null;
    chain = given.machine === 'chain' ? chainMachine() : null;
    const genesis = membership(given.voters, []);
    const config = { genesis, timing: given.timing };
    const shared = fromHex(given.secret, 32);
    if (given.machine === 'store') {
      store = await openThreadedStore({
        path: join(given.folder, 'store.db'),
        headPath: join(given.folder, 'head'),
        rules: 'none',
      });
      committee = await openCommittee({
        ...config,
        groups: node.groups,
        store,
        subject: shared,
        secret: shared,
      });
      ({ group } = committee);
    } else {
      const own = machine ?? chain ?? countMachine();
      group = await node.groups.join({ ...config, secret: shared, machine: own });
    }
    for (let n = 1; n <= (given.more ?? 0); n++) {
      const secret = fromHex(given.secret, 32);
      secret[0] = (secret[0] ?? 0) ^ n;
      await node.groups.join({ ...config, secret, machine: countMachine() });
    }
    return { self: node.self, addresses: node.universe.addresses() };
  },
  async learn(peers) {
    for (const { self, addresses } of peers)
      if (self !== node.self) await node.universe.learn(self, addresses);
  },
  async status() {
    const { role, term, leader, commit, applied, online, stopped, checkpoint } = group.status();
    // where the process was started with --expose-gc, what counts is what is left after it
    (globalThis as { gc?: () => void }).gc?.();
    const { rss, heapUsed } = process.memoryUsage();
    return {
      role,
      term,
      leader,
      commit,
      applied,
      online,
      stopped,
      checkpoint: checkpoint?.size ?? 0,
      bonds: node.groups.bonds().length,
      notes: node.notes,
      rss,
      heap: heapUsed,
    };
  },
  online: () => group.when.online(),
  execute: async (text) => (await group.execute(leafOf(text))).index,
  async load(inFlight, ms, size) {
    const leaf = new Uint8Array(size);
    return latencies(ms, inFlight, () => group.execute(leaf));
  },
  async begin(prefix, inFlight) {
    ending = false;
    const worker = async (): Promise<void> => {
      while (!ending) {
        const text = `${prefix}-${submitted++}`;
        try {
          const { index } = await group.execute(leafOf(text));
          process.send?.({ id: 0, value: [text, index] });
        } catch {
          return;
        }
      }
    };
    loading = Promise.all(Array.from({ length: inFlight }, worker));
  },
  async trickle(prefix, ms) {
    ending = false;
    loading = (async () => {
      while (!ending) {
        const text = `${prefix}-${submitted++}`;
        try {
          const { index } = await group.execute(leafOf(text));
          process.send?.({ id: 0, value: [text, index] });
        } catch {
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, ms));
      }
    })();
  },
  async end() {
    ending = true;
    await loading;
  },
  async digest() {
    const root = toHex(await group.proofs.rootAt(group.status().applied));
    if (chain !== null) return { ...chain.chain(), root };
    if (store !== null) {
      const rows = await store.range(0, Number.MAX_SAFE_INTEGER);
      const texts = rows.map(({ bytes }) => fromUtf8(bytes));
      return {
        count: texts.length,
        sha256: createHash('sha256').update(texts.join('\n')).digest('hex'),
        root: toHex(await store.rootAt(texts.length)),
      };
    }
    const list = machine?.list ?? [];
    return { count: list.length, sha256: createHash('sha256').update(list.join('\n')).digest('hex'), root };
  },
  async list() {
    if (machine !== null) return machine.list;
    const texts: string[] = [];
    for (const size = group.status().applied; texts.length < size;) {
      const leaves = await group.proofs.leaves(texts.length, 256 * 1024);
      if (leaves.length === 0) break;
      texts.push(...leaves.map(({ leaf }) => textOf(leaf)));
    }
    return texts;
  },
  applied: (count) => group.when.applied(count),
  async transfer(to) {
    group.transfer(to);
  },
  async members(voters, learners) {
    await group.changeMembers(membership(voters, learners), keyFrom(fromHex(setup.operator, 32)));
  },
  async stop() {
    await committee?.close();
    await node.stop();
    await store?.close();
    // the answer leaves first
    setTimeout(() => process.exit(0), 50);
  },
};

serveProcess(calls);
process.on('unhandledRejection', (error) => {
  process.send?.({
    id: -1,
    error: `unhandled: ${error instanceof Error ? (error.stack ?? '') : String(error)}`,
  });
});
