import { os } from './base.ts';

export const tickets = {
  list: os.tickets.list.handler(({ context, input }) => context.node.issuer.list(input.limit)),
  get: os.tickets.get.handler(({ context, input }) => context.node.issuer.get(input.id)),
  issue: os.tickets.issue.handler(({ context, input }) => context.node.issuer.issue(input)),
  token: os.tickets.token.handler(async ({ context, input }) => ({
    token: await context.node.issuer.token(input.id),
  })),
  verify: os.tickets.verify.handler(async ({ context, input }) => {
    const { ok, code, checks, claims } = await context.node.issuer.verify(input.token);
    return { ok, code, checks: [...checks], claims: claims === null ? null : { ...claims } };
  }),
  revoke: os.tickets.revoke.handler(({ context, input }) =>
    context.node.issuer.revoke(input.id, input.reason),
  ),
};
