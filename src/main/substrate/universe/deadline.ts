/**
 * Work with a time limit. The signal that the work gets lets go of everything when the work ends: a composed
 * `AbortSignal.any` that is never cleared stays with its long-lived parent, which is how libp2p nodes were seen to
 * grow by tens of megabytes a day (core.md 3.3).
 */

/**
 * Runs `work` with a signal that aborts after `milliseconds` or with `parent`; not at all when `parent` has. The timer and the listener are gone
 * when `work` ends, however it ends.
 */
export async function withDeadline<T>(
  milliseconds: number,
  parent: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  parent?.throwIfAborted();
  const controller = new AbortController();
  const forward = (): void => controller.abort(parent?.reason);
  parent?.addEventListener('abort', forward, { once: true });
  const timer = setTimeout(
    () => controller.abort(new DOMException('It took too long.', 'TimeoutError')),
    milliseconds,
  );
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    parent?.removeEventListener('abort', forward);
  }
}
