/** Small things that a gate is fed from: a set of tickets taken back, and the tickets in a catalogue of peers. */
import { toHex } from '../../../protocol/bytes/index.ts';
import type { UniqueId } from '../../../protocol/bytes/index.ts';
import type { Ticket } from '../../../protocol/ticket/index.ts';
import type { Revocations, TicketSource } from './types.ts';

export interface RevokedSet extends Revocations {
  /** Ids as `revocationIds` has them: of the ticket's bytes, of its jti (as the Chronicle knows it), of its binding. */
  add(...ids: readonly UniqueId[]): void;
}

export function createRevokedSet(ids: Iterable<UniqueId> = []): RevokedSet {
  const held = new Set([...ids].map(toHex));
  const handlers = new Set<() => void>();
  return {
    has: (id) => held.has(toHex(id)),
    subscribe(changed) {
      handlers.add(changed);
      return () => void handlers.delete(changed);
    },
    add(...more) {
      const before = held.size;
      for (const id of more) held.add(toHex(id));
      if (held.size > before) for (const changed of handlers) changed();
    },
  };
}

/** As much of discovery as a gate reads. */
export interface TicketCatalogue {
  peer(peer: string): { readonly signed: boolean; readonly tickets: readonly Ticket[] } | null;
  watch(
    handler: (
      event:
        | { readonly kind: 'discovered' | 'updated' | 'departed'; readonly peer: { readonly peer: string } }
        | { readonly kind: 'lagged' },
    ) => void,
  ): () => void;
}

const NONE: readonly Ticket[] = [];

/** Tickets in the signed entries of a catalogue; who has departed has none. */
export const ticketsIn = (catalogue: TicketCatalogue): TicketSource => ({
  ticketsOf(peer) {
    const info = catalogue.peer(peer);
    return info?.signed === true ? info.tickets : NONE;
  },
  subscribe: (changed) =>
    catalogue.watch((event) => {
      if (event.kind !== 'lagged') changed(event.peer.peer);
    }),
});
