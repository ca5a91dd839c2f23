/** What changed: one stream that tells every face which of its queries to ask again. */
import { eventIterator } from '@orpc/contract';
import { z } from 'zod';
import { query } from './base.ts';
import { count, millis, stage } from './shapes.ts';

export const topic = z.enum([
  'identity',
  'coalition',
  'machines',
  'tickets',
  'compute',
  'chronicle',
  'network',
  'settings',
  'problems',
]);
export type Topic = z.infer<typeof topic>;

/** What the status bar shows. */
export const status = z.object({
  log: z.object({ size: count, committed: count, committedAt: millis.nullable(), witnesses: count }),
  runningOperations: count,
  problems: count,
  /** Anything simulated among machines and verdicts of this node. */
  simulated: z.boolean(),
  now: millis,
});
export type Status = z.infer<typeof status>;

export const event = z.discriminatedUnion('kind', [
  /** Sent first, and again whenever events were missed: ask everything again. */
  z.object({ kind: z.literal('snapshot'), status }),
  z.object({
    kind: z.literal('changed'),
    topic,
    /** Ids of the rows that changed; empty for "any". */
    ids: z.array(z.string()),
    /** Entry that caused it, with its rung of the ladder. */
    entry: z.object({ index: count, stage }).nullable(),
    status,
  }),
  z.object({ kind: z.literal('status'), status }),
]);
export type Event = z.infer<typeof event>;

export const events = {
  status: query('view').output(status),
  /** Resumes after the last event id that the client saw, when the node still remembers it. */
  watch: query('view').output(eventIterator(event)),
};
