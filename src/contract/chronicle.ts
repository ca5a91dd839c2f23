/** The Chronicle: entries, checkpoints and proofs, as raw as a verifier needs them. */
import { eventIterator } from '@orpc/contract';
import { z } from 'zod';
import { query } from './base.ts';
import { count, hex, isoTime, millis, stage } from './shapes.ts';
import { check } from './verdict.ts';

/** A 32-byte hash in standard base64, as checkpoints write it. */
const hash = z.string().length(44);

export const entrySummary = z.object({
  index: count,
  /** CID of the record. */
  id: z.string(),
  kind: z.string(),
  author: hex(32).nullable(),
  seq: count.nullable(),
  at: millis.nullable(),
  stage,
  /** Code of the rule that refused it on every replica; null when it was taken. */
  refused: z.string().nullable(),
  size: count,
  /** Body in readable form: bytes as hex. Null when the bytes are no record. */
  body: z.unknown(),
});
export type EntrySummary = z.infer<typeof entrySummary>;

export const entryDetail = entrySummary.extend({
  coalition: hex(32).nullable(),
  /** The received record bytes and signature, base64url: verify these, not the readable form. */
  bytes: z.string(),
  sig: z.string(),
  leaf: hash,
  refusedMessage: z.string().nullable(),
  evidence: z.array(z.object({ origin: z.string(), size: count, index: count, leaf: hex(32) })),
  /** Inclusion in the tree of `checkpoint`; null until a checkpoint covers the entry. */
  inclusion: z.object({ size: count, hashes: z.array(hash), checkpoint: z.string() }).nullable(),
});
export type EntryDetail = z.infer<typeof entryDetail>;

export const checkpoint = z.object({
  size: count,
  root: hash,
  at: millis,
  /** The signed note, verbatim. */
  note: z.string(),
});
export type CheckpointJson = z.infer<typeof checkpoint>;

export const head = z.object({
  origin: z.string(),
  /** Entries ordered so far; the checkpoint may cover fewer for a moment. */
  size: count,
  checkpoint: checkpoint.nullable(),
  /** Log and cosigner keys and the quorum, as a tlog-policy file. Null before an identity exists. */
  policy: z.string().nullable(),
  witnesses: count,
});
export type HeadJson = z.infer<typeof head>;

export const filter = z.object({
  /** Kind, or a prefix that ends in `*`. */
  kind: z.string().max(64).optional(),
  /** Hex prefix of the author's key. */
  author: z
    .string()
    .regex(/^[0-9a-f]{1,64}$/)
    .optional(),
  after: millis.optional(),
  before: millis.optional(),
  /** CID or prefix of one. */
  id: z.string().max(64).optional(),
  /** Hex id that the body mentions (a machine, a workload, a ticket). */
  mentions: z
    .string()
    .regex(/^[0-9a-f]{8,128}$/)
    .optional(),
  refused: z.boolean().optional(),
});
export type ChronicleFilter = z.infer<typeof filter>;

export const chronicle = {
  head: query('view').output(head),
  /** Newest first. Without filter `from` addresses any place of the log directly. */
  list: query('view')
    .input(
      z.object({
        /** Highest index to answer; default the newest. */
        from: count.optional(),
        limit: z.number().int().min(1).max(500).default(100),
        filter: filter.optional(),
      }),
    )
    .output(
      z.object({
        entries: z.array(entrySummary),
        size: count,
        /** Where to go on; null at the end. */
        next: count.nullable(),
        /** Entries that were looked at for this answer: how complete a filtered answer is. */
        searched: count,
      }),
    ),
  entry: query('view')
    .input(z.object({ index: count }))
    .output(entryDetail),
  /** A .tlog-proof file. */
  proof: query('view')
    .input(z.object({ index: count }))
    .output(z.object({ name: z.string(), file: z.string() })),
  /** Newest first. */
  checkpoints: query('view')
    .input(z.object({ before: count.optional(), limit: z.number().int().min(1).max(500).default(100) }))
    .output(z.object({ checkpoints: z.array(checkpoint), next: count.nullable() })),
  consistency: query('view')
    .input(z.object({ from: count, to: count }))
    .output(z.object({ hashes: z.array(hash) })),
  /** The export bundle in pieces, to be joined in order; entries `from`..`to` inclusive, default all. */
  export: query('audit')
    .input(z.object({ from: count.optional(), to: count.optional() }))
    .output(eventIterator(z.object({ text: z.string(), done: count, total: count }))),
  /** What was checked at start, and how far the check of everything has come. */
  health: query('view').output(
    z.object({
      startup: z.array(check),
      background: z.object({
        state: z.enum(['idle', 'running', 'passed', 'failed']),
        done: count,
        total: count,
        sentence: z.string(),
        finishedAt: isoTime.nullable(),
      }),
      /** False when this node refuses to sign: its store is behind what it has signed before. */
      writable: z.boolean(),
    }),
  ),
};
