/**
 * Two policies to begin with. The files in resources/policies are written from these values; docs/policy.md
 * says why each rule is there. Neither names measurements, platforms or report data: those are an operator's own.
 */
import type { Policy } from './policy.ts';

/** The advisories that DSTACK's baseline refuses (tdx.md 3 "Policy"). */
const BASELINE_ADVISORIES = ['INTEL-SA-01397', 'INTEL-SA-01367', 'INTEL-SA-01314', 'INTEL-SA-00837'] as const;

/** For machines of any provider that are kept up to date; needs of configuration are put up with. */
export const DEFAULT_POLICY: Policy = {
  v: 1,
  name: 'default',
  description:
    'Platforms that are up to date, or up to date but for configuration or software hardening; no debug, no simulated evidence.',
  allowDebug: false,
  allowSimulated: false,
  acceptedStatuses: [
    'UpToDate',
    'SWHardeningNeeded',
    'ConfigurationNeeded',
    'ConfigurationAndSWHardeningNeeded',
  ],
  refusedAdvisories: BASELINE_ADVISORIES,
};

/** For machines whose firmware and settings an operator controls. */
export const STRICT_POLICY: Policy = {
  v: 1,
  name: 'strict',
  description:
    'Platforms that are up to date in every respect, TDs that nobody can migrate, serve or profile, keys that Intel does not keep.',
  allowDebug: false,
  allowSimulated: false,
  acceptedStatuses: ['UpToDate'],
  refusedAdvisories: BASELINE_ADVISORIES,
  requireSeptVeDisable: true,
  allowMigratable: false,
  allowServiceTd: false,
  allowPerfmon: false,
  dynamicPlatform: 'refused',
  cachedKeys: 'refused',
};
