/** What discovery is asked for, and what it answers. */
import type { CheckSignature, UniqueId } from '../../../protocol/bytes/index.ts';
import type { SealedEntry, Version } from '../../../protocol/universe/index.ts';
import type { Universe } from '../universe/index.ts';
import type { PeerFilter, PeerInfo } from './catalogue.ts';
import type { DiscoveryEvent } from './events.ts';
import type { Offender } from './offences.ts';
import type { OwnEntry } from './own-entry.ts';
import type { Rtt } from './rtt.ts';
import type { DiscoverySettings } from './settings.ts';
import type { StartMemory } from './start-memory.ts';
import type { SyncReport } from './sync.ts';

export interface DiscoveryOptions {
  readonly universe: Universe;
  /** The network this node is in; peers of others do not exist for it. */
  readonly network: UniqueId;
  /** Signs with the node key. */
  readonly sign: (message: Uint8Array) => Uint8Array;
  /** Unix milliseconds; default the system's clock. */
  readonly now?: (() => number) | undefined;
  /** Remembers the last start; absent: a restart is newer only if the clock has moved on. */
  readonly startMemory?: StartMemory | undefined;
  readonly settings?: Partial<DiscoverySettings> | undefined;
  /** Default node:crypto. */
  readonly check?: CheckSignature | undefined;
}

export interface DiscoveryStats {
  /** Peers in the catalogue, and members of this network that this node is connected with. */
  readonly peers: number;
  readonly neighbours: number;
  readonly version: Version;
  readonly announcements: number;
  /** What was refused since the start, by code, and from whom, the latest first. */
  readonly refused: Readonly<Record<string, number>>;
  readonly offenders: readonly Offender[];
  /** Median of how far the peers' clocks are ahead of ours, milliseconds; null: nobody was heard yet. */
  readonly skew: number | null;
  /** When another node was last heard speaking with this node's key, Unix milliseconds. */
  readonly twin: number | null;
}

export interface Discovery {
  /** The network, and this node's key in hex. */
  readonly network: UniqueId;
  readonly self: string;
  /** What this node says of itself. Changes are announced. */
  readonly own: OwnEntry;
  /** Peers that are here and match, this node not among them. */
  peers(filter?: PeerFilter): readonly PeerInfo[];
  peer(peer: string): PeerInfo | null;
  /** True when a signed entry of this peer is known: who is not known is asked to sync first (`CLOSE.unknownPeer`). */
  isKnown(peer: string): boolean;
  /** Takes somebody's word for where a peer is. Never passed on; a signed entry replaces it. Errors: `ADDRESS_FORMAT`, `PEER_FORMAT`. */
  introduce(peer: string, addresses: readonly string[]): Promise<void>;
  /**
   * Takes a signed entry that came some other way, over a bond for instance. False: it was known, or this node's own.
   * Errors: `ENTRY_*`, `CATALOGUE_FULL`.
   */
  accept(sealed: SealedEntry): boolean;
  /** Compares catalogues with a peer, both ways; `signal` calls it off. Errors: `PEER_UNREACHABLE`, `DIFFERENT_NETWORK`, `SYNC_FAILED`. */
  sync(peer: string, signal?: AbortSignal): Promise<SyncReport>;
  /** Asks a peer for its entry, and measures. Errors: `PEER_UNREACHABLE`, `DIFFERENT_NETWORK`, `PING_FAILED`, `ENTRY_*`. */
  ping(peer: string, signal?: AbortSignal): Promise<Rtt>;
  /** Round trip with a peer; null before the first measurement. */
  rtt(peer: string): Rtt | null;
  /** Hears every event at once; must not throw. Answers how to stop. */
  watch(handler: (event: DiscoveryEvent) => void): () => void;
  /** The same as an iterator; of more than 100 waiting events the oldest are dropped. */
  events(signal?: AbortSignal): AsyncIterableIterator<DiscoveryEvent>;
  stats(): DiscoveryStats;
  /** Says goodbye, gives it time to travel, and ends. */
  close(): Promise<void>;
}
