/** A map that forgets what was used longest ago, bounded by the sum of the weights of its entries. */

export interface Lru<V> {
  get(key: string): V | undefined;
  set(key: string, value: V, weight: number): void;
  readonly entries: number;
  readonly weight: number;
}

/** `capacity` is the largest sum of weights; an entry heavier than that is not kept at all. */
export function createLru<V>(capacity: number): Lru<V> {
  const held = new Map<string, { value: V; weight: number }>();
  let total = 0;
  const drop = (key: string): void => {
    total -= held.get(key)?.weight ?? 0;
    held.delete(key);
  };
  return {
    get(key) {
      const entry = held.get(key);
      if (entry === undefined) return undefined;
      // a Map keeps the order of insertion: taking out and putting back makes it the newest
      held.delete(key);
      held.set(key, entry);
      return entry.value;
    },
    set(key, value, weight) {
      drop(key);
      if (weight > capacity) return;
      held.set(key, { value, weight });
      total += weight;
      for (const oldest of held.keys()) {
        if (total <= capacity) break;
        drop(oldest);
      }
    },
    get entries() {
      return held.size;
    },
    get weight() {
      return total;
    },
  };
}
