/**
 * The JWT tickets that a person has this node show (coalition.md 3.2, 3.6): kept in the store, and in the node's entry
 * while the network is open. Whether a ticket holds is for the gates of others; here is refused what no gate would take.
 */
import { MAX_SHOWN_TICKET_CHARACTERS, MAX_SHOWN_TICKETS } from '../../../contract/index.ts';
import type { ShownTicket } from '../../../contract/index.ts';
import { fromHex, Refusal, utf8 } from '../../../protocol/bytes/index.ts';
import { JWT_CLASS, readJwtSays } from '../../../protocol/ticket/index.ts';
import type { Ticket } from '../../../protocol/universe/index.ts';
import { createAlarm } from '../../alarm.ts';
import type { Store } from '../../store/index.ts';
import type { OwnEntry } from '../../substrate/discovery/index.ts';
import { viewTicket } from './view.ts';

export interface OwnTicketsOptions {
  readonly store: Pick<Store, 'getLocal' | 'putLocal'>;
  /** The entry of the open network; null while it is not open. */
  readonly entry: () => OwnEntry | null;
  /** Node key, hex; null before there is an identity. */
  readonly self: () => string | null;
  readonly now: () => number;
  readonly note: (sentence: string) => void;
  /** A ticket has expired, and was taken out of the entry. */
  readonly changed: () => void;
}

export interface OwnTickets {
  /** Those that are kept, and whatever else a program has put into the entry. */
  list(): ShownTicket[];
  /** The network has opened: what has not expired goes into its entry. */
  show(): void;
  /**
   * Errors: `TICKET_FORMAT`, `TICKET_ALGORITHM`, `TICKET_SUBJECT`, `TICKET_TIME`, `TICKETS_FULL`, `ENTRY_SIZE`,
   * `ENTRY_FORMAT`.
   */
  present(text: string): Promise<ShownTicket>;
  /** Errors: `TICKET_UNKNOWN`. */
  withdraw(id: string): Promise<void>;
}

const KEY = 'network/tickets';

export async function createOwnTickets(options: OwnTicketsOptions): Promise<OwnTickets> {
  const { store, entry, self, now, note } = options;
  const stored = await store.getLocal(KEY);
  let kept: readonly string[] = Array.isArray(stored)
    ? stored.filter((text) => typeof text === 'string')
    : [];

  const shown = (): readonly Ticket[] => entry()?.entry().tickets ?? [];
  const viewIn = (there: ReadonlySet<string>, ticket: Ticket): ShownTicket => {
    const { says, ...view } = viewTicket(ticket);
    const over = view.expires !== null && view.expires <= now();
    return {
      ...view,
      state: over ? 'expired' : there.has(view.id) ? 'shown' : 'kept',
      issuer: says?.issuer ?? null,
      audiences: [...(says?.audiences ?? [])],
    };
  };
  const list = (): ShownTicket[] => {
    const tickets = shown();
    const there = new Set(tickets.map(idOf));
    const own = kept.map(ticketOf);
    const ids = new Set(own.map(idOf));
    return [...own, ...tickets.filter((ticket) => !ids.has(idOf(ticket)))].map((ticket) =>
      viewIn(there, ticket),
    );
  };
  const keep = async (next: readonly string[]): Promise<void> => {
    kept = next;
    watch();
    await store.putLocal(KEY, [...kept]);
  };
  const hide = (ticket: Ticket): void => void entry()?.removeTicket(fromHex(idOf(ticket), 32));
  /** Rings when the next of those that are kept expires. */
  const alarm = createAlarm(now, () => {
    for (const ticket of kept.map(ticketOf)) if (expired(ticket, now())) hide(ticket);
    watch();
    options.changed();
  });
  const watch = (): void => {
    const ends = kept.map((text) => viewTicket(ticketOf(text)).expires ?? Infinity);
    const next = Math.min(...ends.filter((at) => at > now()));
    alarm.set(next < Infinity ? next : null);
  };

  return {
    list,
    show() {
      for (const ticket of kept.map(ticketOf)) {
        if (expired(ticket, now())) continue;
        try {
          entry()?.addTicket(ticket);
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
          note(`A ticket of this node is not shown: ${error.message}`);
        }
      }
      watch();
    },
    async present(given) {
      const text = given.trim();
      const ticket = ticketOf(text);
      const { subject, expires } = readJwtSays(ticket.data);
      if (subject === null || subject !== self())
        throw new Refusal('TICKET_SUBJECT', 'The ticket names another peer than this node.');
      if (expires !== null && expires <= now())
        throw new Refusal('TICKET_TIME', 'The ticket has expired.', { expires });
      // a fresh ticket takes the place of those that have expired
      const over = kept.filter((one) => expired(ticketOf(one), now()));
      const next = [...new Set([...kept.filter((one) => !over.includes(one)), text])];
      if (next.length > MAX_SHOWN_TICKETS || next.join('').length > MAX_SHOWN_TICKET_CHARACTERS)
        throw new Refusal(
          'TICKETS_FULL',
          `A node shows at most ${MAX_SHOWN_TICKETS} tickets with ${MAX_SHOWN_TICKET_CHARACTERS} characters in all.`,
        );
      for (const one of over) hide(ticketOf(one));
      entry()?.addTicket(ticket);
      await keep(next);
      return viewIn(new Set(shown().map(idOf)), ticket);
    },
    async withdraw(id) {
      if (!list().some((ticket) => ticket.id === id))
        throw new Refusal('TICKET_UNKNOWN', 'This node shows no ticket with that id.', { ticket: id });
      entry()?.removeTicket(fromHex(id, 32));
      await keep(kept.filter((text) => idOf(ticketOf(text)) !== id));
    },
  };
}

const ticketOf = (text: string): Ticket => ({ class: JWT_CLASS, data: utf8(text) });
const idOf = (ticket: Ticket): string => viewTicket(ticket).id;
const expired = (ticket: Ticket, now: number): boolean => {
  const { expires } = viewTicket(ticket);
  return expires !== null && expires <= now;
};
