export * from './bond.ts';
export * from './command.ts';
export * from './id.ts';
export * from './members.ts';
