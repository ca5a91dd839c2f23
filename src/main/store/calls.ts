/**
 * Calls of an object that lives in a worker thread: every method by name, arguments and answer as structured
 * clones, refusals with their code. The store and the Groups' file are both reached this way.
 */
import type { MessagePort, Worker } from 'node:worker_threads';
import { Refusal } from '../../protocol/bytes/index.ts';

interface Call {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}
type Reply =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | {
      readonly id: number;
      readonly ok: false;
      readonly refusal?: {
        code: string;
        message: string;
        details: Readonly<Record<string, string | number | boolean>>;
      };
      readonly bug?: string;
    };

/** Said by a worker while it opens. */
interface Progress {
  readonly progress: unknown;
}

type Method = (...args: never[]) => unknown;
type Given<M> = M extends (...given: infer A) => unknown ? A : never;
type Answered<M> = M extends (...given: never[]) => infer R ? R : never;

/**
 * Serves the object that `open` gives; its `health`, or the refusal to open, is told first, and before that whatever
 * `open` has to say of its progress. `close` ends the worker.
 */
export function serveCalls(port: MessagePort, open: (tell: (progress: unknown) => void) => object): void {
  const reply = (id: number, work: () => unknown): void => port.postMessage(replyOf(id, work));
  let target: object | undefined;
  reply(0, () => {
    target = open((progress) => port.postMessage({ progress } satisfies Progress));
    return (target as { health?: unknown }).health;
  });
  port.on('message', ({ id, method, args }: Call) => {
    reply(id, () =>
      (target as Record<string, Method | undefined> | undefined)?.[method]?.(...(args as never[])),
    );
    if (method === 'close') port.close();
  });
}

function replyOf(id: number, work: () => unknown): Reply {
  try {
    return { id, ok: true, value: work() };
  } catch (error) {
    return error instanceof Refusal
      ? { id, ok: false, refusal: { code: error.code, message: error.message, details: error.details } }
      : { id, ok: false, bug: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

/**
 * The other side. `T`: the object served; its methods become asynchronous. `name` stands in errors; `heard` hears of
 * progress while it opens.
 */
export function callWorker<T>(
  worker: Worker,
  name: string,
  heard: (progress: unknown) => void = () => undefined,
): {
  readonly opened: Promise<unknown>;
  call<K extends keyof T>(method: K, ...args: Given<T[K]>): Promise<Answered<T[K]>>;
  /** The same; these buffers are handed over, not copied: nothing here may use them afterwards. */
  hand<K extends keyof T>(
    buffers: readonly ArrayBuffer[],
    method: K,
    ...args: Given<T[K]>
  ): Promise<Answered<T[K]>>;
  terminate(): Promise<void>;
} {
  const calls = new Map<number, { resolve: (value: unknown) => void; reject: (error: unknown) => void }>();
  let nextId = 1;
  let gone: Error | null = null;
  const opened = new Promise<unknown>((resolve, reject) => calls.set(0, { resolve, reject }));
  worker.on('message', (reply: Reply | Progress) => {
    if ('progress' in reply) return heard(reply.progress);
    const waiting = calls.get(reply.id);
    calls.delete(reply.id);
    if (reply.ok) waiting?.resolve(reply.value);
    else if (reply.refusal !== undefined)
      waiting?.reject(new Refusal(reply.refusal.code, reply.refusal.message, { ...reply.refusal.details }));
    else waiting?.reject(new Error(`${name} worker: ${reply.bug ?? 'failed'}`));
  });
  const fail = (error: Error): void => {
    gone = error;
    for (const waiting of calls.values()) waiting.reject(error);
    calls.clear();
  };
  worker.on('error', fail);
  worker.on('exit', () => fail(new Refusal('STORE_CLOSED', 'The store is closed.')));
  const hand = <K extends keyof T>(
    buffers: readonly ArrayBuffer[],
    method: K,
    ...args: Given<T[K]>
  ): Promise<Answered<T[K]>> =>
    new Promise((resolve, reject) => {
      if (gone !== null) return reject(gone);
      const id = nextId++;
      calls.set(id, { resolve: resolve as (value: unknown) => void, reject });
      worker.postMessage({ id, method: method as string, args } satisfies Call, [...buffers]);
    });
  return {
    opened: opened.catch(async (error: unknown) => {
      await worker.terminate();
      throw error;
    }),
    call: (method, ...args) => hand([], method, ...args),
    hand,
    async terminate() {
      await worker.terminate();
    },
  };
}
