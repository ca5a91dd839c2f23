/** SQLite, blobs, the key vault: what a node keeps on disk. */
export * from './store.ts';
export { openLocalStore } from './local.ts';
export type { LocalStore } from './local.ts';
export { openThreadedStore } from './threaded.ts';
export { fullCheck } from './full-check.ts';
export type { FullCheckReport } from './full-check.ts';
export * from './blobs.ts';
export * from './groups/index.ts';
export * from './seal.ts';
export * from './vault.ts';
export { ownerOnly, writeFileAtomic } from './files.ts';
