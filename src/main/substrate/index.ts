/** What orders and connects. For now: the OrderedLog port and its committee of one. */
export * from './committee-of-one.ts';
export * from './ordered-log.ts';
