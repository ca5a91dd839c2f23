/**
 * The universe: this node's one endpoint on the peer-to-peer network. One Ed25519 key is one PeerId; links by
 * protocol id over TCP, noise and yamux (house.md 3, core.md 3). Everything above names peers by their key in hex.
 */
import type { PeerId, Stream } from '@libp2p/interface';
import { Refusal, toHex } from '../../../protocol/bytes/index.ts';
import { ownPublicAddresses, readAddress, reachOf } from './addresses.ts';
import type { DialRules } from './addresses.ts';
import { createCompanions } from './companions.ts';
import { createLink } from './create-link.ts';
import { withDeadline } from './deadline.ts';
import { createDenialBook, DENIALS } from './denials.ts';
import { createGate } from './gate.ts';
import { createGossip } from './gossip.ts';
import { CLOSE } from './link.ts';
import type { Link } from './link.ts';
import { hexOf, peerIdOf, startNode } from './node.ts';
import type { Node } from './node.ts';
import { openPeerFile } from './peer-file.ts';
import { createPointers } from './pointers.ts';
import { createObserver } from './observer.ts';
import { defaultLimits } from './types.ts';
import type { Universe, UniverseEvent, UniverseOptions } from './types.ts';

/** Addresses of one peer that are kept; a peer that changes its addresses all the time fills nothing. */
const MAX_ADDRESSES = 16;
/** How long a connection may take to end in good order, milliseconds. */
const HANG_UP = 2000;
/** A peer that turned up on the local network and could not be reached is tried again after this, milliseconds. */
const LOCAL_RETRY = 30_000;

/**
 * Loopback may be dialled by a node that listens there itself, or nowhere: on a node that the world can reach, an
 * address of a stranger must not lead back inside. Private networks may, because coalitions live in them.
 */
export const defaultRules = (listen: readonly string[]): DialRules => ({
  loopback: listen.length === 0 || listen.some((text) => reachOf(readAddress(text)) === 'loopback'),
  private: true,
  names: true,
});

/** Errors: `LISTEN_FAILED`, `ADDRESS_FORMAT`, and those of the disk for the peer file. */
export async function openUniverse(options: UniverseOptions): Promise<Universe> {
  const { key, listen, bootstrap = [], relay = {} } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const self = toHex(key);
  const selfId = peerIdOf(self);
  const watchers = new Set<(event: UniverseEvent) => void>();
  const tell = (event: UniverseEvent): void => {
    for (const watcher of watchers) watcher(event);
  };
  /** The node, once there is one; the parts that it is made of ask it later. */
  let running: Node | null = null;

  const companions = createCompanions({
    addresses: [...bootstrap, ...(relay.through ?? [])],
    connected: (peer) => isConnected(peer),
    dial: (peer) => connect(peer),
    wait: limits.retry,
  });
  const file = openPeerFile({
    path: options.peerFile ?? null,
    volatile: (name) => name === `/peers/${selfId.toCID().toString()}`,
    pinned: DENIALS,
  });
  const denials = createDenialBook(file);
  const gate = createGate({
    self: selfId,
    rules: { ...defaultRules(listen), ...options.dial },
    configured: new Set([...companions.peers.values()].flat().map(String)),
    perAddress: limits.inboundPerAddress,
    overall: limits.inboundOverall,
    perPeer: limits.connectionsPerPeer,
    places: {
      all: limits.connections,
      reserved: limits.connectionsReserved ?? Math.floor(limits.connections / 10),
      perAddress:
        limits.connectionsPerAddress ??
        Math.max(limits.connectionsPerPeer, Math.ceil(limits.connections / 4)),
    },
    open: () => running?.getConnections() ?? [],
    familiar: () => [...companions.peers.keys(), ...(options.familiar?.() ?? [])],
    denialsChanged: denials.write,
  });
  for (const { peer, remaining, reason, by } of await denials.read()) gate.deny(peer, remaining, reason, by);
  const lastTried = new Map<string, number>();
  const foundLocally = (peer: PeerId): void => {
    if (peer.type !== 'Ed25519') return;
    const name = hexOf(peer);
    if (isConnected(name) || performance.now() - (lastTried.get(name) ?? -LOCAL_RETRY) < LOCAL_RETRY) return;
    if (lastTried.size > 1000) lastTried.clear();
    lastTried.set(name, performance.now());
    connect(name).catch(() => undefined);
  };
  const node = await startNode({
    options,
    limits,
    gater: gate.gater,
    datastore: file,
    found: foundLocally,
  }).catch((error: unknown) => {
    file.close();
    throw error;
  });
  running = node;
  const gossip = createGossip(node.services.gossip, hexOf);
  const observer = createObserver(node);
  const links = new Map<Link, string>();
  const closing = new AbortController();

  const isConnected = (peer: string): boolean =>
    running !== null && running.getConnections(peerIdOf(peer)).length > 0;

  const unreachable = (peer: string, error: unknown): Refusal =>
    new Refusal('PEER_UNREACHABLE', `The peer ${peer.slice(0, 12)}… cannot be reached: ${reasonOf(error)}`);

  const connect = async (peer: string, signal: AbortSignal = closing.signal): Promise<void> => {
    const id = peerIdOf(peer);
    try {
      await withDeadline(limits.dial, signal, (inner) => node.dial(id, { signal: inner }));
    } catch (error) {
      throw unreachable(peer, error);
    }
  };

  const track = (stream: Stream, peer: string, protocol: string): Link => {
    const link = createLink(stream, peer, protocol);
    links.set(link, protocol);
    const untrack = (): void => {
      links.delete(link);
      observer.count(link);
    };
    void link.closed.then(untrack);
    return link;
  };

  // ---- what happens on the network, in our words ----
  node.addEventListener('peer:connect', ({ detail }) => tell({ kind: 'connected', peer: hexOf(detail) }));
  node.addEventListener('peer:disconnect', ({ detail }) => {
    const peer = hexOf(detail);
    tell({ kind: 'disconnected', peer });
    companions.lost(peer);
  });
  // libp2p says so for every protocol that comes and goes as well
  let told = '';
  node.addEventListener('self:peer:update', () => {
    const now = node.getMultiaddrs().map(String).toSorted().join(' ');
    if (now === told) return;
    told = now;
    tell({ kind: 'addresses' });
  });
  node.services.gossip.addEventListener('subscription-change', ({ detail }) => {
    const peer = hexOf(detail.peerId);
    for (const { topic, subscribe } of detail.subscriptions)
      tell({ kind: subscribe ? 'listening' : 'silent', peer, topic });
  });

  const learn = async (peer: string, addresses: readonly string[]): Promise<void> => {
    const id = peerIdOf(peer);
    const text = id.toString();
    const given = addresses.slice(0, MAX_ADDRESSES).map((address) => readAddress(address, text));
    if (given.length === 0 || peer === self) return;
    const known = await node.peerStore.get(id).catch(() => null);
    // merged as long as there is room; then what is newer replaces what is old
    const room = (known?.addresses.length ?? 0) + given.length <= MAX_ADDRESSES;
    await (room
      ? node.peerStore.merge(id, { multiaddrs: given })
      : node.peerStore.patch(id, { multiaddrs: given }));
  };
  for (const [peer, addresses] of companions.peers) await learn(peer, addresses.map(String));
  companions.start();

  const hangUp = async (id: PeerId): Promise<void> => {
    await withDeadline(HANG_UP, undefined, (signal) => node.hangUp(id, { signal })).catch(() => undefined);
  };

  return {
    self,
    addresses() {
      const own = node.getMultiaddrs().map(String);
      if ((options.announce?.length ?? 0) > 0) return own;
      const direct = ownPublicAddresses(listen, node.getMultiaddrs()).map((text) => `${text}/p2p/${selfId}`);
      return [...new Set([...own, ...direct])];
    },
    learn,
    connect,
    async open(peer, protocol, signal = closing.signal) {
      const id = peerIdOf(peer);
      let stream: Stream;
      try {
        stream = await withDeadline(limits.dial, signal, (inner) =>
          node.dialProtocol(id, protocol, {
            signal: inner,
            runOnLimitedConnection: true,
            maxOutboundStreams: limits.streams,
          }),
        );
      } catch (error) {
        throw unreachable(peer, error);
      }
      return track(stream, peer, protocol);
    },
    async serve(protocol, handler, perPeer = 4) {
      const open = new Map<string, number>();
      await node.handle(
        protocol,
        (stream, connection) => {
          const peer = hexOf(connection.remotePeer);
          const link = track(stream, peer, protocol);
          const here = open.get(peer) ?? 0;
          if (here >= perPeer) {
            void link.close(CLOSE.noCapacity);
            return;
          }
          open.set(peer, here + 1);
          const gone = (): void => {
            const left = (open.get(peer) ?? 1) - 1;
            if (left === 0) open.delete(peer);
            else open.set(peer, left);
          };
          void link.closed.then(gone);
          handler(link);
        },
        {
          // libp2p counts per connection, and streams that are still closing; the count above is the one that tells
          maxInboundStreams: Math.min(limits.streams, 2 * perPeer + 16),
          maxOutboundStreams: limits.streams,
          runOnLimitedConnection: true,
        },
      );
      return () => node.unhandle(protocol);
    },
    connected: () => node.getPeers().map(hexOf),
    async remembered(limit) {
      const peers = await node.peerStore.all();
      const seen = peers
        .filter(({ id, addresses }) => id.type === 'Ed25519' && addresses.length > 0)
        .map(({ id, metadata }) => ({ id, at: lastDial(metadata.get('last-dial-success')) }))
        .filter(({ at }) => at > 0)
        .toSorted((a, b) => b.at - a.at);
      return seen.slice(0, limit).map(({ id }) => hexOf(id));
    },
    disconnect: (peer) => hangUp(peerIdOf(peer)),
    deny(peer, milliseconds, reason, by = 'node') {
      const id = peerIdOf(peer);
      gate.deny(peer, milliseconds, reason, by);
      if (milliseconds > 0) void hangUp(id);
    },
    only(peers) {
      gate.only(peers);
      if (peers === null) return;
      for (const id of node.getPeers()) if (!peers.includes(hexOf(id))) void hangUp(id);
    },
    ...gossip,
    ...createPointers(node.services.pointers, hexOf, self),
    watch(handler) {
      watchers.add(handler);
      return () => void watchers.delete(handler);
    },
    stats: () => ({
      ...observer.look(links.keys()),
      denied: gate.denials(),
      refused: gate.refused(),
    }),
    async close() {
      if (closing.signal.aborted) return;
      closing.abort();
      companions.stop();
      watchers.clear();
      // whoever is at the other end of a link learns that this was no accident
      await Promise.all([...links.keys()].map((link) => link.close(CLOSE.gracefulShutdown)));
      await node.stop();
      running = null;
      file.close();
    },
  };
}

/** libp2p writes it as decimal milliseconds. */
const lastDial = (bytes: Uint8Array | undefined): number =>
  bytes === undefined ? 0 : Number(Buffer.from(bytes).toString()) || 0;

/** Where several addresses were tried, the first reason that says something. */
function reasonOf(error: unknown): string {
  const all: unknown[] = error instanceof AggregateError ? [error, ...error.errors] : [error];
  const said = all.map((one) => (one instanceof Error ? one.message : '')).find((text) => text !== '');
  return said ?? 'no address of it answers';
}
