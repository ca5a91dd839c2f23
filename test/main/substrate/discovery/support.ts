/** Members of a network in one process, with intervals that a test can wait for. */
import { onTestFinished } from 'vitest';
import { idFrom, utf8 } from '../../../../src/protocol/bytes/index.ts';
import type { UniqueId } from '../../../../src/protocol/bytes/index.ts';
import { sealEntry } from '../../../../src/protocol/universe/index.ts';
import type { PeerEntry, SignedPeerEntry } from '../../../../src/protocol/universe/index.ts';
import { createDiscovery } from '../../../../src/main/substrate/discovery/index.ts';
import type {
  Discovery,
  DiscoveryEvent,
  DiscoveryOptions,
  DiscoverySettings,
} from '../../../../src/main/substrate/discovery/index.ts';
import type { Universe, UniverseOptions } from '../../../../src/main/substrate/universe/index.ts';
import { nodeKey, universe } from '../universe/support.ts';
import type { NodeKey } from '../universe/support.ts';

export const NETWORK = idFrom('a network of tests');

export const quick: Partial<DiscoverySettings> = {
  announceInterval: 400,
  announceSpacing: 30,
  sweepInterval: 50,
  departureWait: 100,
  syncYield: 100,
  syncAgain: 500,
  answerTimeout: 3000,
  pingInterval: 300,
  neighbourInterval: 150,
  rendezvousAlone: 200,
  rendezvous: 1000,
};

/** A node that says nothing by itself, so that a test can. */
export const silent: Partial<DiscoverySettings> = {
  ...quick,
  announceInterval: 3_600_000,
  pingInterval: 3_600_000,
  neighbourInterval: 3_600_000,
};

export interface Member {
  readonly universe: Universe;
  readonly discovery: Discovery;
  readonly keys: NodeKey;
  readonly events: DiscoveryEvent[];
  /** `kind peer` of the events so far, peers by their first letters. */
  heard(): string[];
}

export async function member(
  options: {
    readonly network?: UniqueId;
    readonly keys?: NodeKey;
    readonly settings?: Partial<DiscoverySettings>;
    readonly universe?: Partial<UniverseOptions>;
  } & Pick<DiscoveryOptions, 'check' | 'now' | 'startMemory'> = {},
): Promise<Member> {
  const { network = NETWORK, keys = nodeKey(), settings = quick, check, now, startMemory } = options;
  const opened = await universe({
    limits: { retry: { first: 50, longest: 400 } },
    ...options.universe,
    keys,
  });
  const discovery = await createDiscovery({
    universe: opened,
    network,
    sign: keys.sign,
    settings,
    check,
    now,
    startMemory,
  });
  onTestFinished(() => discovery.close());
  const events: DiscoveryEvent[] = [];
  discovery.watch((event) => void events.push(event));
  return {
    universe: opened,
    discovery,
    keys,
    events,
    heard: () =>
      events.map((event) =>
        event.kind === 'lagged' ? 'lagged' : `${event.kind} ${event.peer.peer.slice(0, 8)}`,
      ),
  };
}

/** A signed entry of somebody who need not exist. */
export function entryBy(keys: NodeKey, part: Partial<PeerEntry> = {}): SignedPeerEntry {
  const now = Date.now();
  return sealEntry(
    {
      protocol: '1.0.0',
      network: NETWORK,
      peer: keys.key,
      version: [now, now],
      addresses: [],
      tags: [],
      streams: [],
      groups: [],
      tickets: [],
      ...part,
    },
    keys.sign,
  );
}

/** Nearly as large as an entry may be. */
export const largeEntry = (keys: NodeKey): SignedPeerEntry =>
  entryBy(keys, {
    tickets: [
      { class: idFrom('large'), data: utf8('x'.repeat(8000)) },
      { class: idFrom('large'), data: utf8('y'.repeat(8000)) },
    ],
  });

/** Everybody knows everybody by a signed entry. */
export const converged = (members: readonly Member[]): boolean =>
  members.every((one) => members.every((other) => one.discovery.isKnown(other.discovery.self)));
