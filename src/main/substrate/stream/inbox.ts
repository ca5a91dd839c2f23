/**
 * What has come and was not taken yet: bounded by count and by bytes, shared by whoever takes, full when the producers
 * should wait.
 */
import { Refusal } from '../../../protocol/bytes/index.ts';

export interface Inbox<T> {
  /** Puts it behind the others, as so many bytes; a frame that was begun is taken whole, whatever the limits. */
  put(item: T, bytes: number): void;
  /** Null: there is room. Else it resolves when there is some again, or the inbox has ended. */
  room(): Promise<void> | null;
  tryTake(): T | null;
  /** Null: ended. Errors: `CANCELLED`. */
  take(signal?: AbortSignal): Promise<T | null>;
  size(): number;
  end(): void;
}

export interface InboxLimits {
  readonly buffer: number;
  readonly bufferBytes: number;
}

export function createInbox<T>({ buffer, bufferBytes }: InboxLimits): Inbox<T> {
  /** Null where it was taken already. */
  let items: (T | null)[] = [];
  /** Bytes of each of them: a list of its own, so that what is handed out needs no wrapping. */
  let sizes: number[] = [];
  let bytes = 0;
  let at = 0;
  let ended = false;
  const takers: ((item: T | null) => void)[] = [];
  let roomy: (() => void)[] = [];
  const size = (): number => items.length - at;
  const full = (): boolean => size() >= buffer || bytes >= bufferBytes;

  const tryTake = (): T | null => {
    if (size() === 0) return null;
    const item = items[at] as T;
    // or it would be held until those behind it are taken as well
    items[at] = null;
    bytes -= sizes[at] ?? 0;
    at += 1;
    if (at === items.length || at >= 4096) {
      items = items.slice(at);
      sizes = sizes.slice(at);
      at = 0;
    }
    // at half, so that producers are not stopped and started for every datum
    if (roomy.length > 0 && size() <= buffer / 2 && bytes <= bufferBytes / 2)
      for (const resolve of roomy.splice(0)) resolve();
    return item;
  };

  return {
    put(item, itsBytes) {
      if (ended) return;
      const taker = takers.shift();
      if (taker !== undefined) return taker(item);
      items.push(item);
      sizes.push(itsBytes);
      bytes += itsBytes;
    },
    room: () => (ended || !full() ? null : new Promise<void>((resolve) => void roomy.push(resolve))),
    tryTake,
    take(signal) {
      const item = tryTake();
      if (item !== null || ended) return Promise.resolve(item);
      return new Promise((resolve, reject) => {
        const cancelled = (): void => {
          const index = takers.indexOf(taker);
          if (index >= 0) takers.splice(index, 1);
          reject(new Refusal('CANCELLED', 'The wait was called off.'));
        };
        const taker = (given: T | null): void => {
          signal?.removeEventListener('abort', cancelled);
          resolve(given);
        };
        if (signal?.aborted === true) return cancelled();
        takers.push(taker);
        signal?.addEventListener('abort', cancelled, { once: true });
      });
    },
    size,
    end() {
      ended = true;
      items = [];
      sizes = [];
      bytes = 0;
      at = 0;
      for (const taker of takers.splice(0)) taker(null);
      for (const resolve of roomy.splice(0)) resolve();
    },
  };
}
