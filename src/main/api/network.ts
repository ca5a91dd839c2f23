import { os } from './base.ts';

export const network = {
  status: os.network.status.handler(({ context }) => context.node.network.status()),
  peers: os.network.peers.handler(({ context, input }) => context.node.network.peers(input.limit)),
  groups: os.network.groups.handler(({ context }) => context.node.network.groups()),
  streams: os.network.streams.handler(({ context }) => context.node.network.streams()),
  proof: os.network.proof.handler(({ context, input }) => context.node.network.proof(input.group)),
  connect: os.network.connect.handler(({ context, input }) => context.node.network.connect(input.address)),
  deny: os.network.deny.handler(({ context, input }) => {
    context.node.network.deny(input.peer, input.minutes, input.reason);
    return {};
  }),
  present: os.network.present.handler(({ context, input }) => context.node.network.present(input.ticket)),
  withdraw: os.network.withdraw.handler(async ({ context, input }) => {
    await context.node.network.withdraw(input.ticket);
    return {};
  }),
  tags: os.network.tags.handler(({ context, input }) => context.node.network.tags(input.tags)),
};
