/** Machines: the service, and the store of simulated roots. */
export * from './machines.ts';
export { createMachines } from './service.ts';
export { readSimulatedRoots } from './simulated-roots.ts';
