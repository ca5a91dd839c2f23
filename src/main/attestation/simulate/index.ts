/**
 * Simulated evidence (tdx.md 9), for demonstrations and tests on machines that are no TD. Whoever needs it loads
 * this folder by `loadSimulator` of the attestation door.
 */
export * from './authority.ts';
export * from './certificates.ts';
export * from './der.ts';
export * from './documents.ts';
export * from './keys.ts';
export * from './quote-bytes.ts';
export * from './sgx-extension.ts';
export * from './simulate.ts';
