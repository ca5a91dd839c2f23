/** Verifies many quotes on all processors: each worker takes the next batch as soon as it is done with one. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { BulkRow } from '../../contract/index.ts';
import { workerEntry } from '../worker-entry.ts';
import type { BulkTerms } from './bulk.ts';
import type { VerifyBatch } from './verify-worker.ts';

export interface PoolOptions {
  /** Threads; default one for each processor, at most eight. */
  readonly threads?: number;
  /** Stops everything; the promise is then rejected with its reason. */
  readonly signal?: AbortSignal;
  /** Called with the rows of every batch, in the order in which they are done; what it throws stops everything. */
  readonly onRows: (rows: readonly BulkRow[]) => void;
}

/** Files of one message: large enough that messages cost nothing, small enough to be told often. */
const BATCH = 32;

/**
 * Verifies files, told as [name, path]. A worker that dies rejects the promise with its error. When the promise
 * settles, no worker runs any more and `onRows` is not called again.
 */
export async function verifyFiles(
  files: VerifyBatch,
  terms: BulkTerms,
  { threads = Math.min(8, availableParallelism()), signal, onRows }: PoolOptions,
): Promise<void> {
  signal?.throwIfAborted();
  const workers: Worker[] = [];
  const { promise: stopped, reject: stop } = Promise.withResolvers<never>();
  const abort = (): void => stop(signal?.reason);
  signal?.addEventListener('abort', abort);
  let over = false;
  let next = 0;

  /** Resolves when this worker finds nothing more to do. */
  const lane = async (): Promise<void> => {
    const worker = new Worker(workerEntry('verify-worker', import.meta.url), { workerData: terms });
    workers.push(worker);
    const { promise: idle, resolve } = Promise.withResolvers<void>();
    const give = (): void => {
      const batch = files.slice(next, next + BATCH);
      next += batch.length;
      if (batch.length === 0) resolve();
      else worker.postMessage(batch);
    };
    worker.on('message', (rows: BulkRow[]) => {
      if (over) return;
      try {
        onRows(rows);
        give();
      } catch (error) {
        stop(error);
      }
    });
    worker.once('error', stop);
    worker.once('exit', () => stop(new Error('a verifier thread ended before its work was done')));
    give();
    await idle;
  };

  try {
    const lanes = Array.from({ length: Math.min(threads, Math.ceil(files.length / BATCH)) }, lane);
    await Promise.race([Promise.all(lanes), stopped]);
  } finally {
    over = true;
    signal?.removeEventListener('abort', abort);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}
