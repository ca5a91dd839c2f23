/**
 * The substrate (coalition.md 3): a universe of peers, discovery among them, Groups that agree, Collections that they
 * share, and the log that all of it ends in. Who needs one part only enters by that part's own door.
 */
export * from './collection/index.ts';
export * from './discovery/index.ts';
export * from './etcd/index.ts';
export * from './group/index.ts';
export * from './log/index.ts';
export * from './stream/index.ts';
export * from './tickets/index.ts';
export * from './universe/index.ts';
