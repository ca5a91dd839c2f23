/** The Groups' worker: one thread that owns the file of all Groups of this node. */
import { parentPort, workerData } from 'node:worker_threads';
import { serveCalls } from '../calls.ts';
import type { LocalGroups } from './local.ts';
import { openLocalGroups } from './local.ts';
import { unpackWrite } from './packed.ts';
import type { PackedWrite } from './packed.ts';
import type { Head } from './group-log.ts';

export interface GroupsWorkerOptions {
  readonly path: string;
  readonly heads: string;
}

/** The object that the other side calls. */
export interface ServedGroups extends Omit<LocalGroups, 'write'> {
  write(batch: readonly { readonly num: number; readonly write: PackedWrite }[]): Head[];
}

if (parentPort === null) throw new Error('the Groups worker runs in a worker thread');
const { path, heads } = workerData as GroupsWorkerOptions;
serveCalls(parentPort, (): ServedGroups => {
  const groups = openLocalGroups(path, heads);
  return {
    ...groups,
    write: (batch) => groups.write(batch.map(({ num, write }) => ({ num, write: unpackWrite(write) }))),
  };
});
