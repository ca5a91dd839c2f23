/** Operations: every job longer than a moment. They live in the node, so they survive navigation and reload. */
import { eventIterator } from '@orpc/contract';
import { z } from 'zod';
import { command, query } from './base.ts';
import { problem } from './problem.ts';
import { count, millis } from './shapes.ts';

export const operation = z.object({
  id: z.string(),
  kind: z.enum(['pull', 'run', 'export', 'check', 'verify']),
  title: z.string(),
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  phase: z.string(),
  done: count,
  total: count.nullable(),
  unit: z.enum(['bytes', 'items']).nullable(),
  /** Layers of a pull, files of an export. */
  parts: z.array(z.object({ id: z.string(), phase: z.string(), done: count, total: count.nullable() })),
  cancellable: z.boolean(),
  startedAt: millis,
  endedAt: millis.nullable(),
  startedBy: z.string(),
  problem: problem.nullable(),
  /** What it is about: a workload, a machine. */
  subject: z.object({ area: z.string(), id: z.string() }).nullable(),
  log: z.array(z.object({ at: millis, text: z.string() })),
});
export type Operation = z.infer<typeof operation>;

const one = z.object({ id: z.string().max(64) });

export const operations = {
  list: query('view').output(z.object({ operations: z.array(operation) })),
  get: query('view').input(one).output(operation),
  cancel: command('operate').input(one).output(operation),
  /** Takes a finished operation off the list. */
  dismiss: command('operate').input(one).output(z.object({})),
  /** First a snapshot, then every change. */
  watch: query('view').output(
    eventIterator(
      z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('snapshot'), operations: z.array(operation) }),
        z.object({ kind: z.literal('changed'), operation }),
        z.object({ kind: z.literal('removed'), id: z.string() }),
      ]),
    ),
  ),
};
