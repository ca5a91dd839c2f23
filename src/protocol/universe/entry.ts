/**
 * A peer's entry: where it is, what it offers, which tickets it holds (coalition.md 3.2). The runtime that this
 * follows writes it as postcard with sorted collections and signs BLAKE3 of that; here it is canonical CBOR with
 * sorted lists, because every other signed thing of ours is, and the signature still covers BLAKE3 of the bytes.
 * Tickets are a list in the order of their ids, not a map: keys of our CBOR are short texts, and an id that is
 * derived anew from its ticket cannot disagree with it.
 *
 * Members that a later version adds are ignored, and survive: received bytes are stored and relayed as they are.
 */
import {
  compareBytes,
  decodeCanonical,
  derive,
  encodeCanonical,
  Refusal,
  sameBytes,
} from '../bytes/index.ts';
import type { UniqueId, Value } from '../bytes/index.ts';
import type { Version } from './version.ts';

/** Of what entries mean; another major version is another language. */
export const ENTRY_PROTOCOL = '1.0.0';
export const MAX_ENTRY_BYTES = 16 * 1024;
/** Members of each list, at most; the size of the whole is what usually ends first. */
export const ENTRY_LIMITS = {
  addresses: 16,
  addressCharacters: 256,
  tags: 64,
  streams: 128,
  groups: 128,
  tickets: 16,
  ticketBytes: 8 * 1024,
} as const;

/** A ticket, public like everything in an entry: no secrets in here. Its id is `class.derive(data)`. */
export interface Ticket {
  readonly class: UniqueId;
  readonly data: Uint8Array;
}

export interface PeerEntry {
  /** Semantic version of the entry format. */
  readonly protocol: string;
  readonly network: UniqueId;
  /** Raw Ed25519 key of the node. */
  readonly peer: Uint8Array;
  readonly version: Version;
  /** Multiaddrs. */
  readonly addresses: readonly string[];
  readonly tags: readonly UniqueId[];
  /** Streams that this peer produces, and Groups that it is in. */
  readonly streams: readonly UniqueId[];
  readonly groups: readonly UniqueId[];
  readonly tickets: readonly Ticket[];
}

export const ticketIdOf = (ticket: Ticket): UniqueId => derive(ticket.class, ticket.data);

/** Sorted, each once, as the bytes have them. */
export function sortIds(ids: readonly UniqueId[]): UniqueId[] {
  return ids.toSorted(compareBytes).filter((id, i, all) => i === 0 || !sameBytes(id, all[i - 1] ?? id));
}

export function sortTickets(tickets: readonly Ticket[]): Ticket[] {
  const byId = tickets.map((ticket) => ({ id: ticketIdOf(ticket), ticket }));
  return byId
    .toSorted((a, b) => compareBytes(a.id, b.id))
    .filter(({ id }, i, all) => i === 0 || !sameBytes(id, all[i - 1]?.id ?? id))
    .map(({ ticket }) => ticket);
}

/** Canonical bytes of an entry; its lists may come in any order. Errors: `ENTRY_FORMAT`, `ENTRY_SIZE`. */
export function encodeEntry(entry: PeerEntry): Uint8Array {
  const sorted: PeerEntry = {
    ...entry,
    addresses: [...new Set(entry.addresses)].toSorted(),
    tags: sortIds(entry.tags),
    streams: sortIds(entry.streams),
    groups: sortIds(entry.groups),
    tickets: sortTickets(entry.tickets),
  };
  check(sorted);
  const bytes = encodeCanonical({
    ...sorted,
    version: [...sorted.version],
    tickets: sorted.tickets.map((ticket) => [ticket.class, ticket.data]),
  } as unknown as Value);
  if (bytes.length > MAX_ENTRY_BYTES) throw tooLarge(bytes.length);
  return bytes;
}

/** Reads an entry from received bytes; its signature is for `openEntry`. Errors: `ENTRY_SIZE`, `ENTRY_FORMAT`. */
export function decodeEntry(bytes: Uint8Array): PeerEntry {
  if (bytes.length > MAX_ENTRY_BYTES) throw tooLarge(bytes.length);
  let value: Value;
  try {
    value = decodeCanonical(bytes, MAX_ENTRY_BYTES);
  } catch {
    throw malformed('it is not canonical CBOR');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array)
    throw malformed('it is not a map');
  const { protocol, network, peer, version, addresses, tags, streams, groups, tickets } = value as {
    readonly [key: string]: Value;
  };
  const entry: PeerEntry = {
    protocol: protocol as string,
    network: network as Uint8Array,
    peer: peer as Uint8Array,
    version: version as unknown as Version,
    addresses: addresses as string[],
    tags: tags as Uint8Array[],
    streams: streams as Uint8Array[],
    groups: groups as Uint8Array[],
    tickets: listOf(tickets, 'tickets').map((ticket) => {
      const [kind, data] = listOf(ticket, 'tickets');
      return { class: kind as Uint8Array, data: data as Uint8Array };
    }),
  };
  check(entry);
  return entry;
}

/** True when an entry can tell this address. */
export const isEntryAddress = (address: unknown): address is string =>
  typeof address === 'string' &&
  address.length <= ENTRY_LIMITS.addressCharacters &&
  /^\/[\x21-\x7e]+$/.test(address);

/** Everything that an entry must be, whoever made it. */
function check(entry: PeerEntry): void {
  const { protocol, network, peer, version, addresses, tickets } = entry;
  if (typeof protocol !== 'string' || !/^\d{1,5}\.\d{1,5}\.\d{1,5}$/.test(protocol))
    throw malformed('protocol is no version');
  if (protocol.split('.')[0] !== ENTRY_PROTOCOL.split('.')[0])
    throw new Refusal('ENTRY_PROTOCOL', `The entry speaks version ${protocol}; this node ${ENTRY_PROTOCOL}.`);
  if (!isBytes(network, 32)) throw malformed('network is no id');
  if (!isBytes(peer, 32)) throw malformed('peer is no key');
  if (!Array.isArray(version) || version.length !== 2 || !version.every(isTime))
    throw malformed('version is not two times');
  const { ticketBytes } = ENTRY_LIMITS;
  ascending(listOf(addresses as unknown as Value, 'addresses') as string[], 'addresses', (a, b) => {
    if (!isEntryAddress(a)) throw malformed('an address is none');
    return b === undefined || a < b;
  });
  for (const name of ['tags', 'streams', 'groups'] as const)
    ascending(listOf(entry[name] as unknown as Value, name) as Uint8Array[], name, (a, b) => {
      if (!isBytes(a, 32)) throw malformed(`one of ${name} is no id`);
      return b === undefined || !isBytes(b, 32) || compareBytes(a, b) < 0;
    });
  ascending(
    tickets.map((ticket) => {
      if (
        !isBytes(ticket.class, 32) ||
        !(ticket.data instanceof Uint8Array) ||
        ticket.data.length > ticketBytes
      )
        throw malformed('a ticket is none');
      return ticketIdOf(ticket);
    }),
    'tickets',
    (a, b) => b === undefined || compareBytes(a, b) < 0,
  );
}

/** One spelling per list: in order, each once. `ok(item, next)` also looks at the item itself. */
function ascending<T>(
  list: readonly T[],
  name: 'addresses' | 'tags' | 'streams' | 'groups' | 'tickets',
  ok: (item: T, next: T | undefined) => boolean,
): void {
  if (list.length > ENTRY_LIMITS[name]) throw malformed(`it has more than ${ENTRY_LIMITS[name]} ${name}`);
  for (const [i, item] of list.entries())
    if (!ok(item, list[i + 1])) throw malformed(`its ${name} are not in order, each once`);
}

function listOf(value: Value | undefined, name: string): readonly Value[] {
  if (!Array.isArray(value)) throw malformed(`${name} is no list`);
  return value as readonly Value[];
}

const isBytes = (value: unknown, length: number): value is Uint8Array =>
  value instanceof Uint8Array && value.length === length;
/** Unix milliseconds up to the year 9999. */
const isTime = (value: unknown): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 253_402_300_799_999;

const malformed = (why: string): Refusal =>
  new Refusal('ENTRY_FORMAT', `This is no entry of a peer: ${why}.`);
const tooLarge = (size: number): Refusal =>
  new Refusal('ENTRY_SIZE', `The entry would be ${size} bytes; ${MAX_ENTRY_BYTES} is the limit.`);
