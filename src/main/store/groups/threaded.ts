/**
 * The Groups' file behind a worker thread, with group commit: whatever is queued when the previous transaction ends,
 * of whichever Group, is the next one. There is no waiting window (house.md 3).
 */
import { Worker } from 'node:worker_threads';
import { Refusal } from '../../../protocol/bytes/index.ts';
import { WORKER_LIMITS, workerEntry } from '../../worker-entry.ts';
import { callWorker } from '../calls.ts';
import type { GroupLog, GroupState, GroupStore, GroupWrite, Head } from './group-log.ts';
import type { LocalGroups } from './local.ts';
import type { GroupsWorkerOptions } from './worker.ts';

interface Waiting {
  readonly num: number;
  readonly write: GroupWrite;
  readonly resolve: (head: Head) => void;
  readonly reject: (error: unknown) => void;
}

/** A transaction never holds more entries than this, so that one commit stays a matter of milliseconds. */
const MAX_ENTRIES = 8192;

/** Errors: as `openLocalGroups`. */
export async function openGroupStore(options: GroupsWorkerOptions): Promise<GroupStore> {
  const worker = new Worker(workerEntry('groups-worker', import.meta.url), {
    workerData: options,
    resourceLimits: WORKER_LIMITS,
  });
  const { call, opened, terminate } = callWorker<LocalGroups>(worker, 'Groups');
  await opened;

  const queue: Waiting[] = [];
  let writing = false;
  let closed = false;
  const pump = async (): Promise<void> => {
    writing = true;
    while (queue.length > 0) {
      const batch: Waiting[] = [];
      for (let entries = 0; queue.length > 0 && entries < MAX_ENTRIES;) {
        const next = queue.shift();
        if (next === undefined) break;
        batch.push(next);
        entries += next.write.append?.length ?? 0;
      }
      try {
        const heads = await call(
          'write',
          batch.map(({ num, write }) => ({ num, write })),
        );
        for (const [i, { resolve, reject }] of batch.entries()) {
          const head = heads[i];
          if (head === undefined) reject(new Error('the Groups worker answered too little'));
          else resolve(head);
        }
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    writing = false;
  };
  /** Resolves when everything queued so far is written: what follows must see it. */
  const settled = (num: number): Promise<unknown> =>
    queue.length === 0 && !writing ? Promise.resolve() : enqueue(num, {}).catch(() => undefined);
  const enqueue = (num: number, write: GroupWrite): Promise<Head> =>
    new Promise((resolve, reject) => {
      if (closed) return reject(new Refusal('STORE_CLOSED', 'The store is closed.'));
      queue.push({ num, write, resolve, reject });
      if (!writing) void pump();
    });

  const logOf = (num: number, state: GroupState): GroupLog => ({
    opened: state,
    write: (batch) => enqueue(num, batch),
    read: (from, bytes) => call('read', num, from, bytes),
    leaves: (from, bytes) => call('leaves', num, from, bytes),
    inclusion: (index, size) => call('inclusion', num, index, size),
    consistency: (first, second) => call('consistency', num, first, second),
    rootAt: (size) => call('rootAt', num, size),
    sign: (head) => call('sign', num, head),
    checkpoints: (before, limit) => call('checkpoints', num, before, limit),
    snapshot: () => call('snapshot', num),
    async restore(snapshot) {
      await settled(num);
      return call('restore', num, snapshot);
    },
    mute: (key) => call('mute', num, key),
  });

  return {
    async open(group) {
      const { num, state } = await call('open', group);
      return logOf(num, state);
    },
    async close() {
      if (closed) return;
      closed = true;
      for (const { reject } of queue.splice(0)) reject(new Refusal('STORE_CLOSED', 'The store is closed.'));
      await call('close');
      await terminate();
    },
  };
}
