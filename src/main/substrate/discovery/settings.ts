/** Every interval and limit of discovery, with the values of coalition.md 3.2 where it gives one. Milliseconds. */
import { MAX_DRIFT, PURGE_AFTER } from '../../../protocol/universe/index.ts';
import type { Rate } from '../universe/index.ts';

export interface DiscoverySettings {
  /** Own entry over gossip, at this distance give or take half of `jitter` of it. */
  readonly announceInterval: number;
  readonly announceJitter: number;
  /** Announcements for changes and new neighbours are no closer together than this. */
  readonly announceSpacing: number;
  /** Clocks may differ by this much. */
  readonly maxDrift: number;
  /** Who has not been heard for so long is hidden, and then removed by the next sweep. */
  readonly purgeAfter: number;
  readonly sweepInterval: number;
  /** After the goodbye, before the end: time for it to travel. */
  readonly departureWait: number;
  /** One answer of a peer, in a sync or to a ping. */
  readonly answerTimeout: number;
  /** A whole sync, on either side of it. */
  readonly syncTimeout: number;
  /** Of two neighbours the one with the larger key leaves the first sync to the other for so long. */
  readonly syncYield: number;
  /** Neighbours that meet again within this do not sync again. */
  readonly syncAgain: number;
  /** Syncs and pings that one peer may ask for. */
  readonly askRate: Rate;
  /** Entries that one peer may hand over in syncs. */
  readonly listRate: Rate;
  readonly pingInterval: number;
  /** Members of the network to be connected with, at least, and how often that is looked at. */
  readonly neighbours: number;
  readonly neighbourInterval: number;
  /** How often the table of pointers is asked for others: while alone, and then. */
  readonly rendezvousAlone: number;
  readonly rendezvous: number;
  /** Peers in the catalogue, at most. */
  readonly maxPeers: number;
  /** Announcements that one neighbour may hand over. */
  readonly gossipRate: Rate;
  /** So many forgeries within `window`, and the neighbour is denied for `denial`. */
  readonly forgeries: { readonly limit: number; readonly window: number; readonly denial: number };
  /** Events that wait for a slow listener; of more the oldest are dropped, and it is told how many. */
  readonly backlog: number;
}

export const defaultSettings: DiscoverySettings = {
  announceInterval: 45_000,
  announceJitter: 0.5,
  announceSpacing: 1000,
  maxDrift: MAX_DRIFT,
  purgeAfter: PURGE_AFTER,
  sweepInterval: 5000,
  departureWait: 500,
  answerTimeout: 10_000,
  syncTimeout: 30_000,
  syncYield: 1000,
  syncAgain: 30_000,
  askRate: { rate: 1, burst: 10 },
  listRate: { rate: 150, burst: 10_000 },
  pingInterval: 30_000,
  neighbours: 8,
  neighbourInterval: 5000,
  rendezvousAlone: 5000,
  rendezvous: 60_000,
  maxPeers: 4096,
  gossipRate: { rate: 200, burst: 1000 },
  forgeries: { limit: 10, window: 60_000, denial: 600_000 },
  backlog: 100,
};
