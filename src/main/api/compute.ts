import { os } from './base.ts';
import { guarded } from './streams.ts';

export const compute = {
  engine: os.compute.engine.handler(({ context }) => context.node.compute.engine()),
  list: os.compute.list.handler(async ({ context }) => ({ workloads: await context.node.compute.list() })),
  get: os.compute.get.handler(({ context, input }) => context.node.compute.get(input.id)),
  check: os.compute.check.handler(({ context, input }) =>
    context.node.compute.check(input.image, input.machine),
  ),
  submit: os.compute.submit.handler(({ context, input }) =>
    context.node.compute.submit(input.image, input.machine, context.session.door),
  ),
  stop: os.compute.stop.handler(({ context, input }) =>
    context.node.compute.stop(input.id, input.graceSeconds),
  ),
  remove: os.compute.remove.handler(({ context, input }) => context.node.compute.remove(input.id, input)),
  logs: os.compute.logs.handler(({ context, input, signal }) =>
    guarded(context.node, context.node.compute.logs(input.id, input, signal)),
  ),
  load: os.compute.load.handler(({ context, input, signal }) =>
    guarded(context.node, context.node.compute.load(input.id, signal)),
  ),
};
