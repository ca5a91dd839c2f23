/** What a list says about a peer: its short name, state, soonest ticket, and whether a search means it. Pure. */
import type { NetworkPeer } from '../../../contract/index.ts';
import { number, UNIT } from '../../format.ts';
import type { Key } from '../../language/translate.ts';

/** Every peer id begins with the same letters; the end is what tells them apart. */
export const shortPeer = (key: string): string => `${key.slice(0, 8)}…${key.slice(-4)}`;

export type PeerState = 'connected' | 'relayed' | 'known' | 'hearsay';

export const stateOf = ({ state, signed, connection }: NetworkPeer): PeerState =>
  state === 'connected'
    ? connection?.relayed === true
      ? 'relayed'
      : 'connected'
    : signed
      ? 'known'
      : 'hearsay';

export const peerWord = (peer: NetworkPeer): Key => `peer.state.${stateOf(peer)}`;

/** `0.8 ms`, `42 ms`. */
export const rtt = (ms: number): string => `${number(ms, ms < 10 ? 1 : 0)}${UNIT}ms`;

/** The ticket that ends first; those without an end come last. Null: none is shown. */
export function soonest(tickets: NetworkPeer['tickets']): NetworkPeer['tickets'][number] | null {
  let first: NetworkPeer['tickets'][number] | null = null;
  for (const one of tickets)
    if (
      first === null ||
      (one.expires ?? Number.POSITIVE_INFINITY) < (first.expires ?? Number.POSITIVE_INFINITY)
    )
      first = one;
  return first;
}

/** Every word must fit: a beginning of key or peer id, a part of a tag or address, or the state. */
export function matches(peer: NetworkPeer, query: string): boolean {
  return query
    .trim()
    .toLowerCase()
    .split(/\s+/)
    .filter(Boolean)
    .every(
      (word) =>
        peer.peer.startsWith(word) ||
        (word.length > 7 && peer.peerId.toLowerCase().includes(word)) ||
        stateOf(peer) === word ||
        peer.state === word ||
        peer.tags.some((tag) => tag.toLowerCase().includes(word)) ||
        peer.addresses.some((address) => address.toLowerCase().split('/p2p/')[0]?.includes(word) === true) ||
        peer.groups.some((group) => word.length > 7 && group.startsWith(word)),
    );
}

/** `/…/p2p/12D3Koo…` as far as it can be told before the node dials it. */
export const looksDialable = (address: string): boolean =>
  /^\/\S+\/p2p\/[1-9A-HJ-NP-Za-km-z]{40,}$/.test(address) && address.length <= 512;
