/** What a universe is asked for, and what it answers. */
import type { Rate } from './buckets.ts';
import type { DialRules } from './addresses.ts';
import type { Denial, DeniedBy } from './denial-list.ts';
import type { GossipHandler } from './gossip.ts';
import type { Link } from './link.ts';
import type { Pointers } from './pointers.ts';

export interface UniverseOptions {
  /** Raw 32-byte Ed25519 public key of the node. */
  readonly key: Uint8Array;
  /** Signs with the node key; the key itself stays in the vault. */
  readonly sign: (message: Uint8Array) => Uint8Array;
  /** Multiaddrs to listen on; empty: dial only. */
  readonly listen: readonly string[];
  /** Multiaddrs to tell others instead of those that are listened on: behind a forwarded port. */
  readonly announce?: readonly string[] | undefined;
  /** Peers to stay connected with, multiaddrs that end in `/p2p/…`. */
  readonly bootstrap?: readonly string[] | undefined;
  /** File of the peer store; absent: peers are forgotten at the end. */
  readonly peerFile?: string | undefined;
  /** Look for nodes on the local network, and be found there. Off unless asked for. */
  readonly mdns?: boolean | undefined;
  /** Take part in the table of pointers: keep some for others, or only ask. Off unless asked for. */
  readonly pointers?: 'server' | 'client' | undefined;
  readonly relay?: RelayOptions | undefined;
  /** Have strangers confirm addresses (AutoNAT) and cut through NATs (DCUtR). Default true. */
  readonly nat?: boolean | undefined;
  readonly limits?: Partial<UniverseLimits> | undefined;
  /** Peers for whom places are reserved beside the companions, hex; asked whenever somebody connects. */
  readonly familiar?: (() => Iterable<string>) | undefined;
  /** Which addresses of others may be dialled; see `defaultRules`. */
  readonly dial?: Partial<DialRules> | undefined;
}

export interface RelayOptions {
  /** Carry connections of others to nodes that nobody can reach. */
  readonly serve?: boolean | undefined;
  /** Be reachable through these relays, multiaddrs that end in `/p2p/…`. */
  readonly through?: readonly string[] | undefined;
  /** Be reachable through this many of the connected peers that relay, whoever they are. */
  readonly seek?: number | undefined;
}

export interface UniverseLimits {
  /** Connections altogether, and with one peer. */
  readonly connections: number;
  readonly connectionsPerPeer: number;
  /** Of all, those that are kept for peers that this node knows; default a tenth. */
  readonly connectionsReserved?: number | undefined;
  /**
   * Connections that strangers behind one address have at a time. Default a quarter of all: one operator may run many
   * nodes behind one address, and so may all members that come through one relay.
   */
  readonly connectionsPerAddress?: number | undefined;
  /** Inbound connections from one address, and from everywhere. */
  readonly inboundPerAddress: Rate;
  readonly inboundOverall: Rate;
  /** Streams that one connection may carry each way. */
  readonly streams: number;
  /** How long a dial and the negotiation of a protocol may take, milliseconds. */
  readonly dial: number;
  /** Waits between attempts to reach companions, milliseconds. */
  readonly retry: { readonly first: number; readonly longest: number };
  /** What a relay of ours carries per connection: milliseconds and bytes. */
  readonly relayed: { readonly duration: number; readonly bytes: bigint; readonly reservations: number };
}

export type UniverseEvent =
  /** The first connection with a peer is there, or the last one gone. */
  | { readonly kind: 'connected' | 'disconnected'; readonly peer: string }
  /** A connected peer listens to a topic, or no longer. */
  | { readonly kind: 'listening' | 'silent'; readonly peer: string; readonly topic: string }
  /** The addresses of this node have changed. */
  | { readonly kind: 'addresses' };

export interface ConnectionInfo {
  /** Node key, hex. */
  readonly peer: string;
  readonly direction: 'inbound' | 'outbound';
  readonly address: string;
  /** Unix milliseconds. */
  readonly since: number;
  readonly streams: number;
  /** Protocols of the streams, each once. */
  readonly protocols: readonly string[];
  readonly relayed: boolean;
  /** Milliseconds, as libp2p's own heartbeat measured it; null before the first. */
  readonly rtt: number | null;
}

export interface PeerTraffic {
  readonly links: number;
  /** Of links only: gossip and libp2p's own protocols are not counted. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export interface UniverseStats {
  readonly connections: readonly ConnectionInfo[];
  /** By peer, since its first connection. */
  readonly traffic: ReadonlyMap<string, PeerTraffic>;
  /** `public`: an address that anybody can dial; `relayed`: through a relay only; `private`: from this network only. */
  readonly reach: 'public' | 'relayed' | 'private' | 'none';
  /** Addresses under which others see this node, and how many of them, most first. */
  readonly observed: readonly { readonly address: string; readonly peers: number }[];
  readonly denied: readonly Denial[];
  /** Inbound connections that were turned away since the start. */
  readonly refused: number;
}

export interface Universe extends Pointers {
  /** This node's key, hex. */
  readonly self: string;
  /** Multiaddrs under which this node can be dialled, each with its peer id. */
  addresses(): readonly string[];
  /** Lets this node know where a peer may be reached; what may not be dialled is left out. Errors: `ADDRESS_FORMAT`. */
  learn(peer: string, addresses: readonly string[]): Promise<void>;
  /** Opens a link; dials when there is no connection yet. Errors: `PEER_UNREACHABLE`. */
  open(peer: string, protocol: string, signal?: AbortSignal): Promise<Link>;
  /** Makes a connection, if there is none. Errors: `PEER_UNREACHABLE`. */
  connect(peer: string, signal?: AbortSignal): Promise<void>;
  /**
   * Answers links of this protocol; answers how to stop. At most `perPeer` at once from one peer, default 4: more are
   * closed with `noCapacity`.
   */
  serve(protocol: string, handler: (link: Link) => void, perPeer?: number): Promise<() => Promise<void>>;
  /** Connected peers, hex. */
  connected(): readonly string[];
  /** Peers that this node has been connected with before, most recent first, hex. */
  remembered(limit: number): Promise<readonly string[]>;
  /** Closes every connection to a peer. */
  disconnect(peer: string): Promise<void>;
  /**
   * Disconnects a peer and lets it in again no sooner than after `milliseconds`; 0 lifts a denial. One by a person
   * (default: by the node) is never forgotten before its end.
   */
  deny(peer: string, milliseconds: number, reason: string, by?: DeniedBy): void;
  /** Only these peers may connect, hex, and others are disconnected; null: everybody who is not denied. */
  only(peers: readonly string[] | null): void;
  /** Sends up to 64 KiB to everybody who listens; answers to how many neighbours. Errors: `GOSSIP_SIZE`. */
  publish(topic: string, bytes: Uint8Array): Promise<number>;
  /** Hears a topic; answers how to stop. See `GossipHandler` for what the handler's answer means. */
  subscribe(topic: string, handler: GossipHandler): () => void;
  /** Connected peers that listen to a topic, hex. */
  listeners(topic: string): readonly string[];
  /** Hears events; answers how to stop. Handlers must not throw. */
  watch(handler: (event: UniverseEvent) => void): () => void;
  stats(): UniverseStats;
  close(): Promise<void>;
}

export const defaultLimits: UniverseLimits = {
  connections: 300,
  connectionsPerPeer: 4,
  inboundPerAddress: { rate: 10, burst: 60 },
  inboundOverall: { rate: 50, burst: 200 },
  streams: 512,
  dial: 10_000,
  retry: { first: 1000, longest: 60_000 },
  relayed: { duration: 60 * 60_000, bytes: 1024n ** 3n, reservations: 64 },
};
