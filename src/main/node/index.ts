export * from './lock.ts';
export * from './node.ts';
export { VERSION } from './version.ts';
