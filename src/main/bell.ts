/** A bell: one waits, another rings. A ring while nobody waits is remembered, so nothing is missed in between. */
export interface Bell {
  ring(): void;
  /** Resolves at the next ring, or at once when it rang since the last wait. */
  wait(): Promise<void>;
}

export function createBell(signal?: AbortSignal): Bell {
  let rung = false;
  let waiting: (() => void) | undefined;
  const bell: Bell = {
    ring() {
      rung = true;
      waiting?.();
    },
    async wait() {
      if (!rung) await new Promise<void>((resolve) => (waiting = resolve));
      waiting = undefined;
      rung = false;
    },
  };
  // whoever waits is let go when the whole thing is called off
  signal?.addEventListener('abort', bell.ring, { once: true });
  return bell;
}
