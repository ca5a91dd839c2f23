/** One core's share of a simulation: runs the schedules it is given, tells what happened, stops at a violation. */
import { parentPort } from 'node:worker_threads';
import type { Breakage } from './broken.ts';
import { runSchedule } from './schedule.ts';
import { addTally, emptyTally } from './world.ts';
import type { Tally } from './world.ts';

/** Schedules with the seeds `from` to `from + count - 1`. */
export interface Share {
  readonly from: number;
  readonly count: number;
  readonly broken: Breakage | null;
}

export type Outcome =
  | { readonly kind: 'done'; readonly tally: Tally }
  | { readonly kind: 'broken'; readonly seed: number; readonly why: string };

const port = parentPort;
port?.on('message', ({ from, count, broken }: Share) => {
  const tally = emptyTally();
  let outcome: Outcome = { kind: 'done', tally };
  for (let seed = from; seed < from + count; seed++)
    try {
      addTally(tally, runSchedule(seed, { broken }));
    } catch (error) {
      const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
      outcome = { kind: 'broken', seed, why };
      break;
    }
  port.postMessage(outcome);
});
