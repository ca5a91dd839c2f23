import { os } from './base.ts';

export const machines = {
  list: os.machines.list.handler(async ({ context }) => ({ machines: await context.node.machines.list() })),
  get: os.machines.get.handler(({ context, input }) => context.node.machines.get(input.id)),
  register: os.machines.register.handler(({ context, input }) =>
    context.node.machines.register(input.name, input.quote, input.collateral, input.at),
  ),
  recheck: os.machines.recheck.handler(({ context, input }) =>
    context.node.machines.recheck(input.id, input.collateral, input.at),
  ),
  pin: os.machines.pin.handler(({ context, input }) => context.node.machines.pin(input.id, input.registers)),
  unpin: os.machines.unpin.handler(({ context, input }) => context.node.machines.unpin(input.id)),
  offer: os.machines.offer.handler(({ context, input }) => context.node.machines.offer(input.id, input)),
  withdraw: os.machines.withdraw.handler(({ context, input }) => context.node.machines.withdraw(input.id)),
  retire: os.machines.retire.handler(({ context, input }) => context.node.machines.retire(input.id)),
};
