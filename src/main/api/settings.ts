import { Refusal } from '../../protocol/bytes/index.ts';
import { os } from './base.ts';

export const settings = {
  get: os.settings.get.handler(({ context }) => context.node.settings.current()),
  set: os.settings.set.handler(({ context, input }) => context.node.settings.set(input)),
  about: os.settings.about.handler(({ context }) => ({
    ...context.node.about(),
    session: { scopes: [...context.session.scopes], door: context.session.door },
  })),
  pair: os.settings.pair.handler(({ context, input }) => {
    const pair = context.node.pair();
    if (pair === null) throw new Refusal('NO_CONSOLE', 'This node serves no console to pair with.');
    return pair(input.scopes);
  }),
};
