/**
 * What a verification says: graded, with a reason for every check, never a bare boolean (house.md 3). Everything
 * here is plain JSON: hex texts, ISO 8601 dates, numbers; `null` where nothing is known.
 */
import type { Shortfall } from './shortfall.ts';
import type { Advisory, TcbStatus } from './tcb.ts';
import type { ComponentStatus, PlatformStatus } from './tcb-info.ts';
import type { TdReport } from './td-report.ts';

/**
 * - `genuine`: every check of tdx.md 3 was made and passed;
 * - `incomplete`: nothing failed, but something was not checked (as without collateral);
 * - `refused`: at least one check failed, or was made against expired collateral.
 */
export type Evidence = 'genuine' | 'incomplete' | 'refused';

export type Outcome = 'passed' | 'failed' | 'not-checked' | 'stale';

/** The checks, in the order in which they are made; `tcb-current` only exists for TD report 1.5. */
export const CHECK_IDS = [
  'quote-format',
  'qe-vendor',
  'trust-anchor',
  'root-crl',
  'pck-chain',
  'pck-extension',
  'intermediate-revocation',
  'pck-crl',
  'leaf-revocation',
  'tcb-info-chain',
  'qe-identity-chain',
  'tcb-info-signature',
  'qe-identity-signature',
  'tcb-info-content',
  'qe-identity-content',
  'tcb-info-freshness',
  'qe-identity-freshness',
  'evaluation-number',
  'tdx-module',
  'qe-report-signature',
  'qe-report-binding',
  'qe-identity-match',
  'qe-debug',
  'quote-signature',
  'td-debug',
  'platform-tcb',
  'module-tcb',
  'qe-tcb',
  'tcb-current',
  'tcb-status',
  'quote-padding',
] as const;
export type CheckId = (typeof CHECK_IDS)[number];

export interface Check {
  readonly id: CheckId;
  readonly outcome: Outcome;
  /** A sentence for a person. */
  readonly detail: string;
  /** The reason code of tdx.md 3.1 when the outcome is `failed` or `stale`. */
  readonly code: string | null;
}

export interface TrustAnchor {
  /** SHA-256 of the root certificate's DER, hex. */
  readonly sha256: string;
  readonly name: string;
  /** True for Intel's pinned root, false for a simulated one. */
  readonly pinned: boolean;
}

/** Who the machine is, from its PCK certificate; only filled when that certificate stands under the trust anchor. */
export interface PlatformId {
  readonly ppid: string;
  readonly instanceId: string | null;
  readonly fmspc: string;
  readonly pceId: string;
  readonly pceSvn: number;
  readonly cpuSvn: string;
  readonly components: readonly number[];
  readonly sgxType: number;
  readonly ca: 'platform' | 'processor';
  readonly dynamicPlatform: boolean | null;
  readonly cachedKeys: boolean | null;
  readonly smtEnabled: boolean | null;
}

export interface CertificateSummary {
  readonly cn: string;
  readonly serial: string;
  readonly notBefore: string;
  readonly notAfter: string;
  /** Of the DER, hex. */
  readonly sha256: string;
}

/** Facts of the quote itself, signed or not. */
export interface QuoteFacts {
  readonly sha256: string;
  readonly bytes: number;
  readonly trailing: number;
  readonly version: number;
  readonly bodyType: number;
  readonly qeVendorId: string;
  readonly userData: string;
  readonly attestationKey: string;
  readonly qeMrSigner: string;
  readonly qeIsvSvn: number;
  readonly tdFlags: readonly string[];
}

export interface TcbResult {
  readonly status: PlatformStatus;
  readonly tcbDate: string;
  readonly advisories: readonly Advisory[];
}

export interface PolicyLine {
  /** The member of the policy, e.g. `pins.mrtd`. */
  readonly rule: string;
  readonly outcome: 'passed' | 'refused';
  readonly detail: string;
}

/** The mark of other rules that were applied to this machine's family for a time. */
export interface AppliedOverride {
  readonly fmspc: string;
  /** ISO 8601: from this second on the policy's own rules apply again. */
  readonly until: string;
  readonly note: string;
}

export interface PolicyOutcome {
  readonly outcome: 'passed' | 'refused';
  readonly lines: readonly PolicyLine[];
  /** Null when the policy's own rules were applied. */
  readonly override: AppliedOverride | null;
}

export interface Verdict {
  readonly evidence: Evidence;
  /** The code of the first check that failed; null when none did. */
  readonly code: string | null;
  /** ISO 8601 of `at`: the time for which this verdict was given. */
  readonly verifiedAt: string;
  readonly checks: readonly Check[];
  readonly trustAnchor: TrustAnchor;
  /** The converged status, relaunch advice included; null when it could not be established. */
  readonly status: TcbStatus | null;
  readonly platform: PlatformStatus | null;
  readonly module: ComponentStatus | null;
  readonly qe: ComponentStatus | null;
  /** TD report 1.5 only: the status with the module that runs now. */
  readonly current: PlatformStatus | null;
  /** The result for the module the TD was launched on, and (TD report 1.5) for the one that runs now. */
  readonly launchTcb: TcbResult | null;
  readonly currentTcb: TcbResult | null;
  readonly advisories: readonly Advisory[];
  readonly tcbDate: string | null;
  /** ISO 8601: the earliest end of validity of all that was used; null without collateral. */
  readonly collateralExpires: string | null;
  readonly evaluationNumbers: { readonly tcbInfo: number | null; readonly qeIdentity: number | null };
  /** Decimal. */
  readonly crlNumbers: { readonly root: string | null; readonly pck: string | null };
  readonly platformId: PlatformId | null;
  readonly chain: readonly CertificateSummary[];
  readonly quote: QuoteFacts | null;
  readonly report: TdReport | null;
  /** What is missing for a better level; null when it could not be told, or when there is nothing to gain. */
  readonly shortfall: Shortfall | null;
  readonly policy: PolicyOutcome;
  /** True when the evidence stands under another root than Intel's. */
  readonly simulated: boolean;
}
