/**
 * Appends to a log in etcd: what waits goes in one transaction, each entry where nothing stands yet, and whoever wrote
 * it is answered once it is folded here. An answer that was lost is looked up before anything is said or sent again.
 */
import { Refusal, sameBytes } from '../../../protocol/bytes/index.ts';
import type { Sequenced } from '../log/index.ts';
import type { EtcdClient, EtcdKey } from './client.ts';

/** etcd takes 128 operations in a transaction by default. */
export const BATCH = 100;
/** Bytes of one transaction; etcd refuses requests beyond 1.5 MiB, and base64 adds a third. */
const BATCH_BYTES = 768 * 1024;
/** Answers that are kept for their writer, more than one transaction and one page hold. */
const KEPT = 4096;
/** Before etcd is asked again, milliseconds. */
const AGAIN = 500;

export interface AppenderOptions {
  readonly etcd: Pick<EtcdClient, 'create' | 'range'>;
  readonly logKey: (index: number) => string;
  /** Entries that are folded here. */
  readonly size: () => number;
  /** Resolves when the entry of that index is, or after a while. */
  readonly grown: (index: number) => Promise<unknown>;
  /** Entries that etcd has, to be folded. */
  readonly take: (keys: readonly EtcdKey[]) => void;
}

export interface Appender {
  /** Resolves when the entry is folded here. Errors: `ETCD_UNREACHABLE` (it is not in the log), `STORE_CLOSED`. */
  append(leaf: Uint8Array): Promise<Sequenced>;
  /** An entry was folded. */
  folded(entry: Sequenced): void;
  /** Nothing more is sent; who still waits hears `STORE_CLOSED`. */
  close(): Promise<void>;
}

interface Waiting {
  readonly leaf: Uint8Array;
  readonly resolve: (entry: Sequenced) => void;
  readonly reject: (error: unknown) => void;
}

export function createAppender({ etcd, logKey, size, grown, take }: AppenderOptions): Appender {
  const queue: Waiting[] = [];
  /** Who waits for an entry that etcd has, by its index. */
  const own = new Map<number, Waiting>();
  /** The last entries that were folded: the watch may tell of them before etcd has answered who wrote them. */
  const kept = new Map<number, Sequenced>();
  let closed = false;
  let pumping: Promise<void> | null = null;

  const claim = (index: number, one: Waiting): void => {
    const entry = kept.get(index);
    if (entry === undefined) own.set(index, one);
    else one.resolve(entry);
  };
  const nextBatch = (): Waiting[] => {
    const batch: Waiting[] = [];
    for (let bytes = 0; queue[0] !== undefined && batch.length < BATCH;) {
      bytes += queue[0].leaf.length;
      if (batch.length > 0 && bytes > BATCH_BYTES) break;
      batch.push(queue[0]);
      queue.shift();
    }
    return batch;
  };

  const pump = async (): Promise<void> => {
    let next = size();
    while (queue.length > 0 && !closed) {
      const batch = nextBatch();
      next = Math.max(next, size());
      const put = batch.map(({ leaf }, i) => [logKey(next + i), leaf] as const);
      try {
        const done = await etcd.create({
          absent: put.map(([key]) => key),
          ...(next > 0 ? { present: [logKey(next - 1)] } : {}),
          put,
        });
        // refused: somebody else was first, or the first answer to this very request was lost
        if (done) for (const [i, one] of batch.entries()) claim(next + i, one);
        else if (!(await stands(next, batch))) {
          queue.unshift(...batch);
          await grown(next);
          continue;
        }
        next += batch.length;
      } catch (error) {
        if (await stands(next, batch)) next += batch.length;
        // while it closes nobody knows whether it is there
        else for (const one of batch) one.reject(closed ? gone() : error);
      }
    }
    pumping = null;
  };
  /** Whether this batch is what etcd has from `at` on; then its writers have their entries. Asks until it is told. */
  const stands = async (at: number, batch: readonly Waiting[]): Promise<boolean> => {
    for (;;) {
      try {
        const { keys } = await etcd.range(logKey(at), logKey(at + batch.length), BATCH);
        const same = batch.every(({ leaf }, i) => sameBytes(keys[i]?.value ?? NOTHING, leaf));
        if (!same) return false;
        for (const [i, one] of batch.entries()) claim(at + i, one);
        take(keys);
        return true;
      } catch {
        if (closed) return false;
        await new Promise((resolve) => setTimeout(resolve, AGAIN));
      }
    }
  };

  return {
    append: (leaf) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(gone());
        queue.push({ leaf, resolve, reject });
        pumping ??= pump();
      }),
    folded(entry) {
      own.get(entry.index)?.resolve(entry);
      own.delete(entry.index);
      kept.set(entry.index, entry);
      kept.delete(entry.index - KEPT);
    },
    async close() {
      closed = true;
      await pumping;
      for (const one of [...queue.splice(0), ...own.values()]) one.reject(gone());
      own.clear();
    },
  };
}

const NOTHING = new Uint8Array(0);
const gone = (): Refusal => new Refusal('STORE_CLOSED', 'The log is closed.');
