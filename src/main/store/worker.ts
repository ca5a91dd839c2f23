/** The store worker: one thread that owns the database (house.md 3). Runs a LocalStore behind messages. */
import { parentPort, workerData } from 'node:worker_threads';
import { Refusal } from '../../protocol/bytes/index.ts';
import { openLocalStore } from './local.ts';
import type { StoreOptions } from './store.ts';
import type { WorkerCall, WorkerProgress, WorkerReply } from './threaded.ts';

const port = parentPort;
if (port === null) throw new Error('the store worker runs in a worker thread');

const toReply = (id: number, work: () => unknown): WorkerReply => {
  try {
    return { id, ok: true, value: work() };
  } catch (error) {
    return error instanceof Refusal
      ? { id, ok: false, refusal: { code: error.code, message: error.message, details: error.details } }
      : { id, ok: false, bug: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
};

let store: ReturnType<typeof openLocalStore> | undefined;
port.postMessage(
  toReply(0, () => {
    store = openLocalStore(workerData as StoreOptions, (rebuilding) =>
      port.postMessage({ rebuilding } satisfies WorkerProgress),
    );
    return store.health;
  }),
);
port.on('message', ({ id, method, args }: WorkerCall) => {
  const reply = toReply(id, () => {
    const call = store?.[method] as ((...given: unknown[]) => unknown) | undefined;
    return call?.(...args);
  });
  port.postMessage(reply);
  if (method === 'close') port.close();
});
