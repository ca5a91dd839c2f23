/** How whole the log is: what start-up found, and the check of everything that runs behind it in a thread. */
import { Worker } from 'node:worker_threads';
import { toProblem } from '../../../contract/index.ts';
import type { Problem } from '../../../contract/index.ts';
import type { FullCheckReport, StoreHealth } from '../../store/index.ts';
import { WORKER_LIMITS, workerEntry } from '../../worker-entry.ts';

export interface Health {
  report(): {
    readonly startup: StoreHealth['checks'];
    readonly background: Omit<FullCheckReport, 'state'> & {
      readonly state: 'idle' | FullCheckReport['state'];
      readonly finishedAt: string | null;
    };
    readonly writable: boolean;
  };
  /** Standing problems of the log. */
  problems(): Problem[];
  close(): Promise<void>;
}

export interface HealthPorts {
  readonly path: string;
  readonly health: StoreHealth;
  readonly now: () => number;
  /** Called when the outcome of the check is known. */
  changed(): void;
}

/** Starts the check of everything at once, in its own thread. */
export function startHealth({ path, health, now, changed }: HealthPorts): Health {
  let last: FullCheckReport | null = null;
  let finishedAt: string | null = null;
  const worker = new Worker(workerEntry('full-check-worker', import.meta.url), {
    workerData: { fullCheck: path },
    resourceLimits: WORKER_LIMITS,
  });
  worker.unref();
  worker.on('message', (report: FullCheckReport) => {
    last = report;
    if (report.state === 'running') return;
    finishedAt = new Date(now()).toISOString();
    changed();
  });
  worker.on('error', (error) => {
    last = { state: 'failed', done: 0, total: health.size, sentence: error.message };
    changed();
  });

  return {
    report: () => ({
      startup: health.checks,
      background: {
        ...(last ?? {
          state: 'idle',
          done: 0,
          total: health.size,
          sentence: 'The check of everything begins.',
        }),
        finishedAt,
      },
      writable: health.writable,
    }),
    problems() {
      const found: Problem[] = [];
      const behind = health.checks.find((check) => check.id === 'head' && check.outcome === 'failed');
      if (behind !== undefined)
        found.push(toProblem('STORE_BEHIND', `The log is read-only: ${behind.detail}.`));
      if (last?.state === 'failed') found.push(toProblem('STORE_DAMAGED', last.sentence));
      return found;
    },
    close: async () => void (await worker.terminate()),
  };
}
