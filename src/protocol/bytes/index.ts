export * from './base.ts';
export * from './crypto.ts';
export * from './refusal.ts';
