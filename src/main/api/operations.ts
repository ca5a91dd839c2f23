import { createBell } from '../bell.ts';
import { os } from './base.ts';
import type { MusterNode } from '../node/index.ts';
import type { Operation } from '../../contract/index.ts';

type Change =
  | { kind: 'snapshot'; operations: Operation[] }
  | { kind: 'changed'; operation: Operation }
  | { kind: 'removed'; id: string };

/** First all, then every change; of one operation only the newest state is kept for a slow face. */
async function* watch(node: MusterNode, signal: AbortSignal | undefined): AsyncGenerator<Change, void> {
  const waiting = new Map<string, Change>();
  const bell = createBell(signal);
  const stop = node.operations.subscribe((change) => {
    const id = change.kind === 'changed' ? change.operation.id : change.id;
    waiting.delete(id);
    waiting.set(id, change);
    bell.ring();
  });
  try {
    yield { kind: 'snapshot', operations: [...node.operations.list()] };
    while (signal?.aborted !== true) {
      const [next] = waiting;
      if (next === undefined) await bell.wait();
      else {
        waiting.delete(next[0]);
        yield next[1];
      }
    }
  } finally {
    stop();
  }
}

export const operations = {
  list: os.operations.list.handler(({ context }) => ({ operations: [...context.node.operations.list()] })),
  get: os.operations.get.handler(({ context, input }) => context.node.operations.get(input.id)),
  cancel: os.operations.cancel.handler(({ context, input }) => context.node.operations.cancel(input.id)),
  dismiss: os.operations.dismiss.handler(({ context, input }) => {
    context.node.operations.dismiss(input.id);
    return {};
  }),
  watch: os.operations.watch.handler(({ context, signal }) => watch(context.node, signal)),
};
