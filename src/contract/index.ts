/** What a node offers its faces. No I/O; runs anywhere. */
import { attestation } from './attestation.ts';
import { chronicle } from './chronicle.ts';
import { coalition } from './coalition.ts';
import { compute } from './compute.ts';
import { events } from './events.ts';
import { identity } from './identity.ts';
import { machines } from './machines.ts';
import { network } from './network.ts';
import { operations } from './operations.ts';
import { settings } from './settings.ts';
import { tickets } from './tickets.ts';

/** Faces and nodes of different majors do not work together. */
export const CONTRACT_MAJOR = 1;

export const contract = {
  identity,
  coalition,
  machines,
  attestation,
  tickets,
  compute,
  chronicle,
  network,
  operations,
  settings,
  events,
};
export type Contract = typeof contract;

export * from './attestation.ts';
export * from './base.ts';
export * from './chronicle.ts';
export * from './coalition.ts';
export * from './compute.ts';
export * from './events.ts';
export * from './identity.ts';
export * from './machines.ts';
export * from './network.ts';
export * from './operations.ts';
export * from './policy.ts';
export * from './problem.ts';
export * from './problems.ts';
export * from './scopes.ts';
export * from './settings.ts';
export { receipt, stage } from './shapes.ts';
export type { Receipt, Stage } from './shapes.ts';
export * from './tickets.ts';
export * from './verdict.ts';
