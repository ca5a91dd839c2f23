/**
 * The fit rule: may this image run on this machine now? It answers every reason at once, each with what is
 * there and what is needed, so that a person can decide what to change.
 */
import type { Limits, Requirements } from './requirements.ts';

/** Amounts of a machine, offered or in use. */
export interface Amounts {
  readonly cpuMillicores: number;
  readonly ramMib: number;
  readonly storageGib: number;
}

export interface Offer extends Amounts {
  /** The machine is offered as one that runs in a TD. */
  readonly tdx: boolean;
  /** True when the machine has no evidence that could carry a TDX workload: refused, or none at all. */
  readonly evidenceRefused: boolean;
}

export type FitCode =
  | 'CPU_SHORT'
  | 'RAM_SHORT'
  | 'STORAGE_SHORT'
  | 'TDX_NOT_OFFERED'
  | 'TDX_EVIDENCE_REFUSED';

export interface FitReason {
  readonly code: FitCode;
  /** What is free on the machine (a number for amounts). */
  readonly have: string | number;
  readonly need: string | number;
  /** For a person. */
  readonly sentence: string;
}

export type Fit =
  | { readonly fits: true }
  | { readonly fits: false; readonly reasons: readonly [FitReason, ...FitReason[]] };

export const NOTHING_IN_USE: Amounts = { cpuMillicores: 0, ramMib: 0, storageGib: 0 };

/**
 * Compares what an image needs with what the offer leaves free. `limits`, when given, are the amounts that
 * the workload will really hold (at least the minimums).
 */
export function fits(requirements: Requirements, offer: Offer, inUse: Amounts, limits?: Limits): Fit {
  const reasons: FitReason[] = [];
  const amounts = [
    [
      'CPU_SHORT',
      'CPU',
      'millicores',
      offer.cpuMillicores - inUse.cpuMillicores,
      limits?.cpuMillicores ?? requirements.minCpuMillicores,
    ],
    ['RAM_SHORT', 'memory', 'MiB', offer.ramMib - inUse.ramMib, limits?.ramMib ?? requirements.minRamMib],
    [
      'STORAGE_SHORT',
      'storage',
      'GiB',
      offer.storageGib - inUse.storageGib,
      limits?.storageGib ?? requirements.minStorageGib,
    ],
  ] as const;
  for (const [code, what, unit, have, need] of amounts)
    if (have < need)
      reasons.push({
        code,
        have,
        need,
        sentence: `The workload needs ${need} ${unit} of ${what}; ${have} ${unit} are free on this machine.`,
      });
  if (requirements.tdx === 'required' && !offer.tdx)
    reasons.push({
      code: 'TDX_NOT_OFFERED',
      have: 'no TDX',
      need: 'TDX',
      sentence: 'The image must run in a TD; this machine is not offered as one.',
    });
  else if (requirements.tdx === 'required' && offer.evidenceRefused)
    reasons.push({
      code: 'TDX_EVIDENCE_REFUSED',
      have: 'no accepted evidence',
      need: 'evidence that is not refused',
      sentence:
        'The image must run in a TD; this machine has no evidence of one, or evidence that was refused.',
    });
  const [first, ...rest] = reasons;
  return first === undefined ? { fits: true } : { fits: false, reasons: [first, ...rest] };
}

export const addAmounts = (a: Amounts, b: Amounts): Amounts => ({
  cpuMillicores: a.cpuMillicores + b.cpuMillicores,
  ramMib: a.ramMib + b.ramMib,
  storageGib: a.storageGib + b.storageGib,
});

export const subtractAmounts = (a: Amounts, b: Amounts): Amounts => ({
  cpuMillicores: a.cpuMillicores - b.cpuMillicores,
  ramMib: a.ramMib - b.ramMib,
  storageGib: a.storageGib - b.storageGib,
});
