/** Calls of an object in a process that a test has forked: every method by name, over IPC. */
import type { ChildProcess } from 'node:child_process';

interface Call {
  readonly id: number;
  readonly call: string;
  readonly args: readonly unknown[];
}
/** `id` 0 or less: told without having been asked. */
export interface Told {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** In the child: serves `calls` until the parent is gone. */
export function serveProcess(calls: object): void {
  const methods = calls as Record<string, (...args: unknown[]) => Promise<unknown>>;
  process.on('message', ({ id, call, args }: Call) => {
    methods[call]?.(...args).then(
      (value) => process.send?.({ id, value } satisfies Told),
      (error: unknown) =>
        process.send?.({
          id,
          error: error instanceof Error ? error.message : String(error),
        } satisfies Told),
    );
  });
  process.on('disconnect', () => process.exit(0));
}

/** In the parent: asks; `heard` hears what the child tells by itself. Once it is gone, what waits is rejected. */
export function callProcess(
  child: ChildProcess,
  heard: (told: Told) => void = () => undefined,
): { ask(call: string, args: readonly unknown[]): Promise<unknown>; readonly gone: Promise<void> } {
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let nextId = 1;
  child.on('message', (told: Told) => {
    const { id, value, error } = told;
    if (id <= 0) return heard(told);
    if (error === undefined) waiting.get(id)?.resolve(value);
    else waiting.get(id)?.reject(new Error(error));
    waiting.delete(id);
  });
  const gone = new Promise<void>((resolve) => {
    child.on('exit', () => {
      for (const { reject } of waiting.values()) reject(new Error('the process is gone'));
      waiting.clear();
      resolve();
    });
  });
  return {
    gone,
    ask: (call, args) =>
      new Promise((resolve, reject) => {
        const id = nextId++;
        waiting.set(id, { resolve, reject });
        child.send({ id, call, args } satisfies Call, (error) => {
          if (error !== null) reject(error);
        });
      }),
  };
}
