export * from './base.ts';
export * from './cbor.ts';
export * from './cid.ts';
export * from './crypto.ts';
export * from './ids.ts';
export * from './peer.ts';
export * from './refusal.ts';
