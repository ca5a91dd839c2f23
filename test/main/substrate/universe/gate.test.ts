/** The gate by itself, with a clock of its own, and then as it stands before a node. */
import { join } from 'node:path';
import type { MultiaddrConnection, PeerId } from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import { Key } from 'interface-datastore';
import { describe, expect, it } from 'vitest';
import { createBuckets, openPeerFile, peerIdOf } from '../../../../src/main/substrate/universe/index.ts';
import { createDenialBook, DENIALS } from '../../../../src/main/substrate/universe/denials.ts';
import { createGate } from '../../../../src/main/substrate/universe/gate.ts';
import type { Gate, GateOptions } from '../../../../src/main/substrate/universe/gate.ts';
import type { OpenConnection } from '../../../../src/main/substrate/universe/places.ts';
import { scratch } from '../../../scratch.ts';
import { addressOf, eventually, introduce, nodeKey, pause, stranger, universe } from './support.ts';

const from = (address: string): MultiaddrConnection =>
  ({ remoteAddr: multiaddr(address) }) as unknown as MultiaddrConnection;

function gateAt(clock: { at: number }, more: Partial<GateOptions> = {}): Gate {
  return createGate({
    self: peerIdOf(nodeKey().hex),
    rules: { loopback: false, private: true, names: true },
    configured: new Set(['/ip4/127.0.0.1/tcp/5']),
    perAddress: { rate: 1, burst: 3 },
    overall: { rate: 10, burst: 5 },
    perPeer: 2,
    open: () => [],
    places: { all: 100, reserved: 10, perAddress: 25 },
    now: () => clock.at,
    ...more,
  });
}

describe('token buckets', () => {
  it('let a burst through, then a rate, and forget who rests', () => {
    let at = 0;
    const buckets = createBuckets({ rate: 2, burst: 3 }, () => at, 2);
    expect([1, 2, 3, 4].map(() => buckets.take('a'))).toEqual([true, true, true, false]);
    at += 500;
    expect([1, 2].map(() => buckets.take('a'))).toEqual([true, false]);
    at += 10_000;
    expect([1, 2, 3, 4].map(() => buckets.take('a'))).toEqual([true, true, true, false]);
    buckets.take('b');
    buckets.take('c');
    expect(buckets.size()).toBe(2);
  });
});

describe('the gate', () => {
  it('keeps a denied peer out until the denial ends', () => {
    const clock = { at: 1000 };
    const gate = gateAt(clock);
    const { hex } = nodeKey();
    const peer = peerIdOf(hex);
    const inbound = from('/ip4/1.2.3.4/tcp/1');
    expect(gate.gater.denyDialPeer?.(peer)).toBe(false);
    gate.deny(hex, 5000, 'forged entries', 'node');
    expect(gate.gater.denyDialPeer?.(peer)).toBe(true);
    expect(gate.gater.denyInboundEncryptedConnection?.(peer, inbound)).toBe(true);
    expect(gate.denials()).toEqual([{ peer: hex, remaining: 5000, reason: 'forged entries', by: 'node' }]);
    clock.at += 5000;
    expect(gate.gater.denyInboundEncryptedConnection?.(peer, inbound)).toBe(false);
    expect(gate.denials()).toEqual([]);
    gate.deny(hex, 5000, 'again', 'node');
    gate.deny(hex, 0, '', 'person');
    expect(gate.gater.denyDialPeer?.(peer)).toBe(false);
  });

  it('with thousands of denials of its own lets go of those that end soonest, and of none that a person made', () => {
    const gone: string[] = [];
    const gate = gateAt(
      { at: 0 },
      { denialsChanged: ({ peer, remaining }) => void (remaining === 0 && gone.push(peer)) },
    );
    const denies = (peer: string): unknown => gate.gater.denyDialPeer?.(peerIdOf(peer));
    const [byPerson, short, long] = [nodeKey().hex, nodeKey().hex, nodeKey().hex];
    gate.deny(byPerson, 1000, 'the operator', 'person');
    gate.deny(long, 900_000, 'forged entries', 'node');
    gate.deny(short, 500_000, 'forged entries', 'node');
    for (let i = 0; i < 9999; i++) gate.deny(i.toString(16).padStart(64, '0'), 600_000, 'forged', 'node');
    expect([byPerson, short, long].map(denies)).toEqual([true, false, true]);
    expect(gone).toEqual([short]);
    expect(gate.denials().filter(({ by }) => by === 'node')).toHaveLength(10_000);
  });

  it('does not change what a person said by what it found itself', () => {
    const gate = gateAt({ at: 0 });
    const { hex } = nodeKey();
    gate.deny(hex, 900_000, 'the operator', 'person');
    gate.deny(hex, 600, 'forged entries', 'node');
    expect(gate.denials()).toEqual([{ peer: hex, remaining: 900_000, reason: 'the operator', by: 'person' }]);
    gate.deny(hex, 0, '', 'person');
    expect(gate.denials()).toEqual([]);
  });

  it('with a list lets in only who is on it', () => {
    const gate = gateAt({ at: 0 });
    const [friend, other] = [nodeKey().hex, nodeKey().hex];
    gate.only([friend]);
    expect(gate.gater.denyDialPeer?.(peerIdOf(friend))).toBe(false);
    expect(gate.gater.denyDialPeer?.(peerIdOf(other))).toBe(true);
    gate.only(null);
    expect(gate.gater.denyDialPeer?.(peerIdOf(other))).toBe(false);
  });

  it('counts inbound connections by address and altogether', () => {
    const clock = { at: 0 };
    const gate = gateAt(clock);
    const knock = (address: string): unknown => gate.gater.denyInboundConnection?.(from(address));
    expect([1, 2, 3, 4].map(() => knock('/ip4/1.1.1.1/tcp/9'))).toEqual([false, false, false, true]);
    expect([knock('/ip4/2.2.2.2/tcp/9'), knock('/ip4/3.3.3.3/tcp/9'), knock('/ip4/4.4.4.4/tcp/9')]).toEqual([
      false,
      false,
      true,
    ]);
    expect(gate.refused()).toBe(2);
    clock.at += 1000;
    expect(knock('/ip4/1.1.1.1/tcp/9')).toBe(false);
  });

  it('takes no more connections with one peer than it should', () => {
    const peer = peerIdOf(nodeKey().hex);
    const one = {
      remotePeer: peer,
      remoteAddr: multiaddr('/ip4/1.1.1.1/tcp/1'),
      direction: 'inbound',
    } as const;
    expect(
      gateAt({ at: 0 }, { open: () => [one] }).gater.denyInboundEncryptedConnection?.(
        peer,
        from('/ip4/1.1.1.1/tcp/1'),
      ),
    ).toBe(false);
    expect(
      gateAt({ at: 0 }, { open: () => [one, one] }).gater.denyInboundEncryptedConnection?.(
        peer,
        from('/ip4/1.1.1.1/tcp/1'),
      ),
    ).toBe(true);
  });

  it('dials what was configured whatever the rules say, and stores nothing that it would not dial', () => {
    const gate = gateAt({ at: 0 });
    const peer = peerIdOf(nodeKey().hex);
    const may = (address: string): boolean => gate.gater.denyDialMultiaddr?.(multiaddr(address)) === false;
    expect(may('/ip4/127.0.0.1/tcp/5')).toBe(true);
    expect(may(`/ip4/127.0.0.1/tcp/5/p2p/${peer.toString()}`)).toBe(true);
    expect(may('/ip4/127.0.0.1/tcp/6')).toBe(false);
    expect(may('/ip4/169.254.169.254/tcp/80')).toBe(false);
    expect(gate.gater.filterMultiaddrForPeer?.(peer, multiaddr('/ip4/127.0.0.1/tcp/6'))).toBe(false);
    expect(gate.gater.filterMultiaddrForPeer?.(peer, multiaddr('/ip4/10.0.0.1/tcp/6'))).toBe(true);
  });
});

describe('the places for connections', () => {
  const inbound = (address: string, peer = nodeKey().hex): OpenConnection => ({
    direction: 'inbound',
    remotePeer: peerIdOf(peer),
    remoteAddr: multiaddr(address),
  });
  const places = { all: 10, reserved: 3, perAddress: 4 };
  const refuses = (gate: Gate, address: string, peer = nodeKey().hex): unknown =>
    gate.gater.denyInboundEncryptedConnection?.(peerIdOf(peer), from(address));

  it('are a few for all strangers behind one address, and others for those elsewhere', () => {
    const connections = [1, 2, 3, 4].map((port) => inbound(`/ip4/1.1.1.1/tcp/${port}`));
    const gate = gateAt({ at: 0 }, { places, open: () => connections });
    expect(refuses(gate, '/ip4/1.1.1.1/tcp/9')).toBe(true);
    expect(refuses(gate, '/ip4/1.1.1.2/tcp/9')).toBe(false);
    expect(gate.refused()).toBe(1);
  });

  it('are there for a peer that is familiar, whatever strangers have taken, and it takes none of theirs', () => {
    const [friend, other] = [nodeKey().hex, nodeKey().hex];
    const connections = [1, 2, 3, 4, 5, 6].map((n) => inbound(`/ip4/1.1.1.${n}/tcp/1`));
    const familiar = (): readonly string[] => [friend, other];
    const gate = gateAt({ at: 0 }, { places, open: () => connections, familiar });
    connections.push(inbound('/ip4/1.1.1.1/tcp/2', other));
    expect(refuses(gate, '/ip4/2.2.2.2/tcp/1')).toBe(false);
    connections.push(inbound('/ip4/2.2.2.2/tcp/1'));
    expect(refuses(gate, '/ip4/3.3.3.3/tcp/1')).toBe(true);
    expect(refuses(gate, '/ip4/1.1.1.1/tcp/1', friend)).toBe(false);
    expect(gate.refused()).toBe(1);
  });

  it('are not taken from strangers by the connections that this node makes itself', () => {
    const own = [1, 2, 3, 4].map((n) => ({
      ...inbound(`/ip4/1.1.1.1/tcp/${n}`),
      direction: 'outbound' as const,
    }));
    const gate = gateAt({ at: 0 }, { places, open: () => own });
    expect(refuses(gate, '/ip4/1.1.1.1/tcp/9')).toBe(false);
  });

  it('end for everybody, before any handshake, and that is counted', () => {
    const connections = Array.from({ length: 10 }, (_, n) => inbound(`/ip4/1.1.1.${n}/tcp/1`));
    const gate = gateAt({ at: 0 }, { places, open: () => connections });
    expect(gate.gater.denyInboundConnection?.(from('/ip4/2.2.2.2/tcp/1'))).toBe(true);
    expect(gate.refused()).toBe(1);
  });
});

describe('the book of denials', () => {
  it('knows what has not ended, whatever the clock was set to meanwhile, and reads no rubbish', async () => {
    const file = openPeerFile({ path: null });
    const [ann, ben] = [nodeKey().hex, nodeKey().hex];
    const at = (now: number) => createDenialBook(file, () => now);
    const left = async (now: number) => (await at(now).read()).map(({ remaining }) => remaining);
    at(1000).write({ peer: ann, remaining: 500, reason: 'one', by: 'node' });
    at(1000).write({ peer: ben, remaining: 9000, reason: 'other', by: 'person' });
    file.put(new Key('/denials/nobody'), Buffer.from('{"until":9e15,"lasts":9e15}'));
    file.put(new Key(`/denials/${nodeKey().hex}`), Buffer.from('rubbish'));
    expect(await at(0).read()).toEqual([
      { peer: ann, remaining: 500, reason: 'one', by: 'node' },
      { peer: ben, remaining: 9000, reason: 'other', by: 'person' },
    ]);
    expect(await left(1400)).toEqual([100, 8600]);
    expect(await left(1500)).toEqual([8500]);
    // it was crossed out
    expect(await left(1400)).toEqual([8600]);
  });
});

describe('the denials of a node', () => {
  it('stay in its file, however many peers it has heard of', async () => {
    const peerFile = join(scratch(), 'peers.db');
    const denied = nodeKey().hex;
    const first = await universe({ peerFile });
    first.deny(denied, 60_000, 'the operator', 'person');
    await first.close();
    const busy = openPeerFile({ path: peerFile, pinned: DENIALS });
    for (let i = 0; i < 20_000; i++) busy.put(new Key(`/peers/${i}`), Buffer.from('x'));
    busy.close();
    const again = await universe({ peerFile });
    expect(again.stats().denied).toMatchObject([{ peer: denied, by: 'person' }]);
  });
});

describe('a node behind its gate', () => {
  it('accepts Ed25519 peers only', async () => {
    const node = await universe();
    const other = await stranger('secp256k1');
    const dial = async (): Promise<PeerId | null> => {
      const connection = await other.dial(addressOf(node), { signal: AbortSignal.timeout(3000) });
      await pause(200);
      return connection.status === 'open' ? connection.remotePeer : null;
    };
    expect(await dial().catch(() => null)).toBeNull();
    expect(node.connected()).toEqual([]);
    expect(node.stats().refused).toBeGreaterThan(0);
  });

  it('hangs up on a peer that is denied, refuses it, and lets it in again afterwards', async () => {
    const [a, b] = [await universe(), await universe()];
    await introduce(a, b);
    await introduce(b, a);
    await a.connect(b.self);
    await eventually('the connection', () => b.connected().includes(a.self));
    a.deny(b.self, 1200, 'no ticket');
    await eventually('the end of it', () => a.connected().length === 0);
    await expect(a.connect(b.self)).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' });
    await b.connect(a.self).catch(() => undefined);
    await pause(100);
    expect(a.connected()).toEqual([]);
    expect(a.stats().denied).toMatchObject([{ peer: b.self, reason: 'no ticket' }]);
    await eventually('the denial to end', () => a.stats().denied.length === 0);
    await a.connect(b.self);
    expect(a.connected()).toEqual([b.self]);
  });

  it('that starts again goes on denying, as long as it was to, and forgets what was lifted', async () => {
    const [keys, peerFile] = [nodeKey(), join(scratch(), 'peers.db')];
    const [forger, lifted] = [await universe(), nodeKey().hex];
    const before = await universe({ keys, peerFile });
    before.deny(forger.self, 60_000, 'forged entries');
    before.deny(lifted, 60_000, 'by mistake');
    before.deny(lifted, 0, '');
    await before.close();
    const after = await universe({ keys, peerFile });
    expect(after.stats().denied).toMatchObject([{ peer: forger.self, reason: 'forged entries' }]);
    expect(after.stats().denied[0]!.remaining).toBeLessThanOrEqual(60_000);
    await introduce(after, forger);
    await expect(after.connect(forger.self)).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' });
    after.deny(forger.self, 0, '');
    await after.connect(forger.self);
    expect(after.connected()).toEqual([forger.self]);
  });

  it('does not take more than its share of connections from one address', async () => {
    const node = await universe({ limits: { inboundPerAddress: { rate: 0.1, burst: 3 } } });
    let refused = 0;
    for (let i = 0; i < 6; i++) {
      const other = await universe();
      await introduce(other, node);
      const link = other.open(node.self, '/muster/none/1');
      await link.catch((error: { code: string }) => {
        expect(error.code).toBe('PEER_UNREACHABLE');
      });
      await pause(50);
      if (other.connected().length === 0) refused += 1;
    }
    expect(refused).toBe(3);
    expect(node.connected().length).toBe(3);
  });

  it('keeps places free from those behind one address, for companions and for who comes from elsewhere', async () => {
    const companion = nodeKey();
    const bootstrap = [`/ip4/127.0.0.1/tcp/1/p2p/${peerIdOf(companion.hex).toString()}`];
    const node = await universe({ bootstrap, limits: { connections: 30 } });
    for (let i = 0; i < 30; i++) {
      const other = await universe({ listen: [] });
      await introduce(other, node);
      await other.connect(node.self).catch(() => undefined);
    }
    await eventually('the refusals', () => node.stats().refused === 22);
    expect(node.connected()).toHaveLength(8);
    const friend = await universe({ keys: companion, listen: [] });
    await introduce(friend, node);
    await friend.connect(node.self);
    await pause(100);
    expect(node.connected()).toContain(companion.hex);
    expect(friend.connected()).toEqual([node.self]);
  });

  it('does not take more connections than it should altogether', async () => {
    const node = await universe({ limits: { connections: 2 } });
    for (let i = 0; i < 4; i++) {
      const other = await universe();
      await introduce(other, node);
      await other.connect(node.self).catch(() => undefined);
      await pause(50);
    }
    expect(node.connected().length).toBe(2);
    expect(node.stats().refused).toBe(2);
  });

  it('that listens to the world does not let itself be led back into its own machine', async () => {
    const world = await universe({ listen: ['/ip4/0.0.0.0/tcp/0'] });
    const inside = await universe();
    await introduce(world, inside);
    await expect(world.connect(inside.self)).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' });
    expect(inside.connected()).toEqual([]);
  });
});
