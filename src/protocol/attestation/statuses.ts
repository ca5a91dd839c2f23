/** The statuses that a platform can have, in one order: the best first (tdx.md 2.5 and 3 step 13). */
import type { TcbStatus } from './tcb.ts';

/**
 * Intel does not rank its statuses; this order is ours, and only used to say what is better or worse: what needs
 * no new software comes before a relaunch, that before an update, and within each a configuration need counts.
 */
export const TCB_STATUSES = [
  'UpToDate',
  'SWHardeningNeeded',
  'ConfigurationNeeded',
  'ConfigurationAndSWHardeningNeeded',
  'TDRelaunchAdvised',
  'TDRelaunchAdvisedConfigurationNeeded',
  'OutOfDate',
  'OutOfDateConfigurationNeeded',
  'Revoked',
] as const satisfies readonly TcbStatus[];

/** The place in that order; lower is better, no status at all is the worst. */
export function statusRank(status: TcbStatus | null): number {
  return status === null ? TCB_STATUSES.length : TCB_STATUSES.indexOf(status);
}
