/** Three sets of data: an empty node, a normal one, a very full one. Deterministic, so that looks can be compared. */
import type { Machine, Operation, Ticket, Workload } from '../../../src/contract/index.ts';
import { fromHex, peerIdText } from '../../../src/protocol/bytes/index.ts';
import { hexOf } from './hex.ts';
import type { Said } from './log.ts';
import { machine, NAMES } from './machines.ts';

export { verdictOf } from './machines.ts';

export type DataSet = 'empty' | 'normal' | 'full';

export { hexOf };
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function ticket(i: number, audience: string, now: number): Ticket {
  const states = ['valid', 'valid', 'expired', 'revoked', 'valid', 'not-yet'] as const;
  const state = states[i % states.length] ?? 'valid';
  const subject = hexOf(`peer ${i % 40}`);
  const issuedAt = now - (i + 1) * 3 * HOUR;
  return {
    id: hexOf(`ticket ${i}`),
    subject,
    subjectId: peerIdText(fromHex(subject)),
    audience,
    role: i % 3 === 0 ? 'operator' : i % 7 === 0 ? 'regional-evidence-auditor-emea' : null,
    issuedAt,
    notBefore: state === 'not-yet' ? now + HOUR : issuedAt,
    expires: state === 'expired' ? now - HOUR : now + (i % 9) * DAY + 5 * HOUR,
    state,
    revoked:
      state === 'revoked'
        ? { at: now - HOUR, reason: 'The key of this peer was replaced.', index: 31 }
        : null,
    index: 20 + i,
    stage: i === 0 ? 'sequenced' : 'committed',
  };
}

function workload(i: number, machines: readonly Machine[], now: number): Workload {
  const states = ['running', 'running', 'ended', 'refused', 'ended', 'submitted', 'removed'] as const;
  const state = states[i % states.length] ?? 'running';
  const on = machines[(i * 3) % Math.max(1, machines.length)];
  const image =
    [
      'registry.example/signals/ingest',
      'registry.example/signals/model-serving',
      'ghcr.example/a-team-with-a-rather-long-name/its-repository/of-many-parts/worker',
    ][i % 3] ?? '';
  const digest = `sha256:${hexOf(`image ${i % 3}`)}`;
  const submittedAt = now - (i + 1) * 37 * MINUTE;
  const ran = state !== 'refused' && state !== 'submitted';
  const failed = i % 4 === 0 && state === 'ended';
  return {
    id: hexOf(`workload ${i}`),
    image: `${image}@${digest}`,
    digest,
    machine: on?.id ?? hexOf('nowhere'),
    machineName: on?.name ?? 'nowhere',
    state,
    requirements: {
      minCpuMillicores: 2000,
      minRamMib: 4096,
      minStorageGib: 10,
      tdx: i % 2 === 0 ? 'required' : 'none',
      network: i % 3 === 0 ? 'allowlist' : 'none',
      networkAllow: i % 3 === 0 ? ['feeds.example:443'] : [],
      readOnly: true,
    },
    reasons:
      state === 'refused'
        ? [{ code: 'CPU_SHORT', sentence: 'The machine has 1 000 millicores free, the image needs 2 000.' }]
        : [],
    submittedAt,
    startedAt: ran ? submittedAt + 40_000 : null,
    endedAt: state === 'ended' || state === 'removed' ? submittedAt + 25 * MINUTE : null,
    end:
      state === 'ended' || state === 'removed'
        ? failed
          ? {
              reason: 'oom',
              exitCode: 137,
              sentence: 'It held more than its 4 096 MiB and was ended by the kernel.',
            }
          : { reason: 'exited', exitCode: 0, sentence: 'It ended by itself.' }
        : null,
    usage:
      ran && state !== 'running'
        ? { cpuMs: 812_400, ramMibSec: 4_120_000, rxBytes: 48_201_992, txBytes: 1_200_331 }
        : null,
    present: ran && state !== 'removed',
    operation: state === 'submitted' ? 'pull-1' : null,
    index: 60 + i,
    stage: 'committed',
    entries: [{ index: 60 + i, kind: 'compute.submitted', at: submittedAt }],
  };
}

export interface Data {
  readonly machines: Machine[];
  readonly tickets: Ticket[];
  readonly workloads: Workload[];
  readonly operations: Operation[];
  /** What a full log says it holds; entries beyond the signed ones are made up when asked for. */
  readonly size: number;
  readonly history: readonly Said[];
}

export function makeData(set: DataSet, owner: string, coalition: string, now: number): Data {
  if (set === 'empty')
    return {
      machines: [],
      tickets: [],
      workloads: [],
      operations: [],
      size: 2,
      history: historyOf(2, owner, now),
    };
  const full = set === 'full';
  const machines = Array.from({ length: full ? 200 : NAMES.length }, (_, i) => machine(i, owner, full, now));
  return {
    machines,
    tickets: Array.from({ length: full ? 500 : 9 }, (_, i) => ticket(i, coalition, now)),
    workloads: Array.from({ length: full ? 300 : 7 }, (_, i) => workload(i, machines, now)),
    operations: [pull(machines, now)],
    size: full ? 1_000_000 : 83,
    history: historyOf(83, owner, now),
  };
}

function pull(machines: readonly Machine[], now: number): Operation {
  const part = (i: number, done: number, total: number) => ({
    id: `sha256:${hexOf(`layer ${i}`)}`,
    phase: done === total ? 'extracted' : 'downloading',
    done,
    total,
  });
  return {
    id: 'pull-1',
    kind: 'pull',
    title: 'Pull registry.example/signals/ingest',
    state: 'running',
    phase: 'pulling layers',
    done: 43_211_000,
    total: 67_108_864,
    unit: 'bytes',
    parts: [part(1, 31_457_280, 31_457_280), part(2, 11_753_720, 33_554_432), part(3, 0, 2_097_152)],
    cancellable: true,
    startedAt: now - 9000,
    endedAt: null,
    startedBy: 'test',
    problem: null,
    subject: { area: 'compute', id: machines.length === 0 ? '' : hexOf('workload 5') },
    log: [{ at: now - 9000, text: 'Manifest read: its bytes are the digest.' }],
  };
}

const KINDS = [
  'identity.created',
  'coalition.published',
  'machine.registered',
  'machine.attested',
  'machine.pinned',
  'capacity.offered',
  'ticket.issued',
  'compute.submitted',
  'compute.started',
  'compute.usage',
  'compute.ended',
  'ticket.revoked',
] as const;

export const kindAt = (index: number): string =>
  KINDS[index < 2 ? index : 2 + (index % (KINDS.length - 2))] ?? 'machine.registered';

function historyOf(count: number, owner: string, now: number): Said[] {
  return Array.from({ length: count }, (_, i) => ({
    kind: kindAt(i),
    at: now - (count - i) * 31 * MINUTE,
    body: bodyOf(kindAt(i), i, owner),
  }));
}

export function bodyOf(
  kind: string,
  i: number,
  owner: string,
): { [key: string]: string | number | Uint8Array } {
  const machineId = fromHex(hexOf(`machine ${NAMES[i % NAMES.length] ?? ''}`));
  if (kind === 'identity.created')
    return { name: 'signals-fra-1', log: fromHex(hexOf('log')), issuer: fromHex(owner) };
  if (kind.startsWith('ticket.'))
    return {
      ticket: fromHex(hexOf(`ticket ${i % 9}`)),
      subject: fromHex(hexOf(`peer ${i % 40}`)),
      ...(kind === 'ticket.revoked'
        ? { reason: 'The key of this peer was replaced.' }
        : { role: 'operator' }),
    };
  if (kind.startsWith('compute.'))
    return {
      workload: fromHex(hexOf(`workload ${i % 7}`)),
      machine: machineId,
      image: `registry.example/signals/ingest@sha256:${hexOf('image 0')}`,
    };
  if (kind === 'machine.registered')
    return { machine: machineId, name: NAMES[i % NAMES.length] ?? '', evidence: 'genuine' };
  if (kind === 'capacity.offered')
    return { machine: machineId, cpuMillicores: 48_000, ramMib: 196_608, storageGib: 1800 };
  return { machine: machineId };
}
