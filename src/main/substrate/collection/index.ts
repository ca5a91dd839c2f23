/** Collections: containers that a Group replicates, behind writers and readers. */
export { collectionGroup, commandScope } from './core.ts';
export type { Exchanged, Replaced } from './handle.ts';
export { defineMap } from './map.ts';
export type { MapOptions, MapReader, MapWriter, ReplicatedMap } from './map.ts';
export { definePriorityQueue } from './priority-queue.ts';
export type {
  Entry,
  Inserted,
  PriorityQueueOptions,
  PriorityQueueReader,
  PriorityQueueWriter,
  PriorityRange,
  ReplicatedPriorityQueue,
} from './priority-queue.ts';
export { anySchema, bytesSchema, numberSchema, schema, textSchema } from './schema.ts';
export type { Schema } from './schema.ts';
export { defineSet } from './set.ts';
export type { ReplicatedSet, SetOptions, SetReader, SetWriter } from './set.ts';
export { defineCell, defineOnce } from './single.ts';
export type {
  CellReader,
  CellWriter,
  OnceReader,
  OnceWriter,
  ReplicatedCell,
  ReplicatedOnce,
  SingleOptions,
} from './single.ts';
export * from './types.ts';
export { defineVec } from './vec.ts';
export type { ReplicatedVec, VecOptions, VecReader, VecWriter } from './vec.ts';
