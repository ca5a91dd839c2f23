/**
 * Discovery: who else is in this network, and what they offer (coalition.md 3.2). Every node speaks of itself over
 * gossip in signed, versioned entries; neighbours compare their catalogues; who falls silent is forgotten.
 */
import { fromHex, peerIdText, Refusal } from '../../../protocol/bytes/index.ts';
import {
  decodeAnnouncement,
  departureMessage,
  discoveryTopic,
  encodeAnnouncement,
  encodeDeparture,
  ENTRY_PROTOCOL,
} from '../../../protocol/universe/index.ts';
import type { SealedEntry } from '../../../protocol/universe/index.ts';
import { createSignatureChecker } from '../../hashes.ts';
import { CLOSE, readableAddresses } from '../universe/index.ts';
import type { GossipVerdict, Link } from '../universe/index.ts';
import { createAnnouncer } from './announcer.ts';
import { createCatalogue } from './catalogue.ts';
import { createEvents } from './events.ts';
import { createIntake } from './intake.ts';
import { createNeighbours } from './neighbours.ts';
import { createOffences } from './offences.ts';
import { createOwnEntry } from './own-entry.ts';
import { answerPing, askPing, PING_PROTOCOL } from './ping.ts';
import { nextRtt } from './rtt.ts';
import type { Rtt } from './rtt.ts';
import { defaultSettings } from './settings.ts';
import { answerSync, askSync, SYNC_PROTOCOL } from './sync.ts';
import type { SyncPorts, SyncReport } from './sync.ts';
import type { Discovery, DiscoveryOptions } from './types.ts';

/** A twin is outrun no more often than this, milliseconds: two machines with one key would never stop. */
const OUTRUN_AGAIN = 60_000;
/** Pings in flight at a time. */
const PINGS_AT_ONCE = 4;

export async function createDiscovery(options: DiscoveryOptions): Promise<Discovery> {
  const { universe, network, sign, startMemory, now = Date.now } = options;
  const check = options.check ?? createSignatureChecker();
  const settings = { ...defaultSettings, ...options.settings };
  const { self } = universe;
  const topic = discoveryTopic(network);
  const events = createEvents(settings.backlog);
  const rtts = new Map<string, Rtt>();
  const synced = new Map<string, number>();
  const stopping = new AbortController();
  const timers = new Set<NodeJS.Timeout>();
  let twin: number | null = null;
  let outranAt = -Infinity;

  const offences = createOffences({ settings, deny: universe.deny });
  const catalogue = createCatalogue({
    now,
    purgeAfter: settings.purgeAfter,
    maxPeers: settings.maxPeers,
    connected: universe.connected,
    emit: events.emit,
  });
  const own = createOwnEntry({
    network,
    peer: fromHex(self, 32),
    sign,
    now,
    lastStart: startMemory?.load() ?? null,
    started: (start) => startMemory?.save(start),
    addresses: () => tellable(universe.addresses()),
    changed: () => announcer.request(),
  });
  const publish = (kind: 'entry' | 'departure', { bytes, sig }: SealedEntry): Promise<unknown> =>
    universe.publish(topic, encodeAnnouncement({ kind, bytes, sig })).catch(() => undefined);
  /** Work in the background that may fail: the peer is gone, or does not want to, or the keys are locked. */
  const quietly = (work: Promise<unknown>): void => void work.catch(() => undefined);
  const announcer = createAnnouncer({
    own,
    settings,
    send: () => quietly((async () => publish('entry', own.current()))()),
  });

  const intake = createIntake({
    network,
    self,
    now,
    maxDrift: settings.maxDrift,
    purgeAfter: settings.purgeAfter,
    check,
    catalogue,
    addresses: (peer, addresses) =>
      quietly(universe.learn(peer, readableAddresses(addresses, peerIdText(fromHex(peer))))),
    ownEntry({ version }) {
      const mine = own.version();
      if (version[0] < mine[0] || (version[0] === mine[0] && version[1] <= mine[1])) return;
      twin = now();
      if (performance.now() - outranAt < OUTRUN_AGAIN) return;
      outranAt = performance.now();
      own.outrun(version);
    },
  });

  /** Takes what a neighbour hands over, or says what is wrong with it. */
  const hear = (bytes: Uint8Array, from: string): GossipVerdict => {
    if (!offences.heard(from)) return offences.refuse(from, 'GOSSIP_RATE');
    try {
      const announcement = decodeAnnouncement(bytes);
      if (announcement.kind === 'departure') intake.departure(announcement.bytes, announcement.sig);
      else if (!intake.entry(announcement, 'gossip', from)) return 'ignore';
      return undefined;
    } catch (error) {
      if (error instanceof Refusal) return offences.refuse(from, error.code);
      throw error;
    }
  };

  const syncPorts: SyncPorts = {
    network,
    list: () => [own.current(), ...catalogue.sealed()],
    take(sealed, from) {
      // what is known already costs little, but not nothing
      if (!offences.listed(from)) {
        offences.refuse(from, 'SYNC_RATE');
        throw new Refusal('SYNC_RATE', 'The peer hands over more entries than it may.');
      }
      try {
        return intake.entry(sealed, 'catalogue', from);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        // what is merely old or late is in every catalogue; a forgery is not, so the rest is not looked at
        if (error.code === 'ENTRY_OLD') return false;
        if (offences.refuse(from, error.code) === 'reject') throw error;
        return false;
      }
    },
    maxEntries: settings.maxPeers + 1,
    timeout: settings.answerTimeout,
    deadline: settings.syncTimeout,
  };

  const sync = async (peer: string, signal: AbortSignal = stopping.signal): Promise<SyncReport> => {
    const report = await askSync(await universe.open(peer, SYNC_PROTOCOL, signal), syncPorts, signal);
    synced.set(peer, performance.now());
    return report;
  };

  const ping = async (peer: string, signal: AbortSignal = stopping.signal): Promise<Rtt> => {
    const link = await universe.open(peer, PING_PROTOCOL, signal);
    const { sealed, milliseconds } = await askPing(link, network, settings.answerTimeout);
    try {
      intake.entry(sealed, 'catalogue', peer);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.code !== 'ENTRY_OLD') {
        offences.refuse(peer, error.code);
        throw error;
      }
    }
    const next = nextRtt(rtts.get(peer) ?? null, milliseconds);
    rtts.set(peer, next);
    return next;
  };

  const later = (milliseconds: number, work: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (!stopping.signal.aborted) work();
    }, milliseconds);
    timer.unref();
    timers.add(timer);
  };
  const every = (milliseconds: number, work: () => void): void =>
    later(milliseconds, () => {
      work();
      every(milliseconds, work);
    });

  /** Somebody who listens to our topic is connected: a neighbour in this network. */
  const meet = (peer: string): void => {
    announcer.request();
    const lately = (): boolean => performance.now() - (synced.get(peer) ?? -Infinity) < settings.syncAgain;
    const first = async (): Promise<void> => {
      if (lately() && isKnown(peer)) return;
      await sync(peer);
      await ping(peer);
    };
    if (self < peer) quietly(first());
    else later(settings.syncYield, () => quietly(first()));
  };
  const stopWatching = universe.watch((event) => {
    if (stopping.signal.aborted) return;
    if (event.kind === 'listening' && event.topic === topic) meet(event.peer);
    else if (event.kind === 'addresses') own.refreshAddresses();
  });

  const members = (): string[] => catalogue.find().flatMap(({ peer, signed }) => (signed ? [peer] : []));
  const connectedMembers = (): string[] => {
    const connected = new Set(universe.connected());
    return members().filter((peer) => connected.has(peer));
  };
  const probe = async (): Promise<void> => {
    const peers = connectedMembers();
    for (let i = 0; i < peers.length && !stopping.signal.aborted; i += PINGS_AT_ONCE)
      await Promise.allSettled(peers.slice(i, i + PINGS_AT_ONCE).map((peer) => ping(peer)));
  };
  const sweep = (): void => {
    catalogue.sweep();
    for (const peer of rtts.keys()) if (catalogue.get(peer) === null) rtts.delete(peer);
    for (const [peer, at] of synced) if (performance.now() - at > settings.syncAgain) synced.delete(peer);
  };
  const neighbours = createNeighbours({ universe, network, settings, members });
  const isKnown = (peer: string): boolean => peer === self || catalogue.get(peer)?.signed === true;

  /** Answers a request, if the peer does not ask too often. */
  const answering =
    (work: (link: Link) => Promise<unknown>) =>
    (link: Link): void => {
      if (offences.asked(link.peer)) quietly(work(link));
      else quietly(link.close(CLOSE.noCapacity));
    };
  const stopServing = await Promise.all([
    universe.serve(
      SYNC_PROTOCOL,
      answering(async (link) => {
        await answerSync(link, syncPorts, stopping.signal);
        synced.set(link.peer, performance.now());
      }),
      2,
    ),
    universe.serve(
      PING_PROTOCOL,
      answering((link) => answerPing(link, network, own.current, settings.answerTimeout)),
      2,
    ),
  ]);
  const stopHearing = universe.subscribe(topic, hear);
  for (const peer of universe.listeners(topic)) meet(peer);
  announcer.start();
  neighbours.start();
  every(settings.sweepInterval, sweep);
  every(settings.pingInterval, () => quietly(probe()));

  /** Errors: what `sign` throws. */
  const sayGoodbye = async (): Promise<void> => {
    const departure = { network, peer: fromHex(self, 32), lastVersion: own.version(), at: now() };
    const bytes = encodeDeparture(departure);
    await publish('departure', { bytes, sig: sign(departureMessage(departure)) });
    await new Promise((resolve) => setTimeout(resolve, settings.departureWait));
  };

  return {
    network,
    self,
    own,
    peers: (filter) => catalogue.find(filter),
    peer: (peer) => catalogue.get(peer),
    isKnown,
    async introduce(peer, addresses) {
      await universe.learn(peer, addresses);
      catalogue.putUnsigned({
        protocol: ENTRY_PROTOCOL,
        network,
        peer: fromHex(peer, 32),
        version: [0, 0],
        addresses: [...addresses].toSorted(),
        tags: [],
        streams: [],
        groups: [],
        tickets: [],
      });
    },
    accept(sealed) {
      try {
        return intake.entry(sealed, 'catalogue', '');
      } catch (error) {
        if (error instanceof Refusal && error.code === 'ENTRY_OLD') return false;
        throw error;
      }
    },
    sync,
    ping,
    rtt: (peer) => rtts.get(peer) ?? null,
    watch: events.watch,
    events: events.iterate,
    stats: () => ({
      peers: catalogue.find().length,
      neighbours: connectedMembers().length,
      version: own.version(),
      announcements: announcer.count(),
      refused: offences.totals(),
      offenders: offences.offenders(),
      skew: intake.skew(),
      twin,
    }),
    async close() {
      if (stopping.signal.aborted) return;
      stopping.abort();
      announcer.stop();
      stopWatching();
      for (const timer of timers) clearTimeout(timer);
      await neighbours.stop();
      await Promise.all(stopServing.map((stop) => stop()));
      try {
        if (universe.listeners(topic).length > 0) await sayGoodbye();
      } finally {
        stopHearing();
        events.end();
      }
    },
  };
}

/** What others can use: addresses on this machine only when there are no others. */
function tellable(addresses: readonly string[]): readonly string[] {
  const outside = addresses.filter((address) => !/^\/(ip4\/127\.|ip6\/::1\/)/.test(address));
  return outside.length > 0 ? outside : addresses;
}
