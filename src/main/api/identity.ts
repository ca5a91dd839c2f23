import { os } from './base.ts';

export const identity = {
  get: os.identity.get.handler(({ context }) => context.node.identity.get()),
  create: os.identity.create.handler(({ context, input }) =>
    context.node.identity.create(input.name, input.passphrase),
  ),
  unlock: os.identity.unlock.handler(({ context, input }) => context.node.identity.unlock(input.passphrase)),
  lock: os.identity.lock.handler(({ context }) => context.node.identity.lock()),
};
