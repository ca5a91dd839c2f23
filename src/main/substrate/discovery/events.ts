/** What discovery tells: a peer was discovered, has changed, has departed. */
import type { PeerInfo } from './catalogue.ts';

export type DiscoveryEvent =
  | { readonly kind: 'discovered'; readonly peer: PeerInfo }
  /** `changed`: something that the entry says, and not only that the peer is still there. */
  | { readonly kind: 'updated'; readonly peer: PeerInfo; readonly changed: boolean }
  | { readonly kind: 'departed'; readonly peer: PeerInfo; readonly reason: Departure }
  /** Of an iterator that was too slow: so many events before this one were dropped. */
  | { readonly kind: 'lagged'; readonly missed: number };

/** `goodbye`: it said so; `stale`: it was not heard any more; `displaced`: the catalogue is full, and gave its place. */
export type Departure = 'goodbye' | 'stale' | 'displaced';

export interface Events {
  emit(event: DiscoveryEvent): void;
  /** Hears every event at once; must not throw. Answers how to stop. */
  watch(handler: (event: DiscoveryEvent) => void): () => void;
  /** The same for whoever takes its time: up to `backlog` events wait. Ends with the signal, or with discovery. */
  iterate(signal?: AbortSignal): AsyncIterableIterator<DiscoveryEvent>;
  end(): void;
}

export function createEvents(backlog: number): Events {
  const handlers = new Set<(event: DiscoveryEvent) => void>();
  const ends = new Set<() => void>();
  let over = false;

  async function* iterate(signal?: AbortSignal): AsyncGenerator<DiscoveryEvent, undefined> {
    const waiting: DiscoveryEvent[] = [];
    let missed = 0;
    let wake: (() => void) | undefined;
    let ended = over || signal?.aborted === true;
    const hear = (event: DiscoveryEvent): void => {
      waiting.push(event);
      if (waiting.length > backlog) {
        waiting.shift();
        missed += 1;
      }
      wake?.();
    };
    const end = (): void => {
      ended = true;
      wake?.();
    };
    handlers.add(hear);
    ends.add(end);
    signal?.addEventListener('abort', end, { once: true });
    try {
      for (;;) {
        if (missed > 0) {
          const event = { kind: 'lagged', missed } as const;
          missed = 0;
          yield event;
        }
        const event = waiting.shift();
        if (event !== undefined) yield event;
        else if (ended) return;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      handlers.delete(hear);
      ends.delete(end);
      signal?.removeEventListener('abort', end);
    }
  }

  return {
    emit(event) {
      for (const handler of handlers) handler(event);
    },
    watch(handler) {
      handlers.add(handler);
      return () => void handlers.delete(handler);
    },
    iterate,
    end() {
      over = true;
      for (const end of ends) end();
      handlers.clear();
    },
  };
}
