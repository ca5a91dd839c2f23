/** What the gate needs of others, and what it answers (coalition.md 3.3, 3.4, 3.6). */
import type { CheckSignature, UniqueId } from '../../../protocol/bytes/index.ts';
import type { Expiry, Judgement, Ticket, Validator } from '../../../protocol/ticket/index.ts';
import type { QuoteVerifier } from './quotes.ts';

/** Where a peer's tickets are read: its entry in the catalogue. */
export interface TicketSource {
  /** Empty for a peer that is not known. */
  ticketsOf(peer: string): readonly Ticket[];
  /** Hears that a peer's tickets may be others. Answers how to stop. */
  subscribe(changed: (peer: string) => void): () => void;
}

/** Tickets that were taken back, by any of their ids (`revocationIds`). */
export interface Revocations {
  has(id: UniqueId): boolean;
  /** Hears that there may be more. */
  subscribe(changed: () => void): () => void;
}

export interface GateOptions {
  /** In order; all must be content. None: everybody is admitted. */
  readonly validators: readonly Validator[];
  readonly network: UniqueId;
  readonly source: TicketSource;
  readonly check: CheckSignature;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly revoked?: Revocations | undefined;
  /** Needed for validators of TDX tickets, which stay pending without. */
  readonly quotes?: QuoteVerifier | undefined;
}

/** How a peer stands: `pending` while its quotes are being verified. */
export type Standing =
  | { readonly state: 'admitted'; readonly until: Expiry }
  | { readonly state: 'pending' | 'refused'; readonly code: string; readonly why: string };

/** A peer stands otherwise than before; `ended` when it was admitted and is not any more. */
export interface StandingChange {
  /** Hex. */
  readonly peer: string;
  readonly standing: Standing;
  readonly ended: boolean;
}

export interface Gate {
  /** The validators' signatures, in order, for `GroupConfig.validators`. */
  signatures(): readonly UniqueId[];
  /**
   * Answers until when a peer is admitted (Unix ms; null: without end), for `GroupConfig.admit`. Throws a Refusal that
   * says why not; `TICKET_PENDING` while its quotes are verified, which passes by itself.
   */
  readonly admit: (peer: string) => number | null;
  /** The same for whoever can wait for the verifier; never pending where there is one. */
  judge(peer: string): Promise<Judgement>;
  /** How a peer stands now. */
  standing(peer: string): Standing;
  /**
   * Hears every change of standing, also at the moment at which a ticket ends or is taken back; must not throw. Give
   * the peer to `Groups.review` to end its bonds at once.
   */
  watch(handler: (change: StandingChange) => void): () => void;
  close(): void;
}
