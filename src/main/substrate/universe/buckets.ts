/**
 * Token buckets, one per name: each name may do `burst` things at once and `rate` per second in the long run. Names
 * that have rested long enough to be full again are forgotten, and so is the oldest when there are too many.
 */
export interface Rate {
  /** Per second. */
  readonly rate: number;
  readonly burst: number;
}

export interface Buckets {
  /** True when `name` may do one more thing now, and then it has. */
  take(name: string): boolean;
  forget(name: string): void;
  size(): number;
}

/** `now` in milliseconds, monotonic. */
export function createBuckets(
  { rate, burst }: Rate,
  now: () => number = () => performance.now(),
  maxNames = 10_000,
): Buckets {
  const held = new Map<string, { tokens: number; at: number }>();
  return {
    take(name) {
      const at = now();
      const known = held.get(name);
      const tokens =
        known === undefined ? burst : Math.min(burst, known.tokens + ((at - known.at) / 1000) * rate);
      // last used, last in the order
      held.delete(name);
      if (held.size >= maxNames) {
        const [oldest] = held.keys();
        if (oldest !== undefined) held.delete(oldest);
      }
      const allowed = tokens >= 1;
      held.set(name, { tokens: allowed ? tokens - 1 : tokens, at });
      return allowed;
    },
    forget: (name) => void held.delete(name),
    size: () => held.size,
  };
}
