/**
 * The Groups' file behind a worker thread, with group commit: whatever is queued when the previous transaction ends,
 * of whichever Group, is the next one. What is promised to somebody never waits (house.md 3).
 */
import { Worker } from 'node:worker_threads';
import { Refusal } from '../../../protocol/bytes/index.ts';
import { WORKER_LIMITS, workerEntry } from '../../worker-entry.ts';
import { callWorker } from '../calls.ts';
import { isPromise } from './group-log.ts';
import type { GroupLog, GroupState, GroupStore, GroupWrite, Head } from './group-log.ts';
import { packWrite } from './packed.ts';
import type { GroupsWorkerOptions, ServedGroups } from './worker.ts';

interface Waiting {
  readonly num: number;
  readonly write: GroupWrite;
  /** For company: nobody was promised anything. */
  readonly waits: boolean;
  readonly resolve: (head: Head) => void;
  readonly reject: (error: unknown) => void;
  /** It was told that it failed with another one. */
  over: boolean;
}

/** What nobody is promised waits this long, milliseconds, for a transaction that is made anyway. */
const COMPANY = 5;
/** Whether what a Group writes later builds on this: of a compaction, or a checkpoint, it does not. */
const isGround = (write: GroupWrite): boolean => isPromise(write) || write.commit !== undefined;

/** A transaction never holds more entries than this, so that one commit stays a matter of milliseconds. */
const MAX_ENTRIES = 8192;

/** Errors: as `openLocalGroups`. */
export async function openGroupStore(options: GroupsWorkerOptions): Promise<GroupStore> {
  const worker = new Worker(workerEntry('groups-worker', import.meta.url), {
    workerData: options,
    resourceLimits: WORKER_LIMITS,
  });
  const { call, hand, opened, terminate } = callWorker<ServedGroups>(worker, 'Groups');
  await opened;

  const queue: Waiting[] = [];
  let writing = false;
  let closed = false;
  let later: NodeJS.Timeout | undefined;
  /** Writes these in one transaction; answers why it failed, null: all have been told that it is done. */
  const put = async (batch: readonly Waiting[]): Promise<{ readonly why: unknown } | null> => {
    try {
      const packed = batch.map(({ num, write }) => ({ num, write: packWrite(write) }));
      const buffers = packed.flatMap(({ write: { append } }) =>
        append === undefined ? [] : [append.heads.buffer, append.data.buffer],
      );
      const heads = await hand(buffers, 'write', packed);
      for (const [i, { resolve, reject }] of batch.entries()) {
        const head = heads[i];
        if (head === undefined) reject(new Error('the Groups worker answered too little'));
        else resolve(head);
      }
      return null;
    } catch (why) {
      return { why };
    }
  };
  /** One after the other: what one of them may not do is no fault of the others. */
  const putEach = async (batch: readonly Waiting[]): Promise<void> => {
    for (const one of batch) {
      if (one.over) continue;
      const failed = await put([one]);
      if (failed === null) continue;
      one.reject(failed.why);
      if (!isGround(one.write)) continue;
      // what its Group wrote after it stands on nothing; the Group stops, and is opened anew
      for (const behind of [...batch, ...queue]) {
        if (behind.num !== one.num || behind.over) continue;
        behind.over = true;
        behind.reject(failed.why);
      }
    }
  };
  const pump = async (): Promise<void> => {
    clearTimeout(later);
    later = undefined;
    do {
      const batch: Waiting[] = [];
      for (let entries = 0; queue.length > 0 && entries < MAX_ENTRIES;) {
        const next = queue.shift();
        if (next === undefined) break;
        if (next.over) continue;
        batch.push(next);
        entries += next.write.append?.length ?? 0;
      }
      if (batch.length > 0 && (await put(batch)) !== null) await putEach(batch);
    } while (queue.some(({ waits }) => !waits));
    writing = false;
    if (queue.length > 0) wait();
  };
  const start = (): void => {
    if (writing) return;
    writing = true;
    // what else this turn of the loop brings goes along
    setImmediate(() => void pump());
  };
  const wait = (): void => {
    later ??= setTimeout(start, COMPANY);
  };
  const enqueue = (num: number, write: GroupWrite, waits = !isPromise(write)): Promise<Head> =>
    new Promise((resolve, reject) => {
      if (closed) return reject(new Refusal('STORE_CLOSED', 'The store is closed.'));
      queue.push({ num, write, waits, resolve, reject, over: false });
      if (writing) return;
      if (waits) wait();
      else start();
    });
  /** Resolves when everything queued so far is written, or has failed: what is asked next must see it. */
  const settled = async (): Promise<void> => {
    const last = queue.at(-1);
    if (last !== undefined) await enqueue(last.num, {}, false).catch(() => undefined);
  };

  const logOf = (num: number, state: GroupState): GroupLog => ({
    opened: state,
    write: (batch) => enqueue(num, batch),
    read: (from, bytes) => call('read', num, from, bytes),
    async leaves(from, bytes) {
      await settled();
      return call('leaves', num, from, bytes);
    },
    async inclusion(index, size) {
      await settled();
      return call('inclusion', num, index, size);
    },
    async consistency(first, second) {
      await settled();
      return call('consistency', num, first, second);
    },
    async rootAt(size) {
      await settled();
      return call('rootAt', num, size);
    },
    sign: (head) => call('sign', num, head),
    checkpoints: (before, limit) => call('checkpoints', num, before, limit),
    snapshot: () => call('snapshot', num),
    async restore(snapshot) {
      await settled();
      return call('restore', num, snapshot);
    },
    mute: (key) => call('mute', num, key),
  });

  return {
    async open(group) {
      await settled();
      const { num, state } = await call('open', group);
      return logOf(num, state);
    },
    async close() {
      if (closed) return;
      closed = true;
      clearTimeout(later);
      for (const { reject } of queue.splice(0)) reject(new Refusal('STORE_CLOSED', 'The store is closed.'));
      await call('close');
      await terminate();
    },
  };
}
