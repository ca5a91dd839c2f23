import { os } from './base.ts';

export const machines = {
  list: os.machines.list.handler(async ({ context }) => ({ machines: await context.node.machines.list() })),
  get: os.machines.get.handler(({ context, input }) => context.node.machines.get(input.id)),
  register: os.machines.register.handler(({ context, input: { name, ...evidence } }) =>
    context.node.machines.register(name, evidence),
  ),
  recheck: os.machines.recheck.handler(({ context, input }) =>
    context.node.machines.recheck(input.id, input.collateral, input.at),
  ),
  challenge: os.machines.challenge.handler(({ context, input }) => context.node.machines.challenge(input.id)),
  prove: os.machines.prove.handler(({ context, input: { id, quote, collateral, eventLog } }) =>
    context.node.machines.prove(id, quote, collateral, eventLog),
  ),
  pin: os.machines.pin.handler(({ context, input }) => context.node.machines.pin(input.id, input.registers)),
  unpin: os.machines.unpin.handler(({ context, input }) => context.node.machines.unpin(input.id)),
  offer: os.machines.offer.handler(({ context, input }) => context.node.machines.offer(input.id, input)),
  withdraw: os.machines.withdraw.handler(({ context, input }) => context.node.machines.withdraw(input.id)),
  retire: os.machines.retire.handler(({ context, input }) => context.node.machines.retire(input.id)),
};
