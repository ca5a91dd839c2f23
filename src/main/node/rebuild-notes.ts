/** Words about a view that is folded anew after an upgrade: at its beginning, now and then, and at its end. */
import type { Rebuilding } from '../store/index.ts';

/** Milliseconds between two sentences. */
const PAUSE = 2000;

/** Turns the reports of the store into few sentences; `now` in milliseconds. */
export function rebuildNotes(
  now: () => number,
  say: (sentence: string) => void,
): (progress: Rebuilding) => void {
  let last = -Infinity;
  return ({ done, total }) => {
    const at = now();
    if (done !== 0 && done !== total && at - last < PAUSE) return;
    last = at;
    say(`The rules changed with this version; the log is folded anew: ${done} of ${total} entries.`);
  };
}
