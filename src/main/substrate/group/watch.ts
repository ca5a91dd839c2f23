/** Typed conditions over something that changes (coalition.md 3: `when()`): await one, as often as one likes. */
import { Refusal } from '../../../protocol/bytes/index.ts';
import { createListeners } from './listeners.ts';

export interface Watch {
  /** Something may be different now. */
  changed(): void;
  /** Resolves as soon as `holds` is true; at once when it is. Errors: `CANCELLED`, what `holds` throws, what `end` was given. */
  until(holds: () => boolean, signal?: AbortSignal): Promise<void>;
  /** Hears every change; answers how to stop. */
  subscribe(listener: () => void): () => void;
  /** Nothing changes any more: whoever waits hears why. */
  end(why: Error): void;
}

/** `note`: a sentence for the activity log, when a listener threw; default a warning of the process. */
export function createWatch(
  note: (sentence: string) => void = (sentence) => process.emitWarning(sentence),
): Watch {
  const listeners = createListeners<void>(note);
  const waiting = new Set<{ holds: () => boolean; resolve: () => void; reject: (error: Error) => void }>();
  let ended: Error | null = null;
  return {
    changed() {
      for (const one of waiting)
        try {
          if (!one.holds()) continue;
          waiting.delete(one);
          one.resolve();
        } catch (error) {
          waiting.delete(one);
          one.reject(error as Error);
        }
      listeners.tell();
    },
    until: (holds, signal) =>
      new Promise((resolve, reject) => {
        if (holds()) return resolve();
        if (ended !== null) return reject(ended);
        const off = (): void => reject(new Refusal('CANCELLED', 'The wait was called off.'));
        if (signal?.aborted === true) return off();
        const cancelled = (): void => {
          waiting.delete(one);
          off();
        };
        const one = {
          holds,
          resolve: () => {
            signal?.removeEventListener('abort', cancelled);
            resolve();
          },
          reject: (error: Error) => {
            signal?.removeEventListener('abort', cancelled);
            reject(error);
          },
        };
        waiting.add(one);
        signal?.addEventListener('abort', cancelled, { once: true });
      }),
    subscribe: listeners.add,
    end(why) {
      ended = why;
      for (const { reject } of waiting) reject(why);
      waiting.clear();
    },
  };
}
