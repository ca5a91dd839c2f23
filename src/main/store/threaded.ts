/**
 * The store behind a worker thread, with group commit: whatever is queued when the previous commit ends is the
 * next transaction. There is no waiting window (house.md 3).
 */
import { Worker } from 'node:worker_threads';
import { Refusal } from '../../protocol/bytes/index.ts';
import type { Signed } from '../../protocol/record/index.ts';
import { WORKER_LIMITS, workerEntry } from '../worker-entry.ts';
import { callWorker } from './calls.ts';
import type { LocalStore } from './local.ts';
import type {
  Appended,
  Batch,
  CheckpointRow,
  Rebuilding,
  Store,
  StoreHealth,
  StoreOptions,
} from './store.ts';

/** A transaction never holds more commands than this, so that one commit stays a matter of milliseconds. */
const MAX_BATCH = 1024;

const closed = (): Refusal => new Refusal('STORE_CLOSED', 'The store is closed.');

interface Waiting {
  readonly commands: readonly Signed[];
  readonly checkpoint: CheckpointRow | undefined;
  readonly resolve: (batch: Batch) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Opens the store in a worker; resolves when its start-up checks have passed and its view is one of today's rules.
 * Until then `report` hears of a view that is folded anew. Errors: as `openLocalStore`.
 */
export async function openThreadedStore(
  options: StoreOptions,
  report: (progress: Rebuilding) => void = () => undefined,
): Promise<Store> {
  const worker = new Worker(workerEntry('store-worker', import.meta.url), {
    workerData: options,
    resourceLimits: WORKER_LIMITS,
  });
  const { call, opened, terminate } = callWorker<LocalStore>(worker, 'store', (progress) =>
    report(progress as Rebuilding),
  );
  const health = (await opened) as StoreHealth;

  const queue: Waiting[] = [];
  let committing = false;
  const pump = async (): Promise<void> => {
    committing = true;
    while (queue.length > 0) {
      const group: Waiting[] = [];
      let commands = 0;
      while (
        queue.length > 0 &&
        (group.length === 0 || commands + (queue[0]?.commands.length ?? 0) <= MAX_BATCH)
      ) {
        const next = queue.shift();
        if (next === undefined) break;
        group.push(next);
        commands += next.commands.length;
      }
      try {
        const batch = await call(
          'append',
          group.flatMap((waiting) => waiting.commands),
          group.findLast((waiting) => waiting.checkpoint !== undefined)?.checkpoint,
        );
        let at = 0;
        for (const waiting of group) {
          const appended: readonly Appended[] = batch.appended.slice(at, at + waiting.commands.length);
          at += waiting.commands.length;
          waiting.resolve({ ...batch, appended });
        }
      } catch (error) {
        for (const waiting of group) waiting.reject(error);
      }
    }
    committing = false;
  };

  return {
    health,
    append: (commands, checkpoint) =>
      new Promise<Batch>((resolve, reject) => {
        queue.push({ commands, checkpoint, resolve, reject });
        if (!committing) void pump();
      }),
    judge: (bytes) => call('judge', bytes),
    entry: (index) => call('entry', index),
    range: (from, to) => call('range', from, to),
    find: (filter, from, limit) => call('find', filter, from, limit),
    inclusion: (index, size) => call('inclusion', index, size),
    consistency: (first, second) => call('consistency', first, second),
    nodes: (refs) => call('nodes', refs),
    rootAt: (size) => call('rootAt', size),
    putCheckpoint: (row) => call('putCheckpoint', row),
    checkpoints: (before, limit) => call('checkpoints', before, limit),
    viewRow: (key) => call('viewRow', key),
    viewRows: (prefix) => call('viewRows', prefix),
    getLocal: (key) => call('getLocal', key),
    putLocal: (key, value) => call('putLocal', key, value),
    async close() {
      const done = call('close');
      // what did not reach the worker before is not recorded, and its caller hears so
      for (const waiting of queue.splice(0)) waiting.reject(closed());
      await done;
      await terminate();
    },
  };
}
