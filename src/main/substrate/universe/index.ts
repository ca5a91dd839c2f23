export * from './frames.ts';
export * from './link.ts';
export * from './universe.ts';
