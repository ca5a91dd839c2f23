/** The network itself, loaded only when somebody turns it on: libp2p is large. */
import { join } from 'node:path';
import type { Settings } from '../../../contract/index.ts';
import { toHex, UNIVERSE } from '../../../protocol/bytes/index.ts';
import { openGroupStore } from '../../store/index.ts';
import type { KeyVault } from '../../store/index.ts';
import { createDiscovery, fileStartMemory } from '../../substrate/discovery/index.ts';
import type { Discovery } from '../../substrate/discovery/index.ts';
import { openGroups } from '../../substrate/group/index.ts';
import type { Group, Groups } from '../../substrate/group/index.ts';
import { createStreams } from '../../substrate/stream/index.ts';
import type { Streams } from '../../substrate/stream/index.ts';
import { openUniverse, peerOf } from '../../substrate/universe/index.ts';
import type { Universe } from '../../substrate/universe/index.ts';
import { openTicketChecks } from './tickets.ts';
import type { TicketPorts } from './tickets.ts';

export interface NetworkPorts extends TicketPorts {
  /** Data folder of the node. */
  readonly folder: string;
  readonly vault: KeyVault;
  readonly settings: Settings;
  /** Something that the screens show may be different. */
  readonly changed: () => void;
}

/** An open network. */
export interface OpenNetwork {
  readonly universe: Universe;
  readonly discovery: Discovery;
  readonly groups: Groups;
  /** One for the whole node: what it produces under an id, it produces once. */
  readonly streams: Streams;
  /** Node key of a multiaddr that ends in `/p2p/…`, hex. Errors: `ADDRESS_FORMAT`. */
  peerOf(address: string): string;
  close(): Promise<void>;
}

/** Errors: `LISTEN_FAILED`, `ADDRESS_FORMAT`, `VAULT_*`, `STORE_*`. */
export async function openNetwork(ports: NetworkPorts): Promise<OpenNetwork> {
  const { folder, vault, settings, now, note } = ports;
  const changed = atMostEvery(ANNOUNCE, ports.changed);
  const keys = vault.publicKeys();
  if (keys === null) throw new Error('a network without an identity');
  const sign = (message: Uint8Array): Uint8Array => vault.sign('node', message);
  const opened: { close(): Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    // what one of them cannot do any more must not keep the others open
    for (const one of opened.splice(0).toReversed())
      await one.close().catch((error: unknown) => note(`Closing the network: ${String(error)}`));
  };
  try {
    let members: () => readonly string[] = () => [];
    const universe = await openUniverse({
      key: keys.node,
      sign,
      listen: settings.networkListen === '' ? [] : [settings.networkListen],
      bootstrap: settings.networkBootstrap,
      peerFile: join(folder, 'peers.db'),
      mdns: settings.networkLocal,
      relay: { serve: settings.networkRelay, seek: settings.networkListen === '' ? 1 : 0 },
      // there are no Groups yet
      familiar: () => members(),
    });
    opened.push(universe);
    const discovery = await createDiscovery({
      universe,
      network: UNIVERSE,
      sign,
      now,
      startMemory: fileStartMemory(join(folder, 'network-start')),
    });
    opened.push(discovery);
    const store = await openGroupStore({
      path: join(folder, 'groups.db'),
      heads: join(folder, 'group-heads'),
    });
    opened.push(store);
    const groups = await openGroups({
      universe,
      network: UNIVERSE,
      store,
      signer: {
        log: keys.log,
        cosigner: keys.cosigner,
        sign: (key, message) => vault.sign(key, message),
      },
      now,
      note,
      changed,
    });
    opened.push(groups);
    members = () => groups.list().flatMap(membersOf);
    const tickets = await openTicketChecks(ports);
    opened.push(tickets);
    const streams = await createStreams({ universe, discovery, now, tickets, changed });
    opened.push(streams);
    universe.watch(changed);
    discovery.watch(changed);
    return { universe, discovery, groups, streams, peerOf, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Whoever is listed, bonded at the moment or not: who lost its bond must find a place to come back. */
function membersOf(group: Group<unknown>): readonly string[] {
  const { voters, learners } = group.membership().members;
  return [...voters, ...learners].map(({ node }) => toHex(node));
}

/** Screens hear of changes no more often than this, milliseconds: a busy Group changes with every command. */
const ANNOUNCE = 500;

/** Calls `work` once for all calls within `ms`, at its end. */
function atMostEvery(ms: number, work: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  return () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      work();
    }, ms);
  };
}
