/**
 * This node's own entry, and how it is changed. Every change is a new version; a change that makes the entry too large
 * is refused and leaves it as it was.
 */
import { Refusal, sameBytes } from '../../../protocol/bytes/index.ts';
import type { UniqueId } from '../../../protocol/bytes/index.ts';
import {
  compareVersions,
  encodeEntry,
  ENTRY_LIMITS,
  ENTRY_PROTOCOL,
  firstVersion,
  isEntryAddress,
  nextVersion,
  sealEntry,
  sortIds,
  sortTickets,
  ticketIdOf,
} from '../../../protocol/universe/index.ts';
import type { PeerEntry, SignedPeerEntry, Ticket, Version } from '../../../protocol/universe/index.ts';

/** Errors of every change: `ENTRY_FORMAT`, `ENTRY_SIZE`. Adding what is there, or removing what is not, is nothing. */
export interface OwnEntry {
  /** The entry as it stands, signed. */
  current(): SignedPeerEntry;
  /** What it says; needs no signature. */
  entry(): PeerEntry;
  addTag(tag: UniqueId): void;
  removeTag(tag: UniqueId): void;
  addStream(stream: UniqueId): void;
  removeStream(stream: UniqueId): void;
  addGroup(group: UniqueId): void;
  removeGroup(group: UniqueId): void;
  /** Answers the ticket's id. Tickets are public. */
  addTicket(ticket: Ticket): UniqueId;
  removeTicket(id: UniqueId): void;
  /** Multiaddrs to tell others; null: those of the universe, whatever they are at the time. */
  setAddresses(addresses: readonly string[] | null): void;
}

/** The same for those who run it. */
export interface OwnEntryKeeper extends OwnEntry {
  version(): Version;
  /** A new version without a change: the entry is alive. */
  renew(): void;
  /** The universe's addresses may have changed. What an entry cannot tell, or has no room for, is left out. */
  refreshAddresses(): void;
  /** Peers hold a later version of ours than this one: begin after it, or nobody believes what is said now. */
  outrun(version: Version): void;
}

export interface OwnEntryOptions {
  readonly network: UniqueId;
  readonly peer: Uint8Array;
  readonly sign: (message: Uint8Array) => Uint8Array;
  readonly now: () => number;
  /** Start of this node before, Unix milliseconds; null: none is remembered. */
  readonly lastStart: number | null;
  /** What this node begins with, and whatever it begins anew with: to be remembered. */
  readonly started: (start: number) => void;
  /** Addresses of the universe now. */
  readonly addresses: () => readonly string[];
  /** The entry says something new. */
  readonly changed: () => void;
}

export function createOwnEntry(options: OwnEntryOptions): OwnEntryKeeper {
  const { network, peer, sign, now, lastStart, started, addresses, changed } = options;
  let given = false;
  /** The best first: who can be dialled at once before who is reached over a relay. */
  const usable = (): string[] => {
    const all = [...new Set(addresses())].filter(isEntryAddress);
    const [relayed, direct] = [all.filter(isRelayed), all.filter((one) => !isRelayed(one))];
    return [...direct, ...relayed].slice(0, ENTRY_LIMITS.addresses);
  };
  let entry: PeerEntry = {
    protocol: ENTRY_PROTOCOL,
    network,
    peer,
    version: firstVersion(now(), lastStart),
    addresses: usable().toSorted(),
    tags: [],
    streams: [],
    groups: [],
    tickets: [],
  };
  let sealed: SignedPeerEntry | null = null;
  started(entry.version[0]);

  const become = (next: PeerEntry): void => {
    // whoever asked for too much hears it now, not when the entry is next signed
    encodeEntry(next);
    if (next.version[0] !== entry.version[0]) started(next.version[0]);
    entry = next;
    sealed = null;
  };
  const change = (part: Partial<PeerEntry>): void => {
    become({ ...entry, ...part, version: nextVersion(entry.version, now()) });
    changed();
  };
  const has = (list: readonly UniqueId[], id: UniqueId): boolean =>
    list.some((other) => sameBytes(other, id));
  const add = (name: 'tags' | 'streams' | 'groups', id: UniqueId): void => {
    if (!has(entry[name], id)) change({ [name]: sortIds([...entry[name], id.slice()]) });
  };
  const remove = (name: 'tags' | 'streams' | 'groups', id: UniqueId): void => {
    if (has(entry[name], id)) change({ [name]: entry[name].filter((other) => !sameBytes(other, id)) });
  };
  const tell = (list: readonly string[]): void => {
    const next = list.toSorted();
    if (next.join(' ') !== entry.addresses.join(' ')) change({ addresses: next });
  };
  const refreshAddresses = (): void => {
    if (given) return;
    for (const best = usable(); ; best.pop())
      try {
        return tell(best);
      } catch (error) {
        if (!(error instanceof Refusal) || error.code !== 'ENTRY_SIZE' || best.length === 0) throw error;
      }
  };

  return {
    current: () => (sealed ??= sealEntry(entry, sign)),
    entry: () => entry,
    version: () => entry.version,
    addTag: (tag) => add('tags', tag),
    removeTag: (tag) => remove('tags', tag),
    addStream: (stream) => add('streams', stream),
    removeStream: (stream) => remove('streams', stream),
    addGroup: (group) => add('groups', group),
    removeGroup: (group) => remove('groups', group),
    addTicket(ticket) {
      const id = ticketIdOf(ticket);
      if (!has(entry.tickets.map(ticketIdOf), id)) {
        const copy = { class: ticket.class.slice(), data: ticket.data.slice() };
        change({ tickets: sortTickets([...entry.tickets, copy]) });
      }
      return id;
    },
    removeTicket(id) {
      const rest = entry.tickets.filter((ticket) => !sameBytes(ticketIdOf(ticket), id));
      if (rest.length < entry.tickets.length) change({ tickets: rest });
    },
    setAddresses(list) {
      if (list !== null) tell([...new Set(list)].slice(0, ENTRY_LIMITS.addresses));
      given = list !== null;
      refreshAddresses();
    },
    renew: () => become({ ...entry, version: nextVersion(entry.version, now()) }),
    refreshAddresses,
    outrun(version) {
      if (compareVersions(entry.version, version) > 0) return;
      become({ ...entry, version: [version[0] + 1, now()] });
      changed();
    },
  };
}

const isRelayed = (address: string): boolean => address.includes('/p2p-circuit');
