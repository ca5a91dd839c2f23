export type { MemberSigner } from './checkpoints.ts';
export { openGroups } from './groups.ts';
export type { BondInfo, Groups, GroupsOptions } from './groups.ts';
export type { Command, StateMachine } from './machine.ts';
export { groupOrigin, quorumOf } from './roster.ts';
export type { Submitted } from './session.ts';
export * from './types.ts';
export { createWatch } from './watch.ts';
export type { Watch } from './watch.ts';
