/** Who else is in this network, and what they offer. */
export type { PeerFilter, PeerInfo } from './catalogue.ts';
export { createDiscovery } from './discovery.ts';
export type { DiscoveryEvent } from './events.ts';
export type { Offender } from './offences.ts';
export type { OwnEntry } from './own-entry.ts';
export { PING_PROTOCOL } from './ping.ts';
export type { Rtt } from './rtt.ts';
export { defaultSettings } from './settings.ts';
export type { DiscoverySettings } from './settings.ts';
export { fileStartMemory } from './start-memory.ts';
export type { StartMemory } from './start-memory.ts';
export { SYNC_PROTOCOL } from './sync.ts';
export type { SyncReport } from './sync.ts';
export type { Discovery, DiscoveryOptions, DiscoveryStats } from './types.ts';
