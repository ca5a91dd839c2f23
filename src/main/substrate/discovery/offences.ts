/**
 * Who hands over what: refusals are counted by code and by the neighbour they came from, forgeries among them lead to
 * a denial. An old or late entry is nobody's fault: a neighbour with another clock passes it on in good faith.
 */
import { createBuckets } from '../universe/index.ts';
import type { GossipVerdict } from '../universe/index.ts';
import type { DiscoverySettings } from './settings.ts';

export interface Offender {
  /** The neighbour it came from, hex. */
  readonly peer: string;
  /** Refusals since the start, by code. */
  readonly refused: Readonly<Record<string, number>>;
}

export interface Offences {
  /** True when this neighbour may hand over one more announcement now. */
  heard(from: string): boolean;
  /** True when this peer may ask for one more sync, or ping. */
  asked(from: string): boolean;
  /** True when this peer may hand over one more entry in a sync. */
  listed(from: string): boolean;
  /** Counts a refusal; answers what is to become of the message. */
  refuse(from: string, code: string): GossipVerdict;
  totals(): Readonly<Record<string, number>>;
  offenders(): readonly Offender[];
}

/** Only whoever made it up, or passed it on without looking, can send one of these. */
const forgeries = new Set([
  'ANNOUNCEMENT_FORMAT',
  'DEPARTURE_FORMAT',
  'DEPARTURE_SIGNATURE',
  'ENTRY_FORMAT',
  'ENTRY_NETWORK',
  'ENTRY_SIGNATURE',
  'ENTRY_SIZE',
]);
const MAX_OFFENDERS = 1000;

export interface OffenceOptions {
  readonly settings: Pick<DiscoverySettings, 'forgeries' | 'gossipRate' | 'askRate' | 'listRate'>;
  readonly deny: (peer: string, milliseconds: number, reason: string) => void;
}

export function createOffences({ settings, deny }: OffenceOptions): Offences {
  const { limit, window, denial } = settings.forgeries;
  const gossip = createBuckets(settings.gossipRate);
  const asks = createBuckets(settings.askRate);
  const lists = createBuckets(settings.listRate);
  // a bucket of forgeries: full after `limit`, empty again after `window`
  const forged = createBuckets({ rate: (limit * 1000) / window, burst: limit });
  const byPeer = new Map<string, Record<string, number>>();
  const totals: Record<string, number> = {};

  return {
    heard: (from) => gossip.take(from),
    asked: (from) => asks.take(from),
    listed: (from) => lists.take(from),
    refuse(from, code) {
      totals[code] = (totals[code] ?? 0) + 1;
      const counts = byPeer.get(from) ?? {};
      counts[code] = (counts[code] ?? 0) + 1;
      byPeer.delete(from);
      byPeer.set(from, counts);
      if (byPeer.size > MAX_OFFENDERS) {
        const [oldest] = byPeer.keys();
        if (oldest !== undefined) byPeer.delete(oldest);
      }
      if (!forgeries.has(code)) return 'ignore';
      if (!forged.take(from)) {
        forged.forget(from);
        deny(from, denial, 'It handed over forged entries of peers.');
      }
      return 'reject';
    },
    totals: () => ({ ...totals }),
    offenders: () => [...byPeer].map(([peer, counts]) => ({ peer, refused: { ...counts } })).toReversed(),
  };
}
