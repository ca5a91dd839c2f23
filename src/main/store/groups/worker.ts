/** The Groups' worker: one thread that owns the file of all Groups of this node. */
import { parentPort, workerData } from 'node:worker_threads';
import { serveCalls } from '../calls.ts';
import { openLocalGroups } from './local.ts';

export interface GroupsWorkerOptions {
  readonly path: string;
  readonly heads: string;
}

if (parentPort === null) throw new Error('the Groups worker runs in a worker thread');
const { path, heads } = workerData as GroupsWorkerOptions;
serveCalls(parentPort, () => openLocalGroups(path, heads));
