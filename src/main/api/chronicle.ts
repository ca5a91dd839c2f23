import { checkpointJson } from '../services/chronicle/index.ts';
import { os } from './base.ts';
import { guarded } from './streams.ts';

export const chronicle = {
  head: os.chronicle.head.handler(({ context }) => context.node.chronicle.head()),
  list: os.chronicle.list.handler(({ context, input }) =>
    context.node.chronicle.list(input.from, input.limit, input.filter),
  ),
  entry: os.chronicle.entry.handler(({ context, input }) => context.node.chronicle.entry(input.index)),
  proof: os.chronicle.proof.handler(({ context, input }) => context.node.chronicle.proof(input.index)),
  checkpoints: os.chronicle.checkpoints.handler(async ({ context, input }) => {
    const { rows, next } = await context.node.chronicle.checkpoints(input.before, input.limit);
    return { checkpoints: rows.map(checkpointJson), next };
  }),
  consistency: os.chronicle.consistency.handler(async ({ context, input }) => ({
    hashes: await context.node.chronicle.consistency(input.from, input.to),
  })),
  export: os.chronicle.export.handler(({ context, input, signal }) =>
    guarded(context.node, context.node.chronicle.export(input.from, input.to, signal)),
  ),
  health: os.chronicle.health.handler(({ context }) => {
    const { startup, background, writable } = context.node.health.report();
    return { startup: [...startup], background, writable };
  }),
};
