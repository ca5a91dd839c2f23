/**
 * The rows that compute writes into the view, and the one row of another subject that it reads: a machine,
 * which its own kinds keep under `machine/<coalition>/<machine>` with the fields `owner` and `state`.
 */
import { Refusal, sameBytes, toHex } from '../bytes/index.ts';
import { readRow } from '../record/index.ts';
import type { ReadView, Record } from '../record/index.ts';
import type { Amounts } from './fit.ts';
import { NOTHING_IN_USE } from './fit.ts';
import type { Limits, Requirements } from './requirements.ts';

export interface OfferRow extends Amounts {
  readonly machine: Uint8Array;
  readonly owner: Uint8Array;
  readonly tdx: boolean;
  /** When it was offered, Unix milliseconds as its author claims. */
  readonly at: number;
  readonly index: number;
}

/** What the live workloads of a machine hold together. */
export interface LoadRow extends Amounts {
  readonly live: number;
}

export type WorkloadState = 'submitted' | 'running' | 'ended' | 'refused' | 'removed';
export type EndReason = 'exited' | 'stopped' | 'oom' | 'failed' | 'lost';

export interface Usage {
  /** CPU milliseconds: one core busy for one second is 1000. */
  readonly cpuMs: number;
  /** MiB-seconds: 64 MiB held for one minute is 3840. */
  readonly ramMibSec: number;
  readonly rxBytes: number;
  readonly txBytes: number;
}

export interface WorkloadRow {
  readonly workload: Uint8Array;
  readonly machine: Uint8Array;
  readonly owner: Uint8Array;
  readonly state: WorkloadState;
  /** `host[:port]/repository@digest` */
  readonly image: string;
  readonly digest: string;
  /** Null when the image was refused before it told them. */
  readonly requirements: Requirements | null;
  readonly limits: Limits | null;
  readonly submittedAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly configDigest: string | null;
  readonly manifestDigest: string | null;
  readonly engine: string | null;
  readonly endReason: EndReason | null;
  readonly exitCode: number | null;
  readonly refusals: readonly { readonly code: string; readonly sentence: string }[];
  readonly usage: Usage;
  /** Usage is told up to here, Unix milliseconds; null before the first report. */
  readonly usageUntil: number | null;
  /** Leaf index of the latest record about it. */
  readonly index: number;
}

export const NO_USAGE: Usage = { cpuMs: 0, ramMibSec: 0, rxBytes: 0, txBytes: 0 };

export const offerKey = (coalition: Uint8Array, machine: Uint8Array): string =>
  `offer/${toHex(coalition)}/${toHex(machine)}`;
export const loadKey = (coalition: Uint8Array, machine: Uint8Array): string =>
  `load/${toHex(coalition)}/${toHex(machine)}`;
export const workloadKey = (coalition: Uint8Array, workload: Uint8Array): string =>
  `workload/${toHex(coalition)}/${toHex(workload)}`;

const machineKey = (coalition: Uint8Array, machine: Uint8Array): string =>
  `machine/${toHex(coalition)}/${toHex(machine)}`;

interface MachineRow {
  readonly owner: Uint8Array;
  readonly state?: unknown;
  readonly policy?: unknown;
  readonly simulated?: unknown;
}

/** States of a machine whose evidence carries no TDX workload. */
const NOT_ATTESTED = new Set<unknown>(['refused', 'none', 'lapsed', 'retired']);

/** Refuses a machine that is not there or not the author's. Errors: `MACHINE_UNKNOWN`, `MACHINE_NOT_YOURS`. */
export function requireMachine(view: ReadView, record: Record<{ machine: Uint8Array }>): void {
  const row = readRow<MachineRow>(view, machineKey(record.coalition, record.body.machine));
  if (row === undefined)
    throw new Refusal('MACHINE_UNKNOWN', 'No machine with this id is registered in the coalition.');
  if (!sameBytes(row.owner, record.author))
    throw new Refusal('MACHINE_NOT_YOURS', 'The machine belongs to another member.');
}

/** Refuses new work for a machine that was given up. Errors: `MACHINE_RETIRED`. */
export function requireInService(view: ReadView, coalition: Uint8Array, machine: Uint8Array): void {
  if (readRow<MachineRow>(view, machineKey(coalition, machine))?.state === 'retired')
    throw new Refusal('MACHINE_RETIRED', 'This machine was retired.');
}

/** Whether a machine's evidence carries no TDX workload: simulated evidence, and what the policy refused, never does. */
export const carriesNoTdx = (row: Omit<MachineRow, 'owner'>): boolean =>
  NOT_ATTESTED.has(row.state) || row.policy === 'refused' || row.simulated === true;

/** True when the machine has no evidence that could carry a TDX workload, or there is no such machine. */
export function evidenceRefused(view: ReadView, coalition: Uint8Array, machine: Uint8Array): boolean {
  const row = readRow<MachineRow>(view, machineKey(coalition, machine));
  return row === undefined || carriesNoTdx(row);
}

/** What the live workloads of a machine hold together; zeros when there is none. */
export function amountsInUse(view: ReadView, coalition: Uint8Array, machine: Uint8Array): LoadRow {
  return readRow<LoadRow>(view, loadKey(coalition, machine)) ?? { ...NOTHING_IN_USE, live: 0 };
}

export const readOffer = (view: ReadView, coalition: Uint8Array, machine: Uint8Array): OfferRow | undefined =>
  readRow<OfferRow>(view, offerKey(coalition, machine));

export const readWorkload = (
  view: ReadView,
  coalition: Uint8Array,
  workload: Uint8Array,
): WorkloadRow | undefined => readRow<WorkloadRow>(view, workloadKey(coalition, workload));
