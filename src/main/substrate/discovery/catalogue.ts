/**
 * The catalogue: the entries of a network's peers, newest first to win (coalition.md 3.2). What is in here was admitted;
 * this is only about keeping it: who is visible, who has gone silent, who said goodbye.
 */
import { sameBytes, toHex } from '../../../protocol/bytes/index.ts';
import type { UniqueId } from '../../../protocol/bytes/index.ts';
import { compareVersions, isStale, ticketIdOf } from '../../../protocol/universe/index.ts';
import type { PeerEntry, SealedEntry, SignedPeerEntry, Version } from '../../../protocol/universe/index.ts';
import type { Events } from './events.ts';

/** What a peer's entry says, and how this node came to know it. */
export interface PeerInfo extends Omit<PeerEntry, 'peer'> {
  /** Node key, hex. */
  readonly peer: string;
  /** False: only this node says so, and a signed entry has not come yet. */
  readonly signed: boolean;
  /** When its last entry came, Unix milliseconds of this node's clock. */
  readonly heardAt: number;
}

/** All that are given must hold. */
export interface PeerFilter {
  readonly tag?: UniqueId | undefined;
  readonly stream?: UniqueId | undefined;
  readonly group?: UniqueId | undefined;
  /** Class of a ticket that the peer holds, valid or not. */
  readonly ticketClass?: UniqueId | undefined;
  /** Id of a ticket that the peer holds. */
  readonly ticket?: UniqueId | undefined;
}

export interface Catalogue {
  /** The last version of a peer's signed entry, also of one that said goodbye a while ago; null: none. */
  known(peer: string): Version | null;
  /** Takes an entry that was admitted. False: there is no room for one more peer. */
  put(signed: SignedPeerEntry): boolean;
  /** Takes what somebody here knows about a peer; a signed entry stands above it. */
  putUnsigned(entry: PeerEntry): void;
  /** The peer said goodbye: nothing up to that version comes back. */
  depart(peer: string, version: Version): void;
  /** Removes who has not been heard for too long. */
  sweep(): void;
  get(peer: string): PeerInfo | null;
  find(filter?: PeerFilter): readonly PeerInfo[];
  /** Signed entries as they were received, to be passed on. */
  sealed(): readonly SealedEntry[];
  size(): number;
}

interface Held {
  readonly info: PeerInfo;
  readonly sealed: SealedEntry | null;
}

export interface CatalogueOptions {
  readonly now: () => number;
  readonly purgeAfter: number;
  readonly maxPeers: number;
  readonly emit: Events['emit'];
}

export function createCatalogue({ now, purgeAfter, maxPeers, emit }: CatalogueOptions): Catalogue {
  const held = new Map<string, Held>();
  const goodbyes = new Map<string, { readonly version: Version; readonly until: number }>();

  const visible = ({ info }: Held): boolean =>
    info.signed ? !isStale(info.version, now(), purgeAfter) : now() - info.heardAt <= purgeAfter;
  const keep = (entry: PeerEntry, sealed: SealedEntry | null): void => {
    const peer = toHex(entry.peer);
    const info: PeerInfo = { ...entry, peer, signed: sealed !== null, heardAt: now() };
    const before = held.get(peer);
    const seen = before !== undefined && visible(before);
    held.set(peer, { info, sealed });
    if (!seen) emit({ kind: 'discovered', peer: info });
    else
      emit({
        kind: 'updated',
        peer: info,
        changed: differs(before.info, info),
      });
  };

  return {
    known(peer) {
      const one = held.get(peer);
      const here = one?.info.signed === true ? one.info.version : null;
      const gone = goodbyes.get(peer)?.version ?? null;
      return here === null || (gone !== null && compareVersions(gone, here) > 0) ? gone : here;
    },
    put(signed) {
      const peer = toHex(signed.entry.peer);
      if (!held.has(peer) && held.size >= maxPeers) return false;
      goodbyes.delete(peer);
      keep(signed.entry, { bytes: signed.bytes, sig: signed.sig });
      return true;
    },
    putUnsigned(entry) {
      const peer = toHex(entry.peer);
      if (held.get(peer)?.info.signed === true || (!held.has(peer) && held.size >= maxPeers)) return;
      keep(entry, null);
    },
    depart(peer, version) {
      // after that time no entry up to this version is believed anyway
      goodbyes.delete(peer);
      goodbyes.set(peer, { version, until: now() + 2 * purgeAfter });
      if (goodbyes.size > maxPeers) {
        const [oldest] = goodbyes.keys();
        if (oldest !== undefined) goodbyes.delete(oldest);
      }
      const one = held.get(peer);
      if (one === undefined) return;
      held.delete(peer);
      emit({ kind: 'departed', peer: one.info, reason: 'goodbye' });
    },
    sweep() {
      for (const [peer, one] of held) {
        if (visible(one)) continue;
        held.delete(peer);
        emit({ kind: 'departed', peer: one.info, reason: 'stale' });
      }
      for (const [peer, { until }] of goodbyes) if (until < now()) goodbyes.delete(peer);
    },
    get(peer) {
      const one = held.get(peer);
      return one !== undefined && visible(one) ? one.info : null;
    },
    find: (filter = {}) =>
      [...held.values()].filter((one) => visible(one) && matches(one.info, filter)).map(({ info }) => info),
    sealed: () =>
      [...held.values()].flatMap((one) => (one.sealed !== null && visible(one) ? [one.sealed] : [])),
    size: () => held.size,
  };
}

function matches(info: PeerInfo, { tag, stream, group, ticketClass, ticket }: PeerFilter): boolean {
  const has = (list: readonly UniqueId[], id: UniqueId | undefined): boolean =>
    id === undefined || list.some((other) => sameBytes(other, id));
  return (
    has(info.tags, tag) &&
    has(info.streams, stream) &&
    has(info.groups, group) &&
    (ticketClass === undefined || info.tickets.some((one) => sameBytes(one.class, ticketClass))) &&
    (ticket === undefined || info.tickets.some((one) => sameBytes(ticketIdOf(one), ticket)))
  );
}

/** Whether two entries differ in anything but their time. */
function differs(a: PeerInfo, b: PeerInfo): boolean {
  const same = (x: readonly Uint8Array[], y: readonly Uint8Array[]): boolean =>
    x.length === y.length && x.every((id, i) => sameBytes(id, y[i] ?? new Uint8Array(0)));
  const ids = ({ tickets }: PeerInfo): Uint8Array[] => tickets.map(ticketIdOf);
  return (
    a.signed !== b.signed ||
    a.protocol !== b.protocol ||
    a.addresses.join(' ') !== b.addresses.join(' ') ||
    !same(a.tags, b.tags) ||
    !same(a.streams, b.streams) ||
    !same(a.groups, b.groups) ||
    !same(ids(a), ids(b))
  );
}
