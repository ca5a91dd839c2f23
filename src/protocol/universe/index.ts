/** What a node says about itself to its network: entries, versions, departures, and how they travel. */
export * from './announcement.ts';
export * from './departure.ts';
export * from './entry.ts';
export * from './seal.ts';
export * from './version.ts';
