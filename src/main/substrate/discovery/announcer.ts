/** When this node speaks of itself: regularly, and when there is something new, but never too often. */
import type { OwnEntryKeeper } from './own-entry.ts';
import type { DiscoverySettings } from './settings.ts';

export interface Announcer {
  start(): void;
  /** There is something to say: now, or as soon as it is not too often. */
  request(): void;
  /** Announcements since the start. */
  count(): number;
  stop(): void;
}

export interface AnnouncerOptions {
  readonly own: OwnEntryKeeper;
  readonly settings: Pick<DiscoverySettings, 'announceInterval' | 'announceJitter' | 'announceSpacing'>;
  /** Sends the entry as it stands. */
  readonly send: () => void;
}

export function createAnnouncer({ own, settings, send }: AnnouncerOptions): Announcer {
  const { announceInterval, announceJitter, announceSpacing } = settings;
  let running = false;
  let sent = 0;
  let sentAt = -Infinity;
  let sentVersion: readonly number[] | null = null;
  let regular: NodeJS.Timeout | undefined;
  let soon: NodeJS.Timeout | undefined;

  const announce = (): void => {
    if (!running) return;
    clearTimeout(soon);
    soon = undefined;
    // the same bytes again would be taken for a copy, and dropped
    if (own.version() === sentVersion) own.renew();
    sentVersion = own.version();
    sentAt = performance.now();
    sent += 1;
    send();
    clearTimeout(regular);
    regular = setTimeout(announce, announceInterval * (1 + announceJitter * (Math.random() - 0.5)));
    regular.unref();
  };
  return {
    start() {
      running = true;
      announce();
    },
    request() {
      if (!running || soon !== undefined) return;
      // several changes of one turn are one announcement
      soon = setTimeout(announce, Math.max(0, sentAt + announceSpacing - performance.now()));
      soon.unref();
    },
    count: () => sent,
    stop() {
      running = false;
      clearTimeout(regular);
      clearTimeout(soon);
    },
  };
}
