/**
 * This node's own entry, and how it is changed. Every change is a new version; a change that makes the entry too large
 * is refused and leaves it as it was.
 */
import { sameBytes } from '../../../protocol/bytes/index.ts';
import type { UniqueId } from '../../../protocol/bytes/index.ts';
import {
  compareVersions,
  encodeEntry,
  ENTRY_LIMITS,
  ENTRY_PROTOCOL,
  firstVersion,
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
  /** Its tickets; needs no signature. */
  tickets(): readonly Ticket[];
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
  /** The universe's addresses may have changed. */
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
  /** Addresses of the universe now. */
  readonly addresses: () => readonly string[];
  /** The entry says something new. */
  readonly changed: () => void;
}

export function createOwnEntry(options: OwnEntryOptions): OwnEntryKeeper {
  const { network, peer, sign, now, lastStart, addresses, changed } = options;
  let given: readonly string[] | null = null;
  const told = (): string[] => [...new Set(given ?? addresses())].slice(0, ENTRY_LIMITS.addresses).toSorted();
  let entry: PeerEntry = {
    protocol: ENTRY_PROTOCOL,
    network,
    peer,
    version: firstVersion(now(), lastStart),
    addresses: told(),
    tags: [],
    streams: [],
    groups: [],
    tickets: [],
  };
  let sealed: SignedPeerEntry | null = null;

  const become = (next: PeerEntry): void => {
    // whoever asked for too much hears it now, not when the entry is next signed
    encodeEntry(next);
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
  const refreshAddresses = (): void => {
    const next = told();
    if (next.join(' ') !== entry.addresses.join(' ')) change({ addresses: next });
  };

  return {
    current: () => (sealed ??= sealEntry(entry, sign)),
    tickets: () => entry.tickets,
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
      const before = given;
      given = list;
      try {
        refreshAddresses();
      } catch (error) {
        given = before;
        throw error;
      }
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
