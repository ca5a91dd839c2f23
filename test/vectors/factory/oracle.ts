/**
 * What tdx.md 3 steps 12 to 14 says of statuses, as tables written from its text and without a look at the
 * verifier: rows are read off, nothing is computed the way the verifier computes it.
 */
export const PLATFORM = [
  'UpToDate',
  'SWHardeningNeeded',
  'ConfigurationNeeded',
  'ConfigurationAndSWHardeningNeeded',
  'OutOfDate',
  'OutOfDateConfigurationNeeded',
  'Revoked',
] as const;
export const COMPONENT = ['UpToDate', 'OutOfDate', 'Revoked'] as const;
export type PlatformWord = (typeof PLATFORM)[number];
export type ComponentWord = (typeof COMPONENT)[number];

/** Platform status → with a module or QE that is out of date. */
const WITH_OUT_OF_DATE: Readonly<Record<PlatformWord, PlatformWord>> = {
  UpToDate: 'OutOfDate',
  SWHardeningNeeded: 'OutOfDate',
  ConfigurationNeeded: 'OutOfDateConfigurationNeeded',
  ConfigurationAndSWHardeningNeeded: 'OutOfDateConfigurationNeeded',
  OutOfDate: 'OutOfDate',
  OutOfDateConfigurationNeeded: 'OutOfDateConfigurationNeeded',
  Revoked: 'Revoked',
};

/** Step 12: the three brought together. */
export function converged(platform: PlatformWord, module: ComponentWord, qe: ComponentWord): PlatformWord {
  const words: string[] = [platform, module, qe];
  if (words.includes('Revoked')) return 'Revoked';
  return words.slice(1).includes('OutOfDate') ? WITH_OUT_OF_DATE[platform] : platform;
}

/** Step 13: launch down, current across, in the order of PLATFORM; r = TDRelaunchAdvised, c = …ConfigurationNeeded, . = launch, X = refused. */
const RELAUNCH: Readonly<Record<PlatformWord, string>> = {
  UpToDate: '......X',
  SWHardeningNeeded: '......X',
  ConfigurationNeeded: '......X',
  ConfigurationAndSWHardeningNeeded: '......X',
  OutOfDate: 'rrcc..X',
  OutOfDateConfigurationNeeded: 'cccc..X',
  Revoked: 'XXXXXXX',
};

/** Steps 13 and 14: the result for a launch and a current status; null: refused as revoked. */
export function relaunched(launch: PlatformWord, current: PlatformWord): string | null {
  switch (RELAUNCH[launch][PLATFORM.indexOf(current)]) {
    case 'r':
      return 'TDRelaunchAdvised';
    case 'c':
      return 'TDRelaunchAdvisedConfigurationNeeded';
    case '.':
      return launch;
    default:
      return null;
  }
}
