/** The OrderedLog on etcd. */
export { openEtcdCommittee } from './committee.ts';
export type { EtcdCommitteeOptions } from './committee.ts';
