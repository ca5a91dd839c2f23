import { os } from './base.ts';

export const network = {
  status: os.network.status.handler(({ context }) => context.node.network.status()),
  peers: os.network.peers.handler(({ context, input }) => context.node.network.peers(input.limit)),
  groups: os.network.groups.handler(({ context }) => context.node.network.groups()),
  proof: os.network.proof.handler(({ context, input }) => context.node.network.proof(input.group)),
  connect: os.network.connect.handler(({ context, input }) => context.node.network.connect(input.address)),
  deny: os.network.deny.handler(({ context, input }) => {
    context.node.network.deny(input.peer, input.minutes, input.reason);
    return {};
  }),
  tags: os.network.tags.handler(({ context, input }) => context.node.network.tags(input.tags)),
};
