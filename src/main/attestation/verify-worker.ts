/** A thread that verifies files of quotes, with a memory of its own for what they share. */
import { parentPort, workerData } from 'node:worker_threads';
import { bulkRow } from './bulk.ts';
import type { BulkTerms } from './bulk.ts';
import { createVerifierCache } from './verify.ts';

/** Files are told as [name, path]. */
export type VerifyBatch = readonly (readonly [name: string, path: string])[];

const terms = workerData as BulkTerms;
const cache = createVerifierCache();

parentPort?.on('message', (batch: VerifyBatch) => {
  parentPort?.postMessage(batch.map(([name, path]) => bulkRow(name, path, terms, cache)));
});
