import { withEventMeta } from '@orpc/server';
import type { Event } from '../../contract/index.ts';
import { os } from './base.ts';

export const events = {
  status: os.events.status.handler(({ context }) => context.node.events.status()),
  watch: os.events.watch.handler(async function* ({
    context,
    signal,
    lastEventId,
  }): AsyncGenerator<Event, void> {
    for await (const { id, event } of context.node.events.watch(lastEventId, signal))
      yield withEventMeta(event, { id });
  }),
};
