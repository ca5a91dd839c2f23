/** Follows the streams of one workload; after a break they are opened again from the start they allow. */
import { useEffect, useState } from 'react';
import type { LoadSample, LogLine } from '../../../contract/index.ts';
import { useNode } from '../../client/context.tsx';

/** Lines held in the page; older ones are let go. */
const MAX_LINES = 50_000;
const TAIL = 5000;
const MAX_SAMPLES = 1200;

export interface LogState {
  readonly lines: readonly LogLine[];
  readonly dropped: number;
  readonly ended: boolean;
  readonly error: unknown;
}

/** New lines are drawn together, at most this often. */
const DRAW_MS = 100;

/** Belongs to a component that is made anew (by its key) for another workload or another run of it. */
export function useLogs(id: string): LogState {
  const { client, connection } = useNode();
  const [state, setState] = useState<LogState>({ lines: [], dropped: 0, ended: false, error: null });
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    let lines: LogLine[] = [];
    let dropped = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const draw = (ended = false): void => {
      clearTimeout(timer);
      timer = undefined;
      setState({ lines: [...lines], dropped, ended, error: null });
    };
    const follow = async (): Promise<void> => {
      while (!signal.aborted) {
        await connection.opened(signal);
        const last = lines.at(-1)?.seq ?? -1;
        try {
          const stream = await client.compute.logs({ id, follow: true, tail: TAIL }, { signal });
          for await (const part of stream) {
            // after a reconnect the tail repeats what is here already
            lines.push(...part.lines.filter(({ seq }) => seq > (lines.at(-1)?.seq ?? last)));
            if (lines.length > MAX_LINES) {
              dropped += lines.length - MAX_LINES;
              lines = lines.slice(-MAX_LINES);
            }
            timer ??= setTimeout(() => draw(), DRAW_MS);
          }
          if (!signal.aborted) draw(true);
          return;
        } catch (error) {
          if (signal.aborted) return;
          if (connection.get().state === 'open') throw error;
        }
      }
    };
    follow().catch((error: unknown) => {
      if (!signal.aborted) setState({ lines: [...lines], dropped, ended: false, error });
    });
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [client, connection, id]);
  return state;
}

export interface LoadState {
  readonly samples: readonly LoadSample[];
  readonly error: unknown;
}

/** Like `useLogs`: one component, one workload. */
export function useLoad(id: string): LoadState {
  const { client, connection } = useNode();
  const [state, setState] = useState<LoadState>({ samples: [], error: null });
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const follow = async (): Promise<void> => {
      while (!signal.aborted) {
        await connection.opened(signal);
        try {
          for await (const { samples } of await client.compute.load({ id }, { signal }))
            setState((before) => {
              const last = before.samples.at(-1)?.at ?? 0;
              const fresh = samples.filter(({ at }) => at > last);
              return { samples: [...before.samples, ...fresh].slice(-MAX_SAMPLES), error: null };
            });
          return;
        } catch (error) {
          if (signal.aborted) return;
          if (connection.get().state === 'open') throw error;
        }
      }
    };
    follow().catch((error: unknown) => {
      if (!signal.aborted) setState((before) => ({ ...before, error }));
    });
    return () => controller.abort();
    // oxlint-disable-next-line react/exhaustive-effect-dependencies -- all three are used, inside the loop
  }, [client, connection, id]);
  return state;
}
