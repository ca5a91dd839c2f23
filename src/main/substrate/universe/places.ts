/**
 * How many connections may stay. A rate alone lets whoever has patience take every place for good, so strangers share
 * fewer places than there are, and those behind one address fewer still. What this node dials is never counted against
 * them, nor are its companions, the members of its Groups and whoever else is familiar.
 */
import type { Connection, PeerId } from '@libp2p/interface';
import type { Multiaddr } from '@multiformats/multiaddr';
import { toHex } from '../../../protocol/bytes/index.ts';
import { originOf } from './addresses.ts';

export type OpenConnection = Pick<Connection, 'remotePeer' | 'remoteAddr' | 'direction'>;

export interface PlaceLimits {
  readonly all: number;
  /** Of all, those that no stranger takes. */
  readonly reserved: number;
  /** Strangers behind one IPv4 address, one /64 of IPv6, or one relay. */
  readonly perAddress: number;
}

export interface Places {
  /** Nobody finds a place. */
  full(): boolean;
  /** No place is left for this peer, who comes from there. */
  noneFor(peer: PeerId, address: Multiaddr): boolean;
}

/** `familiar`: peers for whom places are reserved, hex. */
export function createPlaces(
  { all, reserved, perAddress }: PlaceLimits,
  open: () => readonly OpenConnection[],
  familiar: () => Iterable<string>,
): Places {
  return {
    full: () => open().length >= all,
    noneFor(peer, address) {
      const connections = open();
      if (connections.length >= all) return true;
      const known = new Set(familiar());
      if (isIn(known, peer)) return false;
      const strangers = connections.filter(
        ({ direction, remotePeer }) => direction === 'inbound' && !isIn(known, remotePeer),
      );
      if (strangers.length >= all - reserved) return true;
      const origin = originOf(address);
      return strangers.filter(({ remoteAddr }) => originOf(remoteAddr) === origin).length >= perAddress;
    },
  };
}

const isIn = (peers: ReadonlySet<string>, peer: PeerId): boolean =>
  peers.size > 0 && peer.type === 'Ed25519' && peers.has(toHex(peer.publicKey.raw));
