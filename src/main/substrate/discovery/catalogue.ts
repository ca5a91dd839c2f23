/**
 * The catalogue: the entries of a network's peers, newest first to win (coalition.md 3.2). What is in here was admitted;
 * this is only about keeping it: who is visible, who has gone silent, who said goodbye. When it is full, its room is
 * shared among those who brought peers: a neighbour that brought thousands keeps nobody else out.
 */
import { sameBytes, toHex } from '../../../protocol/bytes/index.ts';
import type { UniqueId } from '../../../protocol/bytes/index.ts';
import { compareVersions, isStale, ticketIdOf } from '../../../protocol/universe/index.ts';
import type { PeerEntry, SealedEntry, SignedPeerEntry, Version } from '../../../protocol/universe/index.ts';
import type { Departure, Events } from './events.ts';

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
  /**
   * Takes an entry that was admitted. `from`: who handed it over, hex, the peer itself or another one. False: there is
   * no room for one more peer that `from` brings.
   */
  put(signed: SignedPeerEntry, from: string): boolean;
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
  /** Who brought this peer first, hex, or itself since it came itself; empty: somebody here. */
  readonly from: string;
}

export interface CatalogueOptions {
  readonly now: () => number;
  readonly purgeAfter: number;
  readonly maxPeers: number;
  /** Peers that this node is connected with: they make no room for others. */
  readonly connected: () => readonly string[];
  readonly emit: Events['emit'];
}

export function createCatalogue(options: CatalogueOptions): Catalogue {
  const { now, purgeAfter, maxPeers, connected, emit } = options;
  const held = new Map<string, Held>();
  const goodbyes = new Map<string, { readonly version: Version; readonly until: number }>();

  const visible = ({ info }: Held): boolean =>
    info.signed ? !isStale(info.version, now(), purgeAfter) : now() - info.heardAt <= purgeAfter;
  const keep = (entry: PeerEntry, sealed: SealedEntry | null, from: string): void => {
    const peer = toHex(entry.peer);
    const info: PeerInfo = { ...entry, peer, signed: sealed !== null, heardAt: now() };
    const before = held.get(peer);
    const seen = before !== undefined && visible(before);
    held.set(peer, { info, sealed, from: before === undefined || from === peer ? from : before.from });
    if (!seen) emit({ kind: 'discovered', peer: info });
    else
      emit({
        kind: 'updated',
        peer: info,
        changed: differs(before.info, info),
      });
  };

  const remove = (peer: string, reason: Departure): void => {
    const one = held.get(peer);
    if (one === undefined) return;
    held.delete(peer);
    emit({ kind: 'departed', peer: one.info, reason });
  };
  /** True when one more peer that `from` brings has a place; who brought the most gives it, if that is not `from`. */
  const hasRoom = (from: string): boolean => {
    if (held.size < maxPeers) return true;
    const here = new Set(connected());
    const brought = new Map<string, string[]>();
    for (const [peer, one] of held) {
      if (here.has(peer) || one.from === '') continue;
      const list = brought.get(one.from);
      if (list === undefined) brought.set(one.from, [peer]);
      else list.push(peer);
    }
    let most: readonly string[] = [];
    for (const list of brought.values()) if (list.length > most.length) most = list;
    const [oldest] = most;
    if (oldest === undefined || most.length <= (brought.get(from)?.length ?? 0) + 1) return false;
    remove(oldest, 'displaced');
    return true;
  };

  return {
    known(peer) {
      const one = held.get(peer);
      const here = one?.info.signed === true ? one.info.version : null;
      const gone = goodbyes.get(peer)?.version ?? null;
      return here === null || (gone !== null && compareVersions(gone, here) > 0) ? gone : here;
    },
    put(signed, from) {
      const peer = toHex(signed.entry.peer);
      if (!held.has(peer) && !hasRoom(from)) return false;
      goodbyes.delete(peer);
      keep(signed.entry, { bytes: signed.bytes, sig: signed.sig }, from);
      return true;
    },
    putUnsigned(entry) {
      const peer = toHex(entry.peer);
      if (held.get(peer)?.info.signed === true || (!held.has(peer) && !hasRoom(''))) return;
      keep(entry, null, '');
    },
    depart(peer, version) {
      // after that time no entry up to this version is believed anyway
      goodbyes.delete(peer);
      goodbyes.set(peer, { version, until: now() + 2 * purgeAfter });
      if (goodbyes.size > maxPeers) {
        const [oldest] = goodbyes.keys();
        if (oldest !== undefined) goodbyes.delete(oldest);
      }
      remove(peer, 'goodbye');
    },
    sweep() {
      for (const [peer, one] of held) if (!visible(one)) remove(peer, 'stale');
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
