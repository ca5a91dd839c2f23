/** A moment as people say it, the exact UTC on hover; one clock ticks for the whole page. */
import { useSyncExternalStore } from 'react';
import { duration, relative, utc, utcShort } from '../format.ts';
import { useT } from '../language/context.tsx';

const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const one of listeners) one();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** The time now, rounded down to `step` milliseconds, so that old things are not redrawn every second. */
export function useNow(step = 1000): number {
  return useSyncExternalStore(subscribe, () => {
    if (timer === undefined) now = Date.now();
    return step === 1000 ? now : Math.floor(now / step) * step;
  });
}

export function Time({ at, exact = false }: { at: number; exact?: boolean }) {
  const t = useT();
  const current = useNow(Math.abs(now - at) < 120_000 ? 1000 : 30_000);
  return (
    <time dateTime={new Date(at).toISOString()} title={utc(at)}>
      {exact ? utcShort(at) : relative(t, at, Math.max(current, at > current ? current : at))}
    </time>
  );
}

/** Time since (or until) a moment, as a plain span. */
export function Since({ at, until }: { at: number; until?: number | null }) {
  const t = useT();
  const current = useNow(1000);
  return <>{duration(t, (until ?? current) - at)}</>;
}
