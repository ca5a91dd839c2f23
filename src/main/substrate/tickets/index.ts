/** The ticket gate: who is admitted, until when, and who hears of it. */
export { createGate } from './gate.ts';
export { makeTdxTicket } from './make.ts';
export type { TdxTicketRequest } from './make.ts';
export { createQuoteVerifier } from './quotes.ts';
export type { QuoteVerifier, QuoteVerifierOptions } from './quotes.ts';
export { createRevokedSet, ticketsIn } from './sources.ts';
export type { RevokedSet, TicketCatalogue } from './sources.ts';
export * from './types.ts';
