/** Two real nodes that meet by an address, see each other, and part; and what keeps a network from opening. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toHex, utf8 } from '../../../../src/protocol/bytes/index.ts';
import type { Settings } from '../../../../src/contract/index.ts';
import type { Client } from '../../../../src/main/api/index.ts';
import { listMachine } from '../../../member/machine.ts';
import { memberOf, newKeys, QUICK } from '../../../member/net.ts';
import { NO_ENGINE, openReadyNode, PASSPHRASE } from '../../../node.ts';
import { scratch } from '../../../scratch.ts';
import { eventually } from '../../substrate/universe/support.ts';
import { introduce, nodeKey, pause, universe } from '../../substrate/universe/support.ts';
import type { NodeKey } from '../../substrate/universe/support.ts';

const LOOPBACK: Partial<Settings> = { ...NO_ENGINE, networkListen: '/ip4/127.0.0.1/tcp/0' };

async function until<T>(ask: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const value = await ask();
    if (holds(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('it did not come to that');
}
const turnOn = async (client: Client) => {
  await client.settings.set({ network: true });
  return until(
    () => client.network.status(),
    ({ state }) => state === 'on',
  );
};

describe('two nodes', () => {
  it('meet by an address, see what the other says of itself, and part', async () => {
    const [a, b] = [await openReadyNode(scratch(), LOOPBACK), await openReadyNode(scratch(), LOOPBACK)];
    expect((await a.client.network.status()).state).toBe('off');
    await turnOn(a.client);
    const there = await turnOn(b.client);
    await b.client.network.tags({ tags: ['provider'] });
    const address = there.addresses[0]!;
    expect(address).toContain(there.peerId!);
    const met = await a.client.network.connect({ address });
    expect(met.peer).toBe(there.peer);

    const { peers } = await until(
      () => a.client.network.peers({ limit: 10 }),
      (list) => list.peers.some(({ rtt, signed }) => signed && rtt !== null),
    );
    expect(peers).toHaveLength(1);
    expect(peers[0]).toMatchObject({ peer: there.peer, state: 'connected', signed: true });
    // a tag is the hash of its name, and is shown by name where the name is known
    expect(peers[0]!.tags[0]).toMatch(/^[0-9a-f]{64}$/);
    await a.client.network.tags({ tags: ['provider'] });
    expect((await a.client.network.peers({ limit: 10 })).peers[0]!.tags).toEqual(['provider']);

    await b.client.settings.set({ network: false });
    await until(
      () => a.client.network.peers({ limit: 10 }),
      (list) => list.peers.length === 0,
    );
  });

  it('lose the network with the keys, and have it again with them', async () => {
    const { client } = await openReadyNode(scratch(), LOOPBACK);
    await turnOn(client);
    await client.identity.lock();
    expect((await client.network.status()).state).toBe('locked');
    await client.identity.unlock({ passphrase: PASSPHRASE });
    const back = await until(
      () => client.network.status(),
      ({ state }) => state === 'on',
    );
    expect(back.addresses.length).toBeGreaterThan(0);
  });

  it('say what keeps the network from opening, whatever it is, and open it when that has gone', async () => {
    const folder = scratch();
    const { client } = await openReadyNode(folder, LOOPBACK);
    const inTheWay = join(folder, 'data', 'network-start');
    mkdirSync(join(inTheWay, 'x'), { recursive: true });
    await client.settings.set({ network: true });
    const failed = await until(
      () => client.network.status(),
      ({ state }) => state === 'failed',
    );
    expect(failed.problem?.code).toBe('NETWORK_FAILED');
    const { problems } = await client.settings.about();
    expect(problems.map(({ code }) => code)).toContain('NETWORK_FAILED');
    rmSync(inTheWay, { recursive: true });
    await eventually('the network', async () => (await client.network.status()).state === 'on');
  });

  it('show the Groups that run on them, with proofs for an outsider', async () => {
    const { node, client } = await openReadyNode(scratch(), LOOPBACK);
    const { peer } = await turnOn(client);
    const { groups } = node.network.open()!;
    const card = node.network.ownCard()!;
    expect(toHex(card.node)).toBe(peer);
    const group = await groups.join({
      secret: new Uint8Array(32).fill(7),
      genesis: { voters: [card], learners: [], operators: [card.node] },
      machine: listMachine(),
      timing: QUICK,
    });
    await group.when.online();
    await group.execute(utf8('hello'));
    await group.when.checkpoint(1);
    const shown = (await client.network.groups()).groups;
    expect(shown).toHaveLength(1);
    expect(shown[0]).toMatchObject({
      role: 'leader',
      online: true,
      applied: 1,
      voters: 1,
      reachable: 1,
      quorum: 1,
    });
    const proof = await client.network.proof({ group: shown[0]!.id });
    expect(proof.policy).toContain(`log ${shown[0]!.origin}`);
    expect(proof.checkpoint).toContain(shown[0]!.origin);
    await expect(client.network.proof({ group: '0'.repeat(64) })).rejects.toMatchObject({
      data: { code: 'GROUP_UNKNOWN' },
    });
  });
});

describe('an open network', () => {
  it('holds what a person denies for the denial of a person', async () => {
    const { node, client } = await openReadyNode(scratch(), LOOPBACK);
    await turnOn(client);
    await client.network.deny({
      peer: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
      minutes: 10,
      reason: 'why',
    });
    expect(node.network.open()!.universe.stats().denied).toMatchObject([{ by: 'person', reason: 'why' }]);
  });
});

describe('the members of a Group', () => {
  it('find a place when strangers have taken all that are left to their address', async () => {
    const { node, client } = await openReadyNode(scratch(), LOOPBACK);
    await turnOn(client);
    const { groups, universe: host } = node.network.open()!;
    const keys = newKeys();
    const card = node.network.ownCard()!;
    await groups.join({
      secret: new Uint8Array(32).fill(7),
      genesis: { voters: [card, memberOf(keys)], learners: [], operators: [card.node] },
      machine: listMachine(),
      timing: QUICK,
    });
    const quarter = 75;
    while (host.connected().length < quarter) {
      const stranger = await universe({ listen: [] });
      await introduce(stranger, host);
      // it is also held back when it comes too fast
      await stranger.connect(host.self).catch(() => undefined);
    }
    const comes = async (by: NodeKey): Promise<boolean> => {
      const guest = await universe({ keys: by, listen: [] });
      await introduce(guest, host);
      await guest.connect(host.self).catch(() => undefined);
      await pause(300);
      return host.connected().includes(guest.self);
    };
    await pause(1000);
    expect(await comes(nodeKey())).toBe(false);
    const { key, sign } = keys.node;
    expect(await comes({ key, sign, hex: toHex(key) })).toBe(true);
    expect((await client.network.status()).refused).toMatchObject([{ code: 'CONNECTION_RATE' }]);
  });
});

describe('a network that cannot be opened', () => {
  it('is a standing problem, and the node does everything else', async () => {
    const { client } = await openReadyNode(scratch(), {
      ...NO_ENGINE,
      networkListen: '/ip4/192.0.2.1/tcp/1',
    });
    await client.settings.set({ network: true });
    const { problem } = await until(
      () => client.network.status(),
      ({ state }) => state === 'failed',
    );
    expect(problem!.code).toBe('LISTEN_FAILED');
    const { problems } = await client.settings.about();
    expect(problems.map(({ code }) => code)).toContain('LISTEN_FAILED');
    await client.tickets.issue({ peer: 'ab'.repeat(32) });
    await client.settings.set({ networkListen: '/ip4/127.0.0.1/tcp/0' });
    await until(
      () => client.network.status(),
      ({ state }) => state === 'on',
    );
  });
});
