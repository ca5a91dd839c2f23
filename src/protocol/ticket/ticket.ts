/**
 * A ticket as it stands in a peer's entry, and until when one is good (coalition.md 3.6). Tickets are public: no
 * secrets in them. A class says which kind of validator reads the data.
 */
import { derive, idFrom } from '../bytes/index.ts';
import type { UniqueId } from '../bytes/index.ts';

export interface Ticket {
  readonly class: UniqueId;
  readonly data: Uint8Array;
}

/** Class of JWT tickets: blake3("mosaik.tickets.jwt.v1"). */
export const JWT_CLASS: UniqueId = idFrom('mosaik.tickets.jwt.v1');
/** Class of TDX tickets: blake3("mosaik.tee.tdx.ticket.v1"). */
export const TDX_CLASS: UniqueId = idFrom('mosaik.tee.tdx.ticket.v1');

/** The id of a ticket in an entry: `class.derive(data)` (coalition.md 2.2). */
export const ticketIdOf = (ticket: Ticket): UniqueId => derive(ticket.class, ticket.data);

/** Until when something is good: Unix milliseconds, the first at which it is not; `NEVER`: without end. */
export type Expiry = number | null;
export const NEVER: Expiry = null;

/** 9999-12-31T23:59:59Z in Unix seconds: whoever names a later time has no time in mind. */
export const LAST_SECOND = 253_402_300_799;

/** The later of all; `NEVER` is the latest. Of an empty list the earliest there is. */
export const latest = (list: readonly Expiry[]): Expiry =>
  list.reduce<Expiry>((a, b) => (a === NEVER || b === NEVER ? NEVER : Math.max(a, b)), 0);

/** The earlier of all; of an empty list `NEVER`. */
export const earliest = (list: readonly Expiry[]): Expiry =>
  list.reduce<Expiry>((a, b) => (a === NEVER ? b : b === NEVER ? a : Math.min(a, b)), NEVER);
