/**
 * Operations: long jobs as entities with a phase, a count, a log, an outcome and a way to cancel. They live in the
 * node, so they survive navigation and reload (app.md 2.3).
 */
import { randomUUID } from 'node:crypto';
import { toProblem } from '../../../contract/index.ts';
import type { Operation } from '../../../contract/index.ts';
import { Refusal } from '../../../protocol/bytes/index.ts';

/** Finished operations kept for those who look later. */
const KEPT = 50;
const MAX_LOG_LINES = 200;

export type OperationChange =
  | { readonly kind: 'changed'; readonly operation: Operation }
  | { readonly kind: 'removed'; readonly id: string };

export interface Progress {
  /** Throws when the person cancelled; pass it on to whatever can be interrupted. */
  readonly signal: AbortSignal;
  update(
    change: Partial<Pick<Operation, 'phase' | 'done' | 'total' | 'unit' | 'parts' | 'cancellable'>>,
  ): void;
  log(text: string): void;
}

export interface OperationRequest {
  readonly kind: Operation['kind'];
  readonly title: string;
  readonly startedBy: string;
  readonly subject?: { readonly area: string; readonly id: string };
  /** Does the work; a thrown Refusal becomes the operation's problem. */
  run(progress: Progress): Promise<void>;
}

export interface Operations {
  list(): readonly Operation[];
  /** Errors: `OPERATION_UNKNOWN`. */
  get(id: string): Operation;
  start(request: OperationRequest): Operation;
  cancel(id: string): Operation;
  dismiss(id: string): void;
  subscribe(listener: (change: OperationChange) => void): () => void;
  /** Cancels what runs and waits for it to end. */
  close(): Promise<void>;
}

interface Held {
  operation: Operation;
  readonly abort: AbortController;
  settled: Promise<void>;
}

export function createOperations(now: () => number): Operations {
  const held = new Map<string, Held>();
  const listeners = new Set<(change: OperationChange) => void>();
  const tell = (change: OperationChange): void => listeners.forEach((listener) => listener(change));

  const find = (id: string): Held => {
    const one = held.get(id);
    if (one === undefined) throw new Refusal('OPERATION_UNKNOWN', 'No such operation is known here.');
    return one;
  };
  const set = (one: Held, change: Partial<Operation>): void => {
    one.operation = { ...one.operation, ...change };
    tell({ kind: 'changed', operation: one.operation });
  };
  const prune = (): void => {
    const ended = [...held.values()].filter(({ operation }) => operation.state !== 'running');
    for (const { operation } of ended.slice(0, Math.max(0, ended.length - KEPT))) {
      held.delete(operation.id);
      tell({ kind: 'removed', id: operation.id });
    }
  };

  return {
    list: () => [...held.values()].map(({ operation }) => operation).toReversed(),
    get: (id) => find(id).operation,
    start({ kind, title, startedBy, subject, run }) {
      const abort = new AbortController();
      const operation: Operation = {
        id: randomUUID(),
        kind,
        title,
        state: 'running',
        phase: '',
        done: 0,
        total: null,
        unit: null,
        parts: [],
        cancellable: true,
        startedAt: now(),
        endedAt: null,
        startedBy,
        problem: null,
        subject: subject ?? null,
        log: [],
      };
      const one: Held = { operation, abort, settled: Promise.resolve() };
      held.set(operation.id, one);
      const progress: Progress = {
        signal: abort.signal,
        update: (change) => set(one, change),
        log: (text) => set(one, { log: [...one.operation.log, { at: now(), text }].slice(-MAX_LOG_LINES) }),
      };
      const end = (change: Partial<Operation>): void => {
        set(one, { ...change, endedAt: now(), cancellable: false });
        prune();
      };
      tell({ kind: 'changed', operation });
      one.settled = run(progress).then(
        () => end({ state: 'done' }),
        (error: unknown) => {
          if (abort.signal.aborted) return end({ state: 'cancelled' });
          const problem =
            error instanceof Refusal
              ? toProblem(error.code, error.message, error.details)
              : toProblem('UNEXPECTED', error instanceof Error ? error.message : String(error));
          return end({ state: 'failed', problem });
        },
      );
      return one.operation;
    },
    cancel(id) {
      const one = find(id);
      if (one.operation.state === 'running' && one.operation.cancellable) {
        one.abort.abort(new Refusal('CANCELLED', 'The operation was cancelled.'));
        set(one, { phase: 'cancelling', cancellable: false });
      }
      return one.operation;
    },
    dismiss(id) {
      const one = find(id);
      if (one.operation.state === 'running')
        throw new Refusal('OPERATION_RUNNING', 'A running operation is cancelled, not dismissed.');
      held.delete(id);
      tell({ kind: 'removed', id });
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      for (const { abort } of held.values())
        abort.abort(new Refusal('NODE_STOPPING', 'The node is stopping.'));
      await Promise.allSettled([...held.values()].map(({ settled }) => settled));
    },
  };
}
