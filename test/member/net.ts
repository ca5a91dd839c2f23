/** Real members for tests: each a universe on 127.0.0.1, a Groups file in a scratch folder, and keys of its own. */
import { createPrivateKey, createPublicKey, randomBytes, sign } from 'node:crypto';
import { join } from 'node:path';
import { toHex, UNIVERSE } from '../../src/protocol/bytes/index.ts';
import type { Member, Membership } from '../../src/protocol/group/index.ts';
import type { Timing } from '../../src/protocol/raft/index.ts';
import { nodeHashes } from '../../src/main/hashes.ts';
import { openGroupStore } from '../../src/main/store/index.ts';
import type { GroupStore } from '../../src/main/store/index.ts';
import { openGroups } from '../../src/main/substrate/group/index.ts';
import type { Groups, MemberSigner } from '../../src/main/substrate/group/index.ts';
import { openUniverse } from '../../src/main/substrate/universe/index.ts';
import type { Universe } from '../../src/main/substrate/universe/index.ts';

/** Quick enough for tests, slow enough for two busy cores. */
export const QUICK: Partial<Timing> = { heartbeat: 100, election: 800, jitter: 400, bootstrap: 100 };

export interface TestKey {
  readonly key: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

export const newKey = (): TestKey => keyFrom(randomBytes(32));

/** The key of a seed, 32 bytes: the same in another process. */
export function keyFrom(seed: Uint8Array): TestKey {
  const privateKey = createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]),
    format: 'der',
    type: 'pkcs8',
  });
  const publicKey = createPublicKey(privateKey);
  return {
    key: new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(12)),
    sign: (message) => new Uint8Array(sign(null, message, privateKey)),
  };
}

export interface TestKeys {
  readonly node: TestKey;
  readonly log: TestKey;
  readonly cosigner: TestKey;
}
export const newKeys = (): TestKeys => keysFrom(randomBytes(32));

/** All keys of a member from one seed. */
export const keysFrom = (seed: Uint8Array): TestKeys => {
  const part = (name: string): TestKey =>
    keyFrom(nodeHashes.sha256(Buffer.concat([seed, Buffer.from(name)])));
  return { node: part('node'), log: part('log'), cosigner: part('cosigner') };
};

export const memberOf = ({ node, log, cosigner }: TestKeys): Member => ({
  node: node.key,
  log: log.key,
  cosigner: cosigner.key,
});

export const signerOf = ({ log, cosigner }: TestKeys): MemberSigner => ({
  log: log.key,
  cosigner: cosigner.key,
  sign: (key, message) => (key === 'log' ? log : cosigner).sign(message),
});

/** One running node of the test. */
export interface TestNode {
  readonly keys: TestKeys;
  readonly self: string;
  readonly folder: string;
  readonly universe: Universe;
  readonly store: GroupStore;
  readonly groups: Groups;
  readonly notes: string[];
  stop(): Promise<void>;
}

export async function startNode(
  folder: string,
  keys = newKeys(),
  listen: readonly string[] = ['/ip4/127.0.0.1/tcp/0'],
): Promise<TestNode> {
  const universe = await openUniverse({
    key: keys.node.key,
    sign: keys.node.sign,
    listen,
  });
  const store = await openGroupStore({ path: join(folder, 'groups.db'), heads: join(folder, 'heads') });
  const notes: string[] = [];
  const groups = await openGroups({
    universe,
    network: UNIVERSE,
    store,
    signer: signerOf(keys),
    now: Date.now,
    note: (sentence) => notes.push(sentence),
  });
  return {
    keys,
    self: toHex(keys.node.key),
    folder,
    universe,
    store,
    groups,
    notes,
    async stop() {
      await groups.close();
      await store.close();
      await universe.close();
    },
  };
}

/** Everybody learns where everybody is. */
export async function acquaint(nodes: readonly TestNode[]): Promise<void> {
  for (const one of nodes)
    for (const other of nodes)
      if (one !== other) await one.universe.learn(other.self, other.universe.addresses());
}

export interface Net {
  readonly nodes: TestNode[];
  readonly genesis: Membership;
  readonly operator: TestKey;
  readonly secret: Uint8Array;
  stop(): Promise<void>;
}

/** `voters` running nodes that are to form a Group, and `others` that are not in it. */
export async function startNet(folder: () => string, voters: number, others = 0): Promise<Net> {
  const nodes = await Promise.all(Array.from({ length: voters + others }, () => startNode(folder())));
  await acquaint(nodes);
  const operator = newKey();
  const genesis = {
    voters: nodes.slice(0, voters).map(({ keys }) => memberOf(keys)),
    learners: [],
    operators: [operator.key],
  };
  return {
    nodes,
    genesis,
    operator,
    secret: new Uint8Array(randomBytes(32)),
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()));
    },
  };
}
