/**
 * Events: what changed, told to every face. Events are numbered; a face that comes back names the last one it
 * saw and gets the rest, or a snapshot when that is too long ago (house.md 3: snapshot, deltas, resume).
 */
import type { Event, Status, Topic } from '../../../contract/index.ts';
import { createBell } from '../../bell.ts';

/** Events kept for faces that reconnect. */
const REMEMBERED = 1000;
/** Events a slow face may lag behind before it is sent a snapshot instead. */
const MAX_LAG = 500;

export interface NumberedEvent {
  readonly id: string;
  readonly event: Event;
}

export interface Events {
  changed(topic: Topic, ids?: readonly string[], entry?: Extract<Event, { kind: 'changed' }>['entry']): void;
  /** The status bar's numbers moved, nothing else. */
  touched(): void;
  status(): Status;
  /** Starts with a snapshot, or with what came after `lastId`. Ends when `signal` aborts. */
  watch(lastId: string | undefined, signal: AbortSignal | undefined): AsyncGenerator<NumberedEvent, void>;
}

/** `status` gathers the status bar's numbers when asked. */
export function createEvents(status: () => Status): Events {
  // a face of an earlier run of this node must not resume into the numbers of this one
  const run = Math.floor(Math.random() * 2 ** 32).toString(36);
  const remembered: NumberedEvent[] = [];
  const listeners = new Set<(event: NumberedEvent) => void>();
  let next = 1;

  const tell = (event: Event): void => {
    const numbered = { id: `${run}-${next++}`, event };
    remembered.push(numbered);
    if (remembered.length > REMEMBERED) remembered.shift();
    for (const listener of listeners) listener(numbered);
  };

  return {
    changed: (topic, ids = [], entry = null) =>
      tell({ kind: 'changed', topic, ids: [...ids], entry, status: status() }),
    touched: () => tell({ kind: 'status', status: status() }),
    status,
    async *watch(lastId, signal) {
      const queue: NumberedEvent[] = [];
      const bell = createBell(signal);
      let lost = false;
      const listener = (event: NumberedEvent): void => {
        if (queue.length >= MAX_LAG) {
          queue.length = 0;
          lost = true;
        } else queue.push(event);
        bell.ring();
      };
      const snapshot = (): NumberedEvent => ({
        id: `${run}-${next - 1}`,
        event: { kind: 'snapshot', status: status() },
      });
      listeners.add(listener);
      try {
        const seen = remembered.findIndex(({ id }) => id === lastId);
        if (seen >= 0) queue.unshift(...remembered.slice(seen + 1));
        else yield snapshot();
        while (signal?.aborted !== true) {
          const event = lost ? snapshot() : queue.shift();
          lost = false;
          if (event !== undefined) yield event;
          else await bell.wait();
        }
      } finally {
        listeners.delete(listener);
      }
    },
  };
}
