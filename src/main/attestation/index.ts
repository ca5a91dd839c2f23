/** Attestation at the rim: quote sources, collateral sources, and the verifier on node:crypto. */
export { createBundleCollateralSource } from './bundle-source.ts';
export { type BulkTerms, bulkRow, readQuoteAt, summarize } from './bulk.ts';
export * from './collateral-cache.ts';
export type { CachedCollateral, CollateralEntry, Edition } from './collateral-cached.ts';
export * from './collateral-check.ts';
export type { HighestNumbers, Numbered, RollbackAlarm } from './collateral-memory.ts';
export type { Timers } from './collateral-renewal.ts';
export * from './collateral-service.ts';
export * from './collateral-source.ts';
export * from './collateral-store.ts';
export {
  createGuestQuoteSource,
  GUEST_PATHS,
  type GuestFiles,
  type GuestOptions,
  type GuestPaths,
  type GuestQuoteSource,
  realGuestFiles,
} from './guest.ts';
export type { Cloud } from './guest-cloud.ts';
export type { OwnMeasurements } from './guest-td-report.ts';
export {
  createFileQuoteSource,
  type GuestState,
  type ObtainedQuote,
  type QuoteSource,
  type QuoteSourceState,
} from './quote-source.ts';
export * from './verifier-pool.ts';
export * from './verify.ts';

/** The quote simulator, loaded when somebody asks for it: a node that never simulates never holds it. */
export const loadSimulator = () => import('./simulate/index.ts');
