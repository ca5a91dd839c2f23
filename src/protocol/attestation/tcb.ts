/**
 * TCB evaluation as Intel's newest verification library does it (tdx.md 3 steps 12 and 13): find the level that
 * a platform reaches, the one its TDX module and its quoting enclave reach, and bring the three together.
 */
import { Refusal } from '../bytes/index.ts';
import type {
  ComponentLevel,
  ComponentStatus,
  LevelVerdict,
  ModuleIdentity,
  PlatformLevel,
  PlatformStatus,
  QeIdentity,
  TcbInfo,
} from './tcb-info.ts';

export type TcbStatus = PlatformStatus | 'TDRelaunchAdvised' | 'TDRelaunchAdvisedConfigurationNeeded';

export type AdvisorySource = 'platform' | 'module' | 'qe';
export interface Advisory {
  readonly id: string;
  /** Which of the three levels name it. */
  readonly from: readonly AdvisorySource[];
}

/** The outcome for one SVN array. */
export interface TcbEvaluation {
  /** The three brought together. */
  readonly status: PlatformStatus;
  readonly platform: LevelVerdict<PlatformStatus>;
  /** Null for module major version 0, which has no levels of its own. */
  readonly module: LevelVerdict<ComponentStatus> | null;
  readonly qe: LevelVerdict<ComponentStatus>;
  /** The earliest date of the matched levels, ISO 8601. */
  readonly tcbDate: string;
  /** By id. */
  readonly advisories: readonly Advisory[];
}

/** What the PCK certificate says about the platform's own TCB. */
export interface PlatformTcb {
  readonly components: readonly number[];
  readonly pceSvn: number;
}

/** The id under which TCB info lists a TDX module of this major version, e.g. `TDX_0A`. */
export function moduleId(majorVersion: number): string {
  return `TDX_${majorVersion.toString(16).toUpperCase().padStart(2, '0')}`;
}

/** The identity that the loaded module must have. Errors: `TDX_MODULE_MISMATCH` when there is none for it. */
export function moduleFor(
  info: TcbInfo,
  svn: Uint8Array,
): ModuleIdentity & { levels?: readonly ComponentLevel[] } {
  const version = svn[1] as number;
  if (version === 0) return info.module;
  const id = moduleId(version);
  const identity = info.modules.get(id);
  if (identity === undefined)
    throw new Refusal('TDX_MODULE_MISMATCH', `Intel lists no TDX module ${id}, which this TD runs on.`);
  return identity;
}

function reaches(level: PlatformLevel, platform: PlatformTcb, svn: Uint8Array): boolean {
  if (level.pceSvn > platform.pceSvn) return false;
  for (let i = 0; i < 16; i++)
    if ((level.sgx[i] as number) > (platform.components[i] as number)) return false;
  // with a module version of its own, the first two numbers are judged by the module's levels
  for (let i = (svn[1] as number) > 0 ? 2 : 0; i < 16; i++)
    if ((level.tdx[i] as number) > (svn[i] as number)) return false;
  return true;
}

/** Errors: `TCB_NOT_SUPPORTED`. */
export function matchPlatform(info: TcbInfo, platform: PlatformTcb, svn: Uint8Array): PlatformLevel {
  const level = info.levels.find((candidate) => reaches(candidate, platform, svn));
  if (level === undefined)
    throw new Refusal(
      'TCB_NOT_SUPPORTED',
      'The platform is below every TCB level that Intel lists for its family.',
    );
  return level;
}

/** The module's level, or null for major version 0. Errors: `TDX_MODULE_MISMATCH`, `TCB_NOT_SUPPORTED`. */
export function matchModule(info: TcbInfo, svn: Uint8Array): ComponentLevel | null {
  const { levels } = moduleFor(info, svn);
  if (levels === undefined) return null;
  const level = levels.find((candidate) => candidate.isvSvn <= (svn[0] as number));
  if (level === undefined)
    throw new Refusal('TCB_NOT_SUPPORTED', 'The TDX module is below every level that Intel lists for it.');
  return level;
}

/** Errors: `QE_TCB_NOT_SUPPORTED`. */
export function matchQe(identity: QeIdentity, isvSvn: number): ComponentLevel {
  const level = identity.levels.find((candidate) => candidate.isvSvn <= isvSvn);
  if (level === undefined)
    throw new Refusal(
      'QE_TCB_NOT_SUPPORTED',
      'The quoting enclave is below every level that Intel lists for it.',
    );
  return level;
}

const withOutOfDate: Record<Exclude<PlatformStatus, 'Revoked'>, PlatformStatus> = {
  UpToDate: 'OutOfDate',
  SWHardeningNeeded: 'OutOfDate',
  ConfigurationNeeded: 'OutOfDateConfigurationNeeded',
  ConfigurationAndSWHardeningNeeded: 'OutOfDateConfigurationNeeded',
  OutOfDate: 'OutOfDate',
  OutOfDateConfigurationNeeded: 'OutOfDateConfigurationNeeded',
};

/** Brings the statuses together: a module or QE that is out of date makes the platform so, revocation wins. */
export function converge(
  platform: PlatformStatus,
  module: ComponentStatus | null,
  qe: ComponentStatus,
): PlatformStatus {
  if (platform === 'Revoked' || module === 'Revoked' || qe === 'Revoked') return 'Revoked';
  return module === 'OutOfDate' || qe === 'OutOfDate' ? withOutOfDate[platform] : platform;
}

const needsConfiguration: readonly PlatformStatus[] = [
  'ConfigurationNeeded',
  'ConfigurationAndSWHardeningNeeded',
  'OutOfDateConfigurationNeeded',
];

/**
 * The status of a TD of report 1.5, which knows both the module it was launched on and the one that runs now:
 * when only a relaunch is missing, that is the advice.
 */
export function adviseRelaunch(launch: PlatformStatus, current: PlatformStatus): TcbStatus {
  const behind = launch === 'OutOfDate' || launch === 'OutOfDateConfigurationNeeded';
  const caughtUp =
    current !== 'OutOfDate' && current !== 'OutOfDateConfigurationNeeded' && current !== 'Revoked';
  if (!behind || !caughtUp) return launch;
  return needsConfiguration.includes(launch) || needsConfiguration.includes(current)
    ? 'TDRelaunchAdvisedConfigurationNeeded'
    : 'TDRelaunchAdvised';
}

/** What a level says, without what it asks for. */
function bare<S extends string>({ status, tcbDate, advisories }: LevelVerdict<S>): LevelVerdict<S> {
  return { status, tcbDate, advisories };
}

/** Puts matched levels together. */
export function evaluate(
  platform: PlatformLevel,
  module: ComponentLevel | null,
  qe: ComponentLevel,
): TcbEvaluation {
  const sources = new Map<string, AdvisorySource[]>();
  const matched: [AdvisorySource, LevelVerdict<string>][] = [
    ['platform', platform],
    ...(module === null ? [] : [['module', module] as [AdvisorySource, LevelVerdict<string>]]),
    ['qe', qe],
  ];
  for (const [source, level] of matched)
    for (const id of new Set(level.advisories)) sources.set(id, [...(sources.get(id) ?? []), source]);
  return {
    status: converge(platform.status, module?.status ?? null, qe.status),
    platform: bare(platform),
    module: module === null ? null : bare(module),
    qe: bare(qe),
    tcbDate: matched.map(([, level]) => level.tcbDate).reduce((a, b) => (a < b ? a : b)),
    advisories: [...sources].map(([id, from]) => ({ id, from })).toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  };
}
