/**
 * Who may connect, and stay: the connection gater of libp2p. It knows peers and addresses, no tickets: those are exchanged on
 * top (core.md 3.1), and whoever fails there is denied here for a while. Only Ed25519 peers pass.
 */
import type { ConnectionGater, MultiaddrConnection, PeerId } from '@libp2p/interface';
import type { Multiaddr } from '@multiformats/multiaddr';
import { toHex } from '../../../protocol/bytes/index.ts';
import { isRelayed, mayDial, originOf } from './addresses.ts';
import type { DialRules } from './addresses.ts';
import { createBuckets } from './buckets.ts';
import type { Rate } from './buckets.ts';
import { createDenialList } from './denial-list.ts';
import type { Denial, DeniedBy } from './denial-list.ts';
import { createPlaces } from './places.ts';
import type { OpenConnection, PlaceLimits } from './places.ts';

export interface GateOptions {
  readonly self: PeerId;
  readonly rules: DialRules;
  /** Addresses that somebody configured: dialled whatever the rules say. */
  readonly configured: ReadonlySet<string>;
  /** Inbound connections from one IPv4 address, or one /64 of IPv6. */
  readonly perAddress: Rate;
  /** Inbound connections from everywhere. */
  readonly overall: Rate;
  /** Connections with one peer, at most. */
  readonly perPeer: number;
  readonly places: PlaceLimits;
  /** Connections that exist now. */
  readonly open: () => readonly OpenConnection[];
  /** Peers for whom places are reserved, hex. */
  readonly familiar?: (() => Iterable<string>) | undefined;
  /** Hears what `createDenialList` tells. */
  readonly denialsChanged?: ((denial: Denial) => void) | undefined;
  /** Milliseconds, monotonic. */
  readonly now?: (() => number) | undefined;
}

export interface Gate {
  readonly gater: ConnectionGater;
  /** No connection with this peer, either way, for so long (milliseconds); 0 lifts it. */
  deny(peer: string, milliseconds: number, reason: string, by: DeniedBy): void;
  denials(): readonly Denial[];
  /** Only these peers may connect, hex; null: everybody who is not denied. */
  only(peers: readonly string[] | null): void;
  /** Connections that were turned away since the start. */
  refused(): number;
}

export function createGate(options: GateOptions): Gate {
  const { self, rules, configured, perPeer, open } = options;
  const now = options.now ?? (() => performance.now());
  const perAddress = createBuckets(options.perAddress, now);
  const overall = createBuckets(options.overall, now);
  const places = createPlaces(options.places, open, options.familiar ?? (() => []));
  const denied = createDenialList(now, options.denialsChanged ?? (() => undefined));
  let allowed: ReadonlySet<string> | null = null;
  let refused = 0;

  /** Counts what it turns away, so that a page can show that somebody knocks. */
  const turnAway = (refuse: boolean): boolean => {
    if (refuse) refused += 1;
    return refuse;
  };
  const isDenied = (peer: PeerId): boolean => {
    if (peer.type !== 'Ed25519') return true;
    const key = toHex(peer.publicKey.raw);
    return (allowed !== null && !allowed.has(key)) || denied.has(key);
  };
  const tooMany = (peer: PeerId): boolean =>
    open().filter(({ remotePeer }) => remotePeer.equals(peer)).length >= perPeer;
  // whose connection it is shows only after the handshake
  const mayNotStay = (peer: PeerId, { remoteAddr }: MultiaddrConnection): boolean =>
    isDenied(peer) || tooMany(peer) || places.noneFor(peer, remoteAddr);
  const mayReach = (address: Multiaddr): boolean => {
    const text = address.toString();
    if (configured.has(text) || configured.has(withoutPeer(text)) || mayDial(address, rules)) return true;
    // a relayed address stands and falls with its relay's
    return isRelayed(address) && configured.has(address.decapsulate('/p2p-circuit').toString());
  };

  return {
    gater: {
      denyDialPeer: isDenied,
      denyDialMultiaddr: (address) => !mayReach(address),
      denyInboundConnection: (connection: MultiaddrConnection) =>
        turnAway(!perAddress.take(originOf(connection.remoteAddr)) || !overall.take('') || places.full()),
      denyInboundEncryptedConnection: (peer, connection) => turnAway(mayNotStay(peer, connection)),
      denyOutboundConnection: isDenied,
      denyOutboundEncryptedConnection: isDenied,
      denyInboundUpgradedConnection: (peer, connection) => turnAway(mayNotStay(peer, connection)),
      denyOutboundUpgradedConnection: isDenied,
      denyInboundRelayReservation: (peer) => turnAway(isDenied(peer)),
      denyOutboundRelayedConnection: (source, destination) => isDenied(source) || isDenied(destination),
      denyInboundRelayedConnection: (_relay, peer) => turnAway(isDenied(peer)),
      // what may not be dialled need not be remembered
      filterMultiaddrForPeer: (peer, address) => peer.equals(self) || mayReach(address),
    },
    deny: (peer, milliseconds, reason, by) => denied.put({ peer, remaining: milliseconds, reason, by }),
    denials: denied.list,
    only(peers) {
      allowed = peers === null ? null : new Set(peers);
    },
    refused: () => refused,
  };
}

const withoutPeer = (text: string): string => text.replace(/\/p2p\/[^/]+$/, '');
