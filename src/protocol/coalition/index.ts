export * from './config.ts';
export * from './fingerprint.ts';
export * from './kinds.ts';
