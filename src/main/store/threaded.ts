/**
 * The store behind a worker thread, with group commit: whatever is queued when the previous commit ends is the
 * next transaction. There is no waiting window (house.md 3).
 */
import { Worker } from 'node:worker_threads';
import { Refusal } from '../../protocol/bytes/index.ts';
import type { Signed } from '../../protocol/record/index.ts';
import { WORKER_LIMITS, workerEntry } from '../worker-entry.ts';
import type {
  Appended,
  Batch,
  CheckpointRow,
  Rebuilding,
  Store,
  StoreHealth,
  StoreOptions,
} from './store.ts';

export interface WorkerCall {
  readonly id: number;
  readonly method: Exclude<keyof Store, 'health'>;
  readonly args: readonly unknown[];
}
/** Sent before the first reply, while the view is folded anew. */
export interface WorkerProgress {
  readonly rebuilding: Rebuilding;
}
export type WorkerReply =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | {
      readonly id: number;
      readonly ok: false;
      readonly refusal?: {
        code: string;
        message: string;
        details: Record<string, string | number | boolean>;
      };
      readonly bug?: string;
    };

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
  const calls = new Map<number, { resolve: (value: unknown) => void; reject: (error: unknown) => void }>();
  let nextId = 1;
  let gone: Error | null = null;

  const opened = new Promise<StoreHealth>((resolve, reject) => {
    calls.set(0, { resolve: (health) => resolve(health as StoreHealth), reject });
  });
  worker.on('message', (reply: WorkerReply | WorkerProgress) => {
    if ('rebuilding' in reply) return report(reply.rebuilding);
    const call = calls.get(reply.id);
    calls.delete(reply.id);
    if (reply.ok) call?.resolve(reply.value);
    else if (reply.refusal !== undefined)
      call?.reject(new Refusal(reply.refusal.code, reply.refusal.message, reply.refusal.details));
    else call?.reject(new Error(`store worker: ${reply.bug ?? 'failed'}`));
  });
  const fail = (error: Error): void => {
    gone = error;
    for (const call of calls.values()) call.reject(error);
    calls.clear();
  };
  worker.on('error', fail);
  worker.on('exit', () => fail(closed()));

  const call = <T>(method: WorkerCall['method'], ...args: readonly unknown[]): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (gone !== null) return reject(gone);
      const id = nextId++;
      calls.set(id, { resolve: (value) => resolve(value as T), reject });
      worker.postMessage({ id, method, args } satisfies WorkerCall);
    });

  let health: StoreHealth;
  try {
    health = await opened;
  } catch (error) {
    await worker.terminate();
    throw error;
  }

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
        const batch = await call<Batch>(
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
      await worker.terminate();
    },
  };
}
