/**
 * Policy: what an operator asks beyond genuineness. Data only; every rule that is set gives one line with an
 * outcome and a reason. Two keys decide the evidence itself (`allowDebug`, `minEvaluationNumber`), all others
 * only the policy outcome, so that evidence and status are the same under any policy.
 */
import { Refusal } from '../bytes/index.ts';
import type { TcbStatus } from './tcb.ts';
import type { TdReport } from './td-report.ts';
import type { PlatformId, PolicyLine, PolicyOutcome, Verdict } from './verdict.ts';

/** Measurements that can be pinned; each list holds the allowed values as hex. */
export interface Pins {
  readonly mrtd?: readonly string[];
  readonly mrseam?: readonly string[];
  readonly mrconfigid?: readonly string[];
  readonly mrowner?: readonly string[];
  readonly mrownerconfig?: readonly string[];
  readonly mrservicetd?: readonly string[];
  readonly rtmr0?: readonly string[];
  readonly rtmr1?: readonly string[];
  readonly rtmr2?: readonly string[];
  readonly rtmr3?: readonly string[];
}

export interface Policy {
  /** Accept a TD whose debug bits are set; default false, refused with `TD_DEBUG`. */
  readonly allowDebug?: boolean;
  /** The lowest tcbEvaluationDataNumber, else `TCB_EVAL_NUMBER`. */
  readonly minEvaluationNumber?: number;
  /** Accept evidence under a root other than Intel's; default false. */
  readonly allowSimulated?: boolean;
  /** Statuses that are good enough; unset: any. */
  readonly acceptedStatuses?: readonly TcbStatus[];
  /** Advisories with which no machine is accepted. */
  readonly refusedAdvisories?: readonly string[];
  readonly pins?: Pins;
  /** Hex: the whole report data, or its beginning. */
  readonly reportData?: { readonly exact?: string; readonly prefix?: string };
  /** Platforms that may be used, each list as hex. */
  readonly allow?: {
    readonly ppid?: readonly string[];
    readonly instanceId?: readonly string[];
    readonly fmspc?: readonly string[];
  };
}

const pinned: Readonly<Record<keyof Pins, (report: TdReport) => string | undefined>> = {
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
};

/** The names that `pins` may have. */
export const PIN_NAMES = Object.keys(pinned) as readonly (keyof Pins)[];

const HEX = /^(?:[0-9a-fA-F]{2})*$/;

function hexList(rule: string, list: unknown, bytes: number): void {
  if (!Array.isArray(list)) throw new Refusal('POLICY_FORMAT', `${rule} is not a list.`);
  for (const value of list)
    if (typeof value !== 'string' || value.length !== 2 * bytes || !HEX.test(value))
      throw new Refusal('POLICY_FORMAT', `${rule} holds something other than ${bytes} bytes of hex.`);
}

/**
 * Refuses a policy that says something other than it seems to: an unknown rule or pin (a misspelt one would
 * silently allow everything) or a value of the wrong form. Errors: `POLICY_FORMAT`.
 */
export function checkPolicy(policy: Policy): void {
  const known = [
    'allowDebug',
    'minEvaluationNumber',
    'allowSimulated',
    'acceptedStatuses',
    'refusedAdvisories',
    'pins',
    'reportData',
    'allow',
  ];
  for (const rule of Object.keys(policy))
    if (!known.includes(rule))
      throw new Refusal('POLICY_FORMAT', `The policy has a rule "${rule}" not known here.`);
  for (const [name, list] of Object.entries(policy.pins ?? {})) {
    if (!Object.hasOwn(pinned, name))
      throw new Refusal('POLICY_FORMAT', `There is no measurement "${name}" to pin.`);
    if (list !== undefined) hexList(`pins.${name}`, list, 48);
  }
  const minimum = policy.minEvaluationNumber;
  if (minimum !== undefined && (!Number.isSafeInteger(minimum) || minimum < 0))
    throw new Refusal('POLICY_FORMAT', 'minEvaluationNumber is not a whole number.');
  for (const rule of ['allowDebug', 'allowSimulated'] as const)
    if (policy[rule] !== undefined && typeof policy[rule] !== 'boolean')
      throw new Refusal('POLICY_FORMAT', `${rule} is neither true nor false.`);
  for (const rule of ['acceptedStatuses', 'refusedAdvisories'] as const)
    if (policy[rule] !== undefined && !Array.isArray(policy[rule]))
      throw new Refusal('POLICY_FORMAT', `${rule} is not a list.`);
  const lengths = { ppid: 16, instanceId: 16, fmspc: 6 };
  for (const [name, list] of Object.entries(policy.allow ?? {})) {
    const bytes = lengths[name as keyof typeof lengths] as number | undefined;
    if (bytes === undefined)
      throw new Refusal('POLICY_FORMAT', `There is no platform id "${name}" to allow.`);
    if (list !== undefined) hexList(`allow.${name}`, list, bytes);
  }
  const { exact, prefix } = policy.reportData ?? {};
  if (exact !== undefined) hexList('reportData.exact', [exact], 64);
  if (prefix !== undefined && (!HEX.test(prefix) || prefix.length > 128))
    throw new Refusal('POLICY_FORMAT', 'reportData.prefix is not hex of at most 64 bytes.');
}

const within = (list: readonly string[], value: string): boolean =>
  list.some((allowed) => allowed.toLowerCase() === value);

type Judged = Pick<Verdict, 'report' | 'platformId' | 'status' | 'advisories' | 'simulated'>;

/** Applies the rules that are set, one line each. A fact that is not known refuses the line that asks for it. */
export function applyPolicy(policy: Policy, verdict: Judged): PolicyOutcome {
  const lines: PolicyLine[] = [];
  const line = (rule: string, passed: boolean, good: string, bad: string): void => {
    lines.push({ rule, outcome: passed ? 'passed' : 'refused', detail: passed ? good : bad });
  };
  const { report, platformId, status, simulated } = verdict;

  if (simulated)
    line(
      'allowSimulated',
      policy.allowSimulated === true,
      'The evidence is simulated, and this policy accepts that.',
      'The evidence is simulated: it stands under a test root, not under Intel’s.',
    );
  if (policy.acceptedStatuses !== undefined)
    line(
      'acceptedStatuses',
      status !== null && policy.acceptedStatuses.includes(status),
      `The TCB status ${status} is accepted.`,
      status === null ? 'The TCB status is not known.' : `The TCB status ${status} is not accepted.`,
    );
  if (policy.refusedAdvisories !== undefined) {
    const refused = policy.refusedAdvisories;
    const found = verdict.advisories.filter(({ id }) => refused.includes(id)).map(({ id }) => id);
    line(
      'refusedAdvisories',
      status !== null && found.length === 0,
      'No refused advisory applies.',
      status === null ? 'The advisories are not known.' : `These advisories apply: ${found.join(', ')}.`,
    );
  }
  for (const name of PIN_NAMES) {
    const allowed = policy.pins?.[name];
    if (allowed === undefined) continue;
    const value = report === null ? undefined : pinned[name](report);
    line(
      `pins.${name}`,
      value !== undefined && within(allowed, value),
      `${name.toUpperCase()} is one of the ${allowed.length} pinned.`,
      value === undefined
        ? `${name.toUpperCase()} is not known.`
        : `${name.toUpperCase()} is ${value}, which is not pinned.`,
    );
  }
  const { exact, prefix } = policy.reportData ?? {};
  if (exact !== undefined)
    line(
      'reportData.exact',
      report !== null && report.reportData === exact.toLowerCase(),
      'The report data is the one asked for.',
      'The report data is not the one asked for.',
    );
  if (prefix !== undefined)
    line(
      'reportData.prefix',
      report !== null && report.reportData.startsWith(prefix.toLowerCase()),
      'The report data begins as asked for.',
      'The report data does not begin as asked for.',
    );
  for (const name of ['ppid', 'instanceId', 'fmspc'] as const satisfies readonly (keyof PlatformId)[]) {
    const allowed = policy.allow?.[name];
    if (allowed === undefined) continue;
    const value = platformId?.[name] ?? null;
    line(
      `allow.${name}`,
      value !== null && within(allowed, value),
      'The platform is on the list.',
      value === null ? 'The platform is not known.' : `The platform ${value} is not on the list.`,
    );
  }
  return { outcome: lines.every(({ outcome }) => outcome === 'passed') ? 'passed' : 'refused', lines };
}
