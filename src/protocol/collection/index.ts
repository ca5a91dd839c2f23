/** Collections: replicated containers as pure machines. */
export {
  collectionMessage,
  COMMAND_NONCE,
  encodeCollectionCommand,
  encodeCollectionLeaf,
  MAX_COLLECTION_LEAF,
} from './command.ts';
export { readCollectionLeaf } from './command.ts';
export type { CollectionCommand, ReadCommand } from './command.ts';
export { collectionSignature, machineTag, MAX_WRITERS } from './definition.ts';
export type { Definition, MapDefinition, PriorityQueueDefinition, Writers } from './definition.ts';
export { comparePriorities, keyBytes, MAX_KEY, MAX_VALUE, valueBytes } from './element.ts';
export type { Priority } from './element.ts';
export { exchangeBytes } from './exchange.ts';
export { MAX_STATE } from './machine.ts';
export type { CollectionMachine, Outcome, RefusalCode } from './machine.ts';
export { createMapMachine } from './map.ts';
export type { MapView } from './map.ts';
export { createPriorityQueueMachine } from './priority-queue.ts';
export type { PriorityQueueView, QueueEntry } from './priority-queue.ts';
export type { Effect } from './rules.ts';
export { createSetMachine } from './set.ts';
export type { SetDefinition, SetView } from './set.ts';
export { createCellMachine, createOnceMachine } from './single.ts';
export type { CellDefinition, OnceDefinition, SingleView } from './single.ts';
export { createVecMachine } from './vec.ts';
export type { VecDefinition, VecView } from './vec.ts';
export type { Row } from './table.ts';
