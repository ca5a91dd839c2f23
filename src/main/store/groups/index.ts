export * from './group-log.ts';
export { openLocalGroups } from './local.ts';
export { decodeSnapshot, MAX_SNAPSHOT } from './snapshot.ts';
export type { Snapshot } from './snapshot.ts';
export { openGroupStore } from './threaded.ts';
