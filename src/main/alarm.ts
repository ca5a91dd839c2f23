/**
 * An alarm at a time of the wall clock, however far away. Timers of the platform count at most 2^31 ms and know nothing
 * of a clock that is set, so that it looks at the clock at least once an hour.
 */
export interface Alarm {
  /** Unix milliseconds; null: not any more. The last call counts. */
  set(at: number | null): void;
  readonly at: number | null;
}

const LONGEST = 3_600_000;

/** `ring` is called once, at the time or soon after; it does not keep the process alive. */
export function createAlarm(now: () => number, ring: () => void): Alarm {
  let timer: NodeJS.Timeout | undefined;
  let at: number | null = null;
  const arm = (): void => {
    clearTimeout(timer);
    if (at === null) return;
    const wait = Math.min(Math.max(at - now(), 0), LONGEST);
    timer = setTimeout(() => {
      if (at !== null && at <= now()) {
        at = null;
        ring();
      } else arm();
    }, wait);
    timer.unref();
  };
  return {
    get at() {
      return at;
    },
    set(next) {
      at = next;
      arm();
    },
  };
}
