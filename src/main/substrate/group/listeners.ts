/** Those who listen: none of them can harm another one, or whoever tells. */
export interface Listeners<T> {
  add(listener: (event: T) => void): () => void;
  tell(event: T): void;
}

/** `note` hears, once of each, that a listener threw. */
export function createListeners<T>(note: (sentence: string) => void): Listeners<T> {
  const listeners = new Set<(event: T) => void>();
  const noted = new WeakSet<(event: T) => void>();
  return {
    add(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    tell(event) {
      for (const listener of listeners)
        try {
          listener(event);
        } catch (error) {
          if (noted.has(listener)) continue;
          noted.add(listener);
          note(`Whoever listens to a Group threw: ${String(error)}`);
        }
    },
  };
}
