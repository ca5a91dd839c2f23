export * from './jwt.ts';
export * from './kinds.ts';
