/** The store worker: one thread that owns the database (house.md 3). */
import { parentPort, workerData } from 'node:worker_threads';
import { serveCalls } from './calls.ts';
import { openLocalStore } from './local.ts';
import type { StoreOptions } from './store.ts';

if (parentPort === null) throw new Error('the store worker runs in a worker thread');
serveCalls(parentPort, (tell) => openLocalStore(workerData as StoreOptions, tell));
