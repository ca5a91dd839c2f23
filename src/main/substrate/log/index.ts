/** The OrderedLog port and the implementation that needs nobody else. */
export * from './address.ts';
export * from './committee-of-one.ts';
export * from './ordered-log.ts';
