import type { AnyKind } from '../record/index.ts';
import { capacityKinds } from './capacity.ts';
import { workloadKinds } from './workload.ts';

export { capacityOffered, capacityWithdrawn } from './capacity.ts';
export type { CapacityOffered, CapacityWithdrawn } from './capacity.ts';
export * from './fit.ts';
export * from './manifest.ts';
export * from './reference.ts';
export * from './requirements.ts';
export * from './rows.ts';
export {
  computeEnded,
  computeRefused,
  computeRemoved,
  computeStarted,
  computeSubmitted,
  computeUsage,
  isLive,
} from './workload.ts';
export type {
  ComputeEnded,
  ComputeRefused,
  ComputeRemoved,
  ComputeStarted,
  ComputeSubmitted,
  ComputeUsage,
} from './workload.ts';

/** Every kind of this subject. */
export const computeKinds: readonly AnyKind[] = [...capacityKinds, ...workloadKinds];
