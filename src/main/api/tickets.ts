import { os } from './base.ts';

export const tickets = {
  list: os.tickets.list.handler(async ({ context }) => ({ tickets: await context.node.issuer.list() })),
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
