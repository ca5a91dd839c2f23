/**
 * Kinds about workloads: one state machine, told by the owner of the machine.
 *
 *     compute.submitted → submitted ── compute.started → running ── compute.ended → ended
 *                         │       └── compute.ended (never started) ────────────────┘ │
 *     compute.refused  →  refused                              compute.removed → removed
 *
 * From `submitted` until `ended` or `refused` the workload's limits are held against the machine's offer.
 * Usage is told while it runs and once more after it ended; every report begins where the last one stopped.
 */
import { z } from 'zod';
import { Refusal, sameBytes } from '../bytes/index.ts';
import type { Value } from '../bytes/index.ts';
import { bytes, count, defineKind, label, millis, requireMember } from '../record/index.ts';
import type { AnyKind, Change, ReadView, Record } from '../record/index.ts';
import { addAmounts, fits, subtractAmounts } from './fit.ts';
import type { Amounts } from './fit.ts';
import { isDigest, readReference, referenceText } from './reference.ts';
import { checkLimits, limitsSchema, requirementsSchema } from './requirements.ts';
import {
  amountsInUse,
  evidenceRefused,
  loadKey,
  NO_USAGE,
  readOffer,
  readWorkload,
  requireInService,
  requireMachine,
  workloadKey,
} from './rows.ts';
import type { LoadRow, Usage, WorkloadRow, WorkloadState } from './rows.ts';

const digest = z.string().refine(isDigest, { error: 'expected a sha256 digest' });
const image = z
  .string()
  .max(512)
  .refine((text) => isReference(text), { error: 'expected host/repository@sha256:…' });

export const computeSubmitted = z.object({
  /** Random; names the workload from here on. */
  workload: bytes(32),
  machine: bytes(32),
  image,
  /** The digest inside `image`. */
  digest,
  requirements: requirementsSchema,
  limits: limitsSchema,
});
export type ComputeSubmitted = z.infer<typeof computeSubmitted>;

export const computeRefused = z.object({
  workload: bytes(32),
  machine: bytes(32),
  image,
  digest,
  reasons: z
    .array(z.object({ code: z.string().regex(/^[A-Z][A-Z0-9_]{1,47}$/), sentence: label(400) }))
    .min(1)
    .max(16),
});
export type ComputeRefused = z.infer<typeof computeRefused>;

export const computeStarted = z.object({
  workload: bytes(32),
  /** SHA-256 of the image's configuration. */
  configDigest: digest,
  /** The manifest that was run; differs from the submitted digest when that named an index. */
  manifestDigest: digest,
  /** Name and version of the engine. */
  engine: label(80),
});
export type ComputeStarted = z.infer<typeof computeStarted>;

export const computeEnded = z
  .object({
    workload: bytes(32),
    reason: z.enum(['exited', 'stopped', 'oom', 'failed', 'lost']),
    exitCode: z.number().int().min(0).max(4_294_967_295).optional(),
  })
  .refine((body) => body.reason !== 'exited' || body.exitCode !== undefined, {
    error: 'a workload that exited has an exit code',
    path: ['exitCode'],
  });
export type ComputeEnded = z.infer<typeof computeEnded>;

export const computeUsage = z
  .object({
    workload: bytes(32),
    from: millis,
    to: millis,
    cpuMs: count,
    ramMibSec: count,
    rxBytes: count,
    txBytes: count,
  })
  .refine((body) => body.from <= body.to, { error: 'must not end before it begins', path: ['to'] });
export type ComputeUsage = z.infer<typeof computeUsage>;

export const computeRemoved = z.object({ workload: bytes(32) });
export type ComputeRemoved = z.infer<typeof computeRemoved>;

const submitted = defineKind<ComputeSubmitted>({
  name: 'compute.submitted',
  schema: computeSubmitted,
  authorize(view, record) {
    requireMember(view, record);
    requireMachine(view, record);
  },
  fold(view, { coalition, author, at, body }, { index }) {
    requireInService(view, coalition, body.machine);
    requireNew(view, coalition, body.workload);
    requireDigest(body);
    const offer = readOffer(view, coalition, body.machine);
    if (offer === undefined) throw new Refusal('OFFER_UNKNOWN', 'This machine offers no capacity.');
    checkLimits(body.requirements, body.limits);
    const load = amountsInUse(view, coalition, body.machine);
    const terms = { ...offer, evidenceRefused: evidenceRefused(view, coalition, body.machine) };
    const fit = fits(body.requirements, terms, load, body.limits);
    if (!fit.fits) {
      const [reason] = fit.reasons;
      const short = reason.code.endsWith('_SHORT');
      throw new Refusal(short ? 'CAPACITY_OVERSOLD' : reason.code, reason.sentence, {
        reason: reason.code,
        have: reason.have,
        need: reason.need,
      });
    }
    const row: WorkloadRow = {
      ...blankRow(body, author, at, index),
      state: 'submitted',
      requirements: body.requirements,
      limits: body.limits,
    };
    const held: LoadRow = { ...addAmounts(load, body.limits), live: load.live + 1 };
    return [write(coalition, row), [loadKey(coalition, body.machine), held as unknown as Value]];
  },
});

/**
 * Why a workload was not run: after it was submitted (the pulled bytes were others), or at once, when the
 * image or the machine did not allow a submission at all.
 */
const refused = defineKind<ComputeRefused>({
  name: 'compute.refused',
  schema: computeRefused,
  authorize(view, record) {
    requireMember(view, record);
    requireMachine(view, record);
  },
  fold(view, { coalition, author, at, body }, { index }) {
    requireDigest(body);
    const row = readWorkload(view, coalition, body.workload);
    if (row === undefined)
      return [
        write(coalition, {
          ...blankRow(body, author, at, index),
          state: 'refused',
          endedAt: at,
          refusals: body.reasons,
        }),
      ];
    requireOwner(row, author);
    requireState(row, 'submitted');
    if (!sameBytes(row.machine, body.machine) || row.digest !== body.digest)
      throw new Refusal('WORKLOAD_STATE', 'The workload was submitted with another image or machine.');
    const next: WorkloadRow = { ...row, state: 'refused', endedAt: at, refusals: body.reasons, index };
    return [write(coalition, next), release(view, coalition, row)];
  },
});

const started = defineKind<ComputeStarted>({
  name: 'compute.started',
  schema: computeStarted,
  authorize: requireMember,
  fold(view, record, { index }) {
    const row = ownWorkload(view, record, 'submitted');
    const { configDigest, manifestDigest, engine } = record.body;
    const next: WorkloadRow = {
      ...row,
      state: 'running',
      startedAt: record.at,
      configDigest,
      manifestDigest,
      engine,
      index,
    };
    return [write(record.coalition, next)];
  },
});

const ended = defineKind<ComputeEnded>({
  name: 'compute.ended',
  schema: computeEnded,
  authorize: requireMember,
  fold(view, record, { index }) {
    const row = ownWorkload(view, record, 'submitted', 'running');
    const { reason, exitCode = null } = record.body;
    if (row.state === 'submitted' && (reason === 'exited' || reason === 'oom'))
      throw new Refusal('WORKLOAD_STATE', 'A workload that never started cannot have exited.');
    const next: WorkloadRow = {
      ...row,
      state: 'ended',
      endedAt: record.at,
      endReason: reason,
      exitCode,
      index,
    };
    return [write(record.coalition, next), release(view, record.coalition, row)];
  },
});

const usage = defineKind<ComputeUsage>({
  name: 'compute.usage',
  schema: computeUsage,
  authorize: requireMember,
  fold(view, record, { index }) {
    const row = ownWorkload(view, record, 'running', 'ended');
    const { from, to } = record.body;
    if (row.startedAt === null) throw new Refusal('WORKLOAD_STATE', 'The workload never started.');
    if (row.usageUntil !== null && from < row.usageUntil)
      throw new Refusal('USAGE_OVERLAP', 'This time was reported already.', {
        from,
        reportedUntil: row.usageUntil,
      });
    const total = sum(row.usage, record.body);
    if (!Object.values(total).every(Number.isSafeInteger))
      throw new Refusal('USAGE_RANGE', 'The usage adds up to more than can be counted exactly.');
    return [write(record.coalition, { ...row, usage: total, usageUntil: to, index })];
  },
});

const removed = defineKind<ComputeRemoved>({
  name: 'compute.removed',
  schema: computeRemoved,
  authorize: requireMember,
  fold(view, record, { index }) {
    const row = ownWorkload(view, record, 'ended', 'refused');
    return [write(record.coalition, { ...row, state: 'removed', index })];
  },
});

export const workloadKinds: readonly AnyKind[] = [submitted, refused, started, ended, usage, removed];

/** True while the workload's limits are held against the machine's offer. */
export const isLive = (state: WorkloadState): boolean => state === 'submitted' || state === 'running';

const sum = (a: Usage, b: Usage): Usage => ({
  cpuMs: a.cpuMs + b.cpuMs,
  ramMibSec: a.ramMibSec + b.ramMibSec,
  rxBytes: a.rxBytes + b.rxBytes,
  txBytes: a.txBytes + b.txBytes,
});

function isReference(text: string): boolean {
  try {
    return referenceText(readReference(text)) === text;
  } catch {
    return false;
  }
}

function requireDigest(body: { readonly image: string; readonly digest: string }): void {
  if (!body.image.endsWith(`@${body.digest}`))
    throw new Refusal('IMAGE_DIGEST', 'The image reference names another digest than the record.');
}

function requireNew(view: ReadView, coalition: Uint8Array, workload: Uint8Array): void {
  if (readWorkload(view, coalition, workload) !== undefined)
    throw new Refusal('WORKLOAD_EXISTS', 'A workload with this id was submitted already.');
}

function requireOwner(row: WorkloadRow, author: Uint8Array): void {
  if (!sameBytes(row.owner, author))
    throw new Refusal('WORKLOAD_NOT_YOURS', 'The workload runs on the machine of another member.');
}

function requireState(row: WorkloadRow, ...states: readonly WorkloadState[]): void {
  if (!states.includes(row.state))
    throw new Refusal('WORKLOAD_STATE', `The workload is ${row.state}; it must be ${states.join(' or ')}.`, {
      state: row.state,
    });
}

function ownWorkload(
  view: ReadView,
  record: Record<{ workload: Uint8Array }>,
  ...states: readonly WorkloadState[]
): WorkloadRow {
  const row = readWorkload(view, record.coalition, record.body.workload);
  if (row === undefined) throw new Refusal('WORKLOAD_UNKNOWN', 'No workload with this id was submitted.');
  requireOwner(row, record.author);
  requireState(row, ...states);
  return row;
}

function blankRow(
  body: { workload: Uint8Array; machine: Uint8Array; image: string; digest: string },
  owner: Uint8Array,
  at: number,
  index: number,
): Omit<WorkloadRow, 'state'> {
  const { workload, machine, image: reference, digest: named } = body;
  return {
    workload,
    machine,
    owner,
    image: reference,
    digest: named,
    requirements: null,
    limits: null,
    submittedAt: at,
    startedAt: null,
    endedAt: null,
    configDigest: null,
    manifestDigest: null,
    engine: null,
    endReason: null,
    exitCode: null,
    refusals: [],
    usage: NO_USAGE,
    usageUntil: null,
    index,
  };
}

const write = (coalition: Uint8Array, row: WorkloadRow): Change => [
  workloadKey(coalition, row.workload),
  row as unknown as Value,
];

/** Gives back what a live workload held. */
function release(view: ReadView, coalition: Uint8Array, row: WorkloadRow): Change {
  const load = amountsInUse(view, coalition, row.machine);
  const key = loadKey(coalition, row.machine);
  if (load.live <= 1) return [key, undefined];
  const left: Amounts = row.limits === null ? load : subtractAmounts(load, row.limits);
  return [key, { ...left, live: load.live - 1 } as unknown as Value];
}
