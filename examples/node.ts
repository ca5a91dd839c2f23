/**
 * A node for the examples: a universe on this machine, discovery and streams in it, Groups in a folder that is gone at
 * the end. Keys live in memory, so that every run is another node.
 */
import { createPrivateKey, createPublicKey, randomBytes, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openGroupStore } from '../src/main/store/index.ts';
import { createDiscovery, createStreams, openGroups, openUniverse } from '../src/main/substrate/index.ts';
import type { Discovery, Groups, Streams, Universe } from '../src/main/substrate/index.ts';
import { idFrom, toHex } from '../src/protocol/bytes/index.ts';
import type { Member, Membership } from '../src/protocol/group/index.ts';

/** Nodes of other networks do not exist for these. */
export const NETWORK = idFrom('muster.examples');

export interface Key {
  /** Raw 32-byte Ed25519 public key. */
  readonly key: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

export interface Node {
  /** First letters of the node key, for people. */
  readonly name: string;
  readonly universe: Universe;
  readonly discovery: Discovery;
  readonly streams: Streams;
  readonly groups: Groups;
  /** This node in a list of members. */
  readonly member: Member;
  readonly author: Key;
  close(): Promise<void>;
}

export function newKey(): Key {
  const privateKey = createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), randomBytes(32)]),
    format: 'der',
    type: 'pkcs8',
  });
  const key = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(12);
  return { key: new Uint8Array(key), sign: (message) => new Uint8Array(sign(null, message, privateKey)) };
}

/** Opens a node; it finds the others by way of `friend`, the first of them. */
export async function openNode(friend?: Node): Promise<Node> {
  const [node, log, cosigner] = [newKey(), newKey(), newKey()];
  const folder = mkdtempSync(join(tmpdir(), 'muster-example-'));
  const universe = await openUniverse({
    key: node.key,
    sign: node.sign,
    listen: ['/ip4/127.0.0.1/tcp/0'],
    bootstrap: friend?.universe.addresses() ?? [],
    nat: false,
  });
  const discovery = await createDiscovery({ universe, network: NETWORK, sign: node.sign });
  const streams = await createStreams({ universe, discovery });
  const store = await openGroupStore({ path: join(folder, 'groups.db'), heads: join(folder, 'heads') });
  const groups = await openGroups({
    universe,
    network: NETWORK,
    store,
    signer: {
      log: log.key,
      cosigner: cosigner.key,
      sign: (key, bytes) => (key === 'log' ? log : cosigner).sign(bytes),
    },
    now: Date.now,
    note: (sentence) => console.log(`  note: ${sentence}`),
  });
  if (friend !== undefined) await discovery.sync(friend.universe.self);
  return {
    name: toHex(node.key).slice(0, 8),
    universe,
    discovery,
    streams,
    groups,
    member: { node: node.key, log: log.key, cosigner: cosigner.key },
    author: node,
    async close() {
      await groups.close();
      await streams.close();
      await discovery.close();
      await universe.close();
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The first members of a Group: these vote, and the learners follow. */
export function foundersOf(voters: readonly Node[], learners: readonly Node[] = []): Membership {
  return {
    voters: voters.map(({ member }) => member),
    learners: learners.map(({ member }) => member),
    operators: [newKey().key],
  };
}

/** Everybody learns where everybody is; discovery would do the same, in its own time. */
export async function acquaint(nodes: readonly Node[]): Promise<void> {
  for (const one of nodes)
    for (const other of nodes)
      if (one !== other) await one.universe.learn(other.universe.self, other.universe.addresses());
}

/** An example has come to its end: says so and closes its nodes. */
export async function end(sentence: string, ...nodes: readonly Node[]): Promise<void> {
  await Promise.all(nodes.map((node) => node.close()));
  console.log(sentence);
}
