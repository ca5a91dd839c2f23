/**
 * Live data: one subscription tells which areas changed, and the queries of those areas are asked again. It
 * resumes after the last event it saw, and starts over with a snapshot when the node no longer remembers it.
 */
import { getEventMeta } from '@orpc/client';
import type { QueryClient } from '@tanstack/react-query';
import type { Operation, Status, Topic } from '../../contract/index.ts';
import type { Client, Connection } from './link.ts';
import { createStore } from './store.ts';
import type { Store } from './store.ts';

export interface Live {
  readonly status: Store<Status | null>;
  readonly operations: Store<readonly Operation[]>;
}

/** Changes that arrive together are asked about once. */
const GATHER_MS = 60;

/** Runs until `signal` aborts. */
export function startLive(
  client: Client,
  connection: Connection,
  queries: QueryClient,
  signal: AbortSignal,
): Live {
  const status = createStore<Status | null>(null);
  const operations = createStore<readonly Operation[]>([]);

  let gathered = new Set<Topic>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const changed = (topic: Topic): void => {
    gathered.add(topic);
    timer ??= setTimeout(() => {
      const topics = gathered;
      gathered = new Set();
      timer = undefined;
      for (const one of topics) {
        void queries.invalidateQueries({ queryKey: [[one]] });
        // what stands on the about page is gathered from everywhere
        // a policy, a challenge or a verdict is about machines; the cache follows its settings
        if (one === 'machines' || one === 'coalition' || one === 'settings')
          void queries.invalidateQueries({ queryKey: [['attestation']] });
        if (one === 'problems') void queries.invalidateQueries({ queryKey: [['settings', 'about']] });
      }
    }, GATHER_MS);
  };

  let lastEventId: string | undefined;
  void repeat(connection, signal, async () => {
    const events = await client.events.watch(undefined, {
      signal,
      ...(lastEventId === undefined ? {} : { lastEventId }),
    });
    for await (const event of events) {
      lastEventId = getEventMeta(event)?.id ?? lastEventId;
      status.set(event.status);
      if (event.kind === 'snapshot') void queries.invalidateQueries();
      if (event.kind === 'changed') changed(event.topic);
    }
  });

  void repeat(connection, signal, async () => {
    for await (const change of await client.operations.watch(undefined, { signal })) {
      if (change.kind === 'snapshot') operations.set(change.operations);
      if (change.kind === 'removed') operations.set(operations.get().filter(({ id }) => id !== change.id));
      if (change.kind === 'changed') {
        const others = operations.get();
        const known = others.some(({ id }) => id === change.operation.id);
        operations.set(
          known
            ? others.map((one) => (one.id === change.operation.id ? change.operation : one))
            : [change.operation, ...others],
        );
      }
    }
  });

  // after a gap nothing that is shown may be older than it looks
  let before = connection.get().state;
  const unsubscribe = connection.subscribe(() => {
    const { state } = connection.get();
    if (state === 'open' && before === 'lost') void queries.invalidateQueries();
    before = state;
  });
  signal.addEventListener('abort', unsubscribe, { once: true });
  return { status, operations };
}

/** Runs `body` again whenever it ends, once the connection stands. */
async function repeat(connection: Connection, signal: AbortSignal, body: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    try {
      await connection.opened(signal);
      await body();
    } catch {
      // the connection's own state says why
    }
    if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, 300));
  }
}
