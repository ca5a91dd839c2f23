/**
 * The TDX ticket of the machine that this node runs in (coalition.md 3.7): a fresh quote that speaks for the node's key
 * in this network, in its entry while a person wants that, and made anew half-way to its end. What keeps it from being
 * made is a standing problem, and tried again. Whether the quote is good is for the gates of others.
 */
import { Refusal, toHex } from '../../../protocol/bytes/index.ts';
import type { UniqueId } from '../../../protocol/bytes/index.ts';
import type { Ticket } from '../../../protocol/universe/index.ts';
import { createAlarm } from '../../alarm.ts';
import type { QuoteSource } from '../../attestation/index.ts';
import type { OwnEntry } from '../../substrate/discovery/index.ts';

export interface OwnQuoteOptions {
  readonly guest: Pick<QuoteSource, 'quote'>;
  /** The entry of the open network; null while it is not open. */
  readonly entry: () => OwnEntry | null;
  /** Raw node key; null before there is an identity. */
  readonly self: () => Uint8Array | null;
  readonly network: UniqueId;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly note: (sentence: string) => void;
  /** A quote is shown, or is not, or there is another problem. */
  readonly changed: () => void;
}

export interface OwnQuote {
  /** Whether a quote is to be shown; called again when the network opens or closes. */
  review(wanted: boolean): void;
  /** Whether the ticket with this id, hex, is the one that is shown. */
  shows(ticket: string): boolean;
  /** Why none is shown although it should be; errors as `makeTdxTicket`, `ENTRY_SIZE`. */
  problem(): Refusal | null;
}

/** Seconds from the quote to the end of its ticket. */
export const QUOTE_LIFETIME = 86_400;
/** After a failure it is tried again, milliseconds. */
const AGAIN = 60_000;

export function createOwnQuote(options: OwnQuoteOptions): OwnQuote {
  const { guest, entry, self, network, now, note, changed } = options;
  const startedAt = now();
  let wanted = false;
  let shown: { readonly in: OwnEntry; readonly ticket: Ticket; readonly id: UniqueId } | null = null;
  let trouble: Refusal | null = null;
  let making = false;

  const make = async (): Promise<void> => {
    const target = entry();
    const peer = self();
    if (making || !wanted || target === null || peer === null) return;
    making = true;
    // the network may be closed, or opened anew, while the quote is made
    const still = (): boolean => wanted && entry() === target;
    try {
      const { makeTdxTicket } = await import('../../substrate/tickets/index.ts');
      const lifetime = QUOTE_LIFETIME;
      const ticket = await makeTdxTicket({ quoteSource: guest, peer, network, startedAt, now, lifetime });
      if (still()) {
        show(target, ticket);
        trouble = null;
        alarm.set(now() + (QUOTE_LIFETIME / 2) * 1000);
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (still()) {
        if (error.code !== trouble?.code) note(`No quote of this machine is shown: ${error.message}`);
        trouble = error;
        alarm.set(now() + AGAIN);
      }
    } finally {
      making = false;
    }
    review();
    changed();
  };
  const begin = (): void => {
    make().catch((error: unknown) => note(`A quote of this machine: ${String(error)}`));
  };
  const alarm = createAlarm(now, begin);

  /** The old one leaves in the same turn, so that nobody sees the entry without either. */
  const show = (target: OwnEntry, ticket: Ticket): void => {
    const before = shown?.in === target ? shown : null;
    if (before !== null) target.removeTicket(before.id);
    try {
      shown = { in: target, ticket, id: target.addTicket(ticket) };
    } catch (error) {
      if (before !== null) target.addTicket(before.ticket);
      throw error;
    }
  };

  const review = (): void => {
    const target = entry();
    if (wanted && target !== null) {
      if (shown?.in !== target && alarm.at === null) begin();
      return;
    }
    if (shown !== null && shown.in === target) target.removeTicket(shown.id);
    shown = null;
    trouble = null;
    alarm.set(null);
  };

  return {
    review(next) {
      wanted = next;
      review();
    },
    shows: (ticket) => shown !== null && toHex(shown.id) === ticket,
    problem: () => trouble,
  };
}
