/** Workloads named by image digest, run on this node's container engine (coalition.md 5.4; the market comes later). */
import { eventIterator } from '@orpc/contract';
import { z } from 'zod';
import { command, query } from './base.ts';
import { count, hex, millis, stage } from './shapes.ts';

/** What the image asks for in its labels, as protocol/compute reads them. */
export const requirements = z.object({
  minCpuMillicores: count,
  minRamMib: count,
  minStorageGib: count,
  tdx: z.enum(['required', 'preferred', 'none']),
  network: z.enum(['none', 'allowlist', 'open']),
  networkAllow: z.array(z.string()),
  readOnly: z.boolean(),
});
export type RequirementsJson = z.infer<typeof requirements>;

/** Why a workload was refused. */
export const reason = z.object({ code: z.string(), sentence: z.string() });
/** Why it does not fit, with both figures. */
export const unfit = reason.extend({ have: z.string(), need: z.string() });
export type Unfit = z.infer<typeof unfit>;

export const usage = z.object({
  /** CPU milliseconds: one core busy for a second is 1000. */
  cpuMs: count,
  /** MiB-seconds: 64 MiB held for a minute is 3840. */
  ramMibSec: count,
  rxBytes: count,
  txBytes: count,
});

export const workload = z.object({
  id: hex(32),
  /** `host/repo@sha256:…` */
  image: z.string(),
  digest: z.string(),
  machine: hex(32),
  machineName: z.string(),
  state: z.enum(['submitted', 'running', 'ended', 'refused', 'removed']),
  requirements: requirements.nullable(),
  /** Why it was refused, or did not start. */
  reasons: z.array(reason),
  submittedAt: millis,
  startedAt: millis.nullable(),
  endedAt: millis.nullable(),
  end: z
    .object({
      reason: z.enum(['exited', 'stopped', 'oom', 'failed', 'lost']),
      exitCode: z.number().int().nullable(),
      sentence: z.string(),
    })
    .nullable(),
  usage: usage.nullable(),
  /** The engine still holds its container, so logs can be read. */
  present: z.boolean(),
  operation: z.string().nullable(),
  index: count,
  stage,
  /** Log entries about this workload. */
  entries: z.array(z.object({ index: count, kind: z.string(), at: millis })),
});
export type Workload = z.infer<typeof workload>;

export const logLine = z.object({
  /** Counts lines of this workload from 0. */
  seq: count,
  at: millis,
  stream: z.enum(['stdout', 'stderr']),
  text: z.string(),
});
export type LogLine = z.infer<typeof logLine>;

export const loadSample = z.object({
  at: millis,
  cpuMillicores: z.number(),
  memoryMib: z.number(),
  rxBytes: count,
  txBytes: count,
  pids: count,
});
export type LoadSample = z.infer<typeof loadSample>;

export const engineState = z.object({
  state: z.enum(['ready', 'absent', 'refused', 'unreachable']),
  endpoint: z.string(),
  name: z.string().nullable(),
  version: z.string().nullable(),
  sentence: z.string(),
  cpus: z.number().nullable(),
  memoryMib: z.number().nullable(),
  /** Whether an allowlist can be enforced on this engine. */
  allowlist: z.boolean(),
});
export type EngineState = z.infer<typeof engineState>;

const one = z.object({ id: hex(32) });
const image = z.string().min(1).max(512);

export const compute = {
  engine: query('view').output(engineState),
  list: query('view').output(z.object({ workloads: z.array(workload) })),
  get: query('view').input(one).output(workload),
  /** Reads manifest and labels and applies the fit rule, without pulling or recording anything. */
  check: query('operate')
    .input(z.object({ image, machine: hex(32) }))
    .output(
      z.object({
        digest: z.string(),
        sizeBytes: count,
        layers: count,
        requirements,
        fits: z.boolean(),
        reasons: z.array(unfit),
      }),
    ),
  submit: command('operate')
    .input(z.object({ image, machine: hex(32) }))
    .output(z.object({ workload, operation: z.string().nullable() })),
  stop: command('operate')
    .input(one.extend({ graceSeconds: z.number().int().min(0).max(300).default(10) }))
    .output(workload),
  /** Removes the container and everything made for it; the entries stay. */
  remove: command('operate')
    .input(one.extend({ image: z.boolean().default(false) }))
    .output(workload),
  logs: query('view')
    .input(
      one.extend({
        follow: z.boolean().default(true),
        tail: z.number().int().min(0).max(100_000).optional(),
      }),
    )
    .output(eventIterator(z.object({ lines: z.array(logLine) }))),
  load: query('view')
    .input(one)
    .output(eventIterator(z.object({ samples: z.array(loadSample) }))),
};
