/** Online or not, and who is there: what producers and consumers have in common (coalition.md 3.3: `when()`). */
import { Refusal } from '../../../protocol/bytes/index.ts';
import type { Discovery } from '../discovery/index.ts';
import { createWatch } from '../group/index.ts';
import { streamPeer } from './admission.ts';
import { minimumOf } from './condition.ts';
import type { Condition, StreamPeer } from './condition.ts';
import type { StreamWhen } from './types.ts';

export interface Presence {
  readonly when: StreamWhen;
  online(): boolean;
  /** Looks again: a peer came or went, or its entry changed. */
  refresh(): void;
  changes(listener: () => void): () => void;
  end(): void;
}

/** `peers`: those that are connected, hex. */
export function createPresence(
  discovery: Discovery,
  onlineWhen: Condition,
  peers: () => readonly string[],
): Presence {
  const watch = createWatch();
  let here: readonly StreamPeer[] = [];
  let online = false;
  let ended = false;

  const refresh = (): void => {
    if (ended) return;
    // several connections of one peer are one peer
    here = [...new Set(peers())].flatMap((peer) => streamPeer(discovery, peer) ?? []);
    online = onlineWhen.holds(here);
    watch.changed();
  };
  refresh();

  return {
    when: {
      online: (signal) => watch.until(() => online, signal),
      offline: (signal) => watch.until(() => !online, signal),
      subscribed: (condition = minimumOf(1), signal) => watch.until(() => condition.holds(here), signal),
      unsubscribed: (condition = minimumOf(1), signal) => watch.until(() => !condition.holds(here), signal),
    },
    online: () => online,
    refresh,
    changes: watch.subscribe,
    end() {
      if (ended) return;
      ended = true;
      online = false;
      here = [];
      watch.changed();
      watch.end(streamClosed());
    },
  };
}

export const streamClosed = (): Refusal => new Refusal('STREAM_CLOSED', 'The stream is closed on this node.');
