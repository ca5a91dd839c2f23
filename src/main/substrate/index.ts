/** The substrate: what orders and connects (coalition.md 3). */
export * from './committee.ts';
export * from './committee-of-one.ts';
export { openEtcdCommittee, readEtcdAddress } from './etcd/committee.ts';
export type { EtcdCommitteeOptions } from './etcd/committee.ts';
export * from './group/index.ts';
export * from './ordered-log.ts';
export * from './universe/index.ts';
