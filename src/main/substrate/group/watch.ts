/** Typed conditions over something that changes (coalition.md 3: `when()`): await one, as often as one likes. */
import { Refusal } from '../../../protocol/bytes/index.ts';

export interface Watch {
  /** Something may be different now. */
  changed(): void;
  /** Resolves as soon as `holds` is true; at once when it is. Errors: `CANCELLED`, and what `end` was given. */
  until(holds: () => boolean, signal?: AbortSignal): Promise<void>;
  /** Hears every change; answers how to stop. */
  subscribe(listener: () => void): () => void;
  /** Nothing changes any more: whoever waits hears why. */
  end(why: Error): void;
}

export function createWatch(): Watch {
  const listeners = new Set<() => void>();
  const waiting = new Set<{ holds: () => boolean; resolve: () => void; reject: (error: Error) => void }>();
  let ended: Error | null = null;
  return {
    changed() {
      for (const one of waiting) {
        if (!one.holds()) continue;
        waiting.delete(one);
        one.resolve();
      }
      for (const listener of listeners) listener();
    },
    until: (holds, signal) =>
      new Promise((resolve, reject) => {
        if (holds()) return resolve();
        if (ended !== null) return reject(ended);
        const cancelled = (): void => {
          waiting.delete(one);
          reject(new Refusal('CANCELLED', 'The wait was called off.'));
        };
        if (signal?.aborted === true) return cancelled();
        const one = {
          holds,
          resolve: () => {
            signal?.removeEventListener('abort', cancelled);
            resolve();
          },
          reject,
        };
        waiting.add(one);
        signal?.addEventListener('abort', cancelled, { once: true });
      }),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    end(why) {
      ended = why;
      for (const { reject } of waiting) reject(why);
      waiting.clear();
    },
  };
}
