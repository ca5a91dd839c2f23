/**
 * The libp2p node: which modules, and every setting that is not the library's default, with its reason. Nothing in
 * here points at a public network.
 */
import { circuitRelayServer, circuitRelayTransport } from '@libp2p/circuit-relay-v2';
import { publicKeyFromRaw } from '@libp2p/crypto/keys';
import { dcutr } from '@libp2p/dcutr';
import type { GossipSub } from '@libp2p/gossipsub';
import { identify } from '@libp2p/identify';
import type { Identify } from '@libp2p/identify';
import type {
  ConnectionGater,
  Ed25519PrivateKey,
  Ed25519PublicKey,
  Libp2p,
  PeerDiscovery,
  PeerId,
} from '@libp2p/interface';
import type { KadDHT } from '@libp2p/kad-dht';
import { mdns } from '@libp2p/mdns';
import { peerIdFromPublicKey } from '@libp2p/peer-id';
import { ping } from '@libp2p/ping';
import type { Ping } from '@libp2p/ping';
import { tcp } from '@libp2p/tcp';
import type { Datastore } from 'interface-datastore';
import { createLibp2p } from 'libp2p';
import { fromHex, Refusal, toHex } from '../../../protocol/bytes/index.ts';
import { encrypter } from './encrypter.ts';
import { gossipService } from './gossip.ts';
import { muxer } from './muxer.ts';
import { autoNat } from './nat.ts';
import { pointerService } from './pointers.ts';
import type { UniverseLimits, UniverseOptions } from './types.ts';

/** The services that something here talks to; the others work by themselves. */
export type Services = {
  readonly identify: Identify;
  readonly ping: Ping;
  readonly gossip: GossipSub;
  readonly pointers?: KadDHT | undefined;
  readonly autonat?: unknown;
  readonly dcutr?: unknown;
  readonly relay?: unknown;
};
export type Node = Libp2p<Services>;

export interface NodeParts {
  readonly options: UniverseOptions;
  readonly limits: UniverseLimits;
  readonly gater: ConnectionGater;
  readonly datastore: Datastore;
  /** A peer turned up on the local network. */
  readonly found: (peer: PeerId) => void;
}

/** Largest window of a stream: 20 MB/s at a round trip of 100 ms, and well below what a link may hold unread. */
const WINDOW = 2 * 1024 * 1024;
const DAY = 24 * 60 * 60_000;
/** Inbound connections that are still being negotiated, at most. */
const PENDING = 64;
/** Of libp2p's own protocols: nodes of public networks do not understand these, and leave again. */
const PREFIX = 'muster';
/** Not the public network's, so that other people's nodes on the same cable are left alone. */
const MDNS_TAG = '_muster._udp.local';

/** Creates and starts the node. Errors: `LISTEN_FAILED`. */
export async function startNode({ options, limits, gater, datastore, found }: NodeParts): Promise<Node> {
  const { key, sign, listen, announce = [], relay = {}, nat = true, pointers } = options;
  // one search per relay that is wanted: whichever connected peer relays is taken, and replaced when it is lost
  const searches = (relay.through?.length ?? 0) + (relay.seek ?? 0);
  const create = createLibp2p<Services>({
    start: false,
    privateKey: vaultKey(key, sign),
    nodeInfo: { name: 'muster', version: '0', userAgent: 'muster' },
    addresses: {
      listen: [...listen, ...Array.from({ length: searches }, () => '/p2p-circuit')],
      announce: [...announce],
    },
    datastore,
    // what a week ago was an address is worth one attempt
    peerStore: { maxAddressAge: 7 * DAY, maxPeerAge: 7 * DAY },
    transports: [tcp({ backlog: 128 }), circuitRelayTransport()],
    connectionEncrypters: [encrypter()],
    streamMuxers: [
      muxer({
        maxInboundStreams: limits.streams,
        maxOutboundStreams: limits.streams,
        // a member of many Groups opens a stream for each as soon as it is connected, and this end may be slower
        maxEarlyStreams: limits.streams,
        streamOptions: { maxStreamWindowSize: WINDOW },
      }),
    ],
    connectionGater: gater,
    connectionManager: {
      // the gate counts what comes in, where it shows; the library's own limit is for what this node dials beyond it
      maxConnections: limits.connections + PENDING,
      maxIncomingPendingConnections: PENDING,
      // the gate counts by address itself, with a burst for those who start together
      inboundConnectionThreshold: 1_000_000,
      dialTimeout: limits.dial,
      addressDialTimeout: Math.ceil(limits.dial / 2),
      maxParallelDials: 32,
    },
    // a busy machine answers late; ten seconds of silence are what counts as gone
    connectionMonitor: { protocolPrefix: PREFIX, pingInterval: 15_000, pingTimeout: { minTimeout: 10_000 } },
    peerDiscovery: options.mdns === true ? [localNetwork(found)] : [],
    services: {
      identify: identify({ protocolPrefix: PREFIX }),
      ping: ping({ protocolPrefix: PREFIX, runOnLimitedConnection: true }),
      gossip: gossipService,
      ...(pointers === undefined ? {} : { pointers: pointerService(pointers === 'server') }),
      ...(nat ? { autonat: autoNat(PREFIX), dcutr: dcutr() } : {}),
      ...(relay.serve === true ? { relay: relayService(limits) } : {}),
    },
  });
  try {
    const node = await create;
    await node.start();
    return node;
  } catch (error) {
    await create.then((node) => node.stop()).catch(() => undefined);
    throw new Refusal('LISTEN_FAILED', `The network cannot be opened: ${(error as Error).message}`);
  }
}

const relayService = ({ relayed }: UniverseLimits): ReturnType<typeof circuitRelayServer> =>
  circuitRelayServer({
    reservations: {
      maxReservations: relayed.reservations,
      // the library's two minutes and 128 KiB suit strangers; members of one coalition keep bonds over a relay
      defaultDurationLimit: relayed.duration,
      defaultDataLimit: relayed.bytes,
    },
  });

const localNetwork =
  (found: (peer: PeerId) => void) =>
  (components: Parameters<ReturnType<typeof mdns>>[0]): PeerDiscovery => {
    const service = mdns({ serviceTag: MDNS_TAG })(components);
    service.addEventListener('peer', ({ detail }) => found(detail.id));
    return service;
  };

/** A private key whose private half stays where it is. */
function vaultKey(key: Uint8Array, sign: (message: Uint8Array) => Uint8Array): Ed25519PrivateKey {
  const privateKey: Ed25519PrivateKey = {
    type: 'Ed25519',
    publicKey: publicKeyFromRaw(key) as Ed25519PublicKey,
    get raw(): Uint8Array {
      throw new Error('the node key stays in the vault');
    },
    equals: (other: unknown) => other === privateKey,
    sign: (message) => sign(message instanceof Uint8Array ? message : message.subarray()),
  };
  return privateKey;
}

/** The libp2p id of a node key in hex. Errors: `PEER_FORMAT`. */
export function peerIdOf(peer: string): PeerId {
  try {
    return peerIdFromPublicKey(publicKeyFromRaw(fromHex(peer, 32)));
  } catch {
    throw new Refusal('PEER_FORMAT', 'A peer is named by 64 hex digits.');
  }
}

/** The node key of a libp2p id, hex; other ids do not occur: only Ed25519 keys pass the gate. */
export function hexOf(peer: PeerId): string {
  if (peer.type !== 'Ed25519') throw new Refusal('PEER_FORMAT', 'The peer id is not of an Ed25519 key.');
  return toHex(peer.publicKey.raw);
}
