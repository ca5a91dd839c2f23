/** One endpoint on the peer-to-peer network: links, gossip, pointers, and who may connect. */
export { MAX_ADDRESS, readableAddresses, readAddress } from './addresses.ts';
export type { DialRules } from './addresses.ts';
export { createBuckets } from './buckets.ts';
export type { Buckets, Rate } from './buckets.ts';
export { createLink } from './create-link.ts';
export type { LinkLimits } from './create-link.ts';
export { withDeadline } from './deadline.ts';
export * from './frames.ts';
export type { Denial, DeniedBy } from './denial-list.ts';
export { MAX_GOSSIP } from './gossip.ts';
export type { GossipHandler, GossipVerdict } from './gossip.ts';
export * from './link.ts';
export { hexOf, peerIdOf } from './node.ts';
export { peerOf } from './companions.ts';
export { openPeerFile } from './peer-file.ts';
export * from './types.ts';
export { defaultRules, openUniverse } from './universe.ts';
