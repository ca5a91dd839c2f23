/** Attestation at the rim: quote sources, collateral sources, and the verifier on node:crypto. */
export * from './collateral-service.ts';
export * from './collateral-source.ts';
export {
  createGuestQuoteSource,
  GUEST_PATHS,
  type GuestFiles,
  type GuestOptions,
  type GuestPaths,
  realGuestFiles,
} from './guest.ts';
export {
  createFileQuoteSource,
  type GuestState,
  type ObtainedQuote,
  type QuoteSource,
  type QuoteSourceState,
} from './quote-source.ts';
export * from './verify.ts';
