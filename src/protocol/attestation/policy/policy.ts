/**
 * Policy: what an operator asks beyond genuineness, as data (tdx.md 3 "Policy"). Two keys decide the evidence
 * itself (`allowDebug`, `minEvaluationNumber`), all others only the policy outcome, so that evidence and status
 * are the same under any policy. The meaning of each rule is told to operators in docs/policy.md.
 */
import type { TcbStatus } from '../tcb.ts';
import type { TdReport } from '../td-report.ts';

/** How each measurement that can be pinned is read from a report. */
export const measurements = {
  mrtd: (report) => report.mrTd,
  mrseam: (report) => report.mrSeam,
  mrconfigid: (report) => report.mrConfigId,
  mrowner: (report) => report.mrOwner,
  mrownerconfig: (report) => report.mrOwnerConfig,
  mrservicetd: (report) => report.mrServiceTd,
  rtmr0: (report) => report.rtmr[0],
  rtmr1: (report) => report.rtmr[1],
  rtmr2: (report) => report.rtmr[2],
  rtmr3: (report) => report.rtmr[3],
} as const satisfies Readonly<Record<string, (report: TdReport) => string | undefined>>;

export type PinName = keyof typeof measurements;
/** The names that `pins`, `jointPins` and `names` may have. */
export const PIN_NAMES = Object.keys(measurements) as readonly PinName[];

/** Measurements that can be pinned; each list holds the allowed values as hex. */
export type Pins = { readonly [name in PinName]?: readonly string[] | undefined };

/** A set of measurements that belong together, as those of one image release; each is one value as hex. */
export type JointPin = { readonly name: string } & { readonly [name in PinName]?: string | undefined };

/** Which bits of an 8-byte field count, and what they must be; hex in the order of the bytes of the TD report. */
export interface BitMask {
  readonly mask: string;
  readonly value: string;
}

/** Whole days. */
export interface Grace {
  readonly collateralDays?: number | undefined;
  readonly platformDays?: number | undefined;
}

/** The binding that the report data must be the hash of; `nonce`, `key` and `coalition` as hex. */
export interface BindingRule {
  readonly purpose: string;
  readonly nonce: string;
  readonly key: string;
  readonly coalition: string;
  /** Unix milliseconds. */
  readonly expires: number;
}

export type Permission = 'allowed' | 'refused';
export const PLATFORM_FLAGS = ['dynamicPlatform', 'cachedKeys', 'smt'] as const;

/** The rules that an override may replace: each changes the policy outcome only. */
export interface PolicyRules {
  /** Statuses that are good enough; unset: any. */
  readonly acceptedStatuses?: readonly TcbStatus[] | undefined;
  /** How long an expired set and a platform that is out of date are put up with. */
  readonly grace?: Grace | undefined;
  /** Advisories with which no machine is accepted. */
  readonly refusedAdvisories?: readonly string[] | undefined;
  readonly tdAttributes?: BitMask | undefined;
  readonly xfam?: BitMask | undefined;
  readonly requireSeptVeDisable?: boolean | undefined;
  readonly allowMigratable?: boolean | undefined;
  readonly allowServiceTd?: boolean | undefined;
  readonly allowPerfmon?: boolean | undefined;
  /** Flags of the platform, from its PCK certificate. */
  readonly dynamicPlatform?: Permission | undefined;
  readonly cachedKeys?: Permission | undefined;
  readonly smt?: Permission | undefined;
  readonly pins?: Pins | undefined;
  /** One of these sets must match as a whole. */
  readonly jointPins?: readonly JointPin[] | undefined;
  /** Hex: the whole report data, or its beginning; or what it must be the hash of. */
  readonly reportData?:
    | {
        readonly exact?: string | undefined;
        readonly prefix?: string | undefined;
        readonly hashOf?: BindingRule | undefined;
      }
    | undefined;
  /** Hex of 16 bytes; each byte of the SVN array must be at least as high. */
  readonly minTeeTcbSvn?: string | undefined;
  /** TDX module version, compared as major, then minor. */
  readonly minModuleSvn?: { readonly major: number; readonly minor: number } | undefined;
  readonly minPceSvn?: number | undefined;
  readonly minQeSvn?: number | undefined;
  /** Refuse collateral with lower numbers than were seen before. */
  readonly refuseRollback?: boolean | undefined;
  /** Registers whose event log must account for the whole value. */
  readonly eventLog?: 'ignore' | 'full' | { readonly registers: readonly number[] } | undefined;
  /** Platforms that may be used, each list as hex. */
  readonly allow?:
    | {
        readonly ppid?: readonly string[] | undefined;
        readonly instanceId?: readonly string[] | undefined;
        readonly fmspc?: readonly string[] | undefined;
      }
    | undefined;
}

/** Other rules for the platforms of one family, for a time, and with a reason. */
export interface PolicyOverride {
  /** Hex of 6 bytes. */
  readonly fmspc: string;
  /** ISO 8601: the first second at which the policy's own rules apply again. */
  readonly until: string;
  /** Why, for the people who will see the mark. */
  readonly note: string;
  /** These members replace the policy's own; the others stay. */
  readonly set: PolicyRules;
}

export interface Policy extends PolicyRules {
  /** Version of this form; 1 when left out. */
  readonly v?: 1 | undefined;
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  /** Accept a TD whose debug bits are set; default false, refused with `TD_DEBUG`. */
  readonly allowDebug?: boolean | undefined;
  /** The lowest tcbEvaluationDataNumber, else `TCB_EVAL_NUMBER`; excludes `grace`. */
  readonly minEvaluationNumber?: number | undefined;
  /** Accept evidence under a root other than Intel's; default false. */
  readonly allowSimulated?: boolean | undefined;
  /** What people call a measured value: by measurement, then by value (hex). Names decide nothing. */
  readonly names?: { readonly [name in PinName]?: Readonly<Record<string, string>> | undefined } | undefined;
  /** At most one for each family. */
  readonly overrides?: readonly PolicyOverride[] | undefined;
}

export type RegisterLog = 'full' | 'partial' | 'mismatch' | 'absent';

/** What the verifier's host knows beside quote and collateral. What is left out is not known. */
export interface PolicyFacts {
  /** The highest evaluation number seen before for this family; null when none was. */
  readonly highestEvaluationNumber?: number | null | undefined;
  /** The highest CRL numbers seen before, decimal; null when none was. */
  readonly highestCrlNumbers?: { readonly root: string | null; readonly pck: string | null } | undefined;
  /** How far the event log accounts for RTMR0 to RTMR3. */
  readonly eventLog?: readonly RegisterLog[] | undefined;
}
