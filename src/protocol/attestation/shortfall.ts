/**
 * What a machine lacks (tdx.md 7.3 point 2; near/mpc 4228): number by number have and need for the next better
 * level and for the best, which advisories would go, and what the early set of Intel's documents will change.
 * Levels are matched again with the numbers raised, so that a step promises what a verification would then say.
 */
import { statusRank } from './statuses.ts';
import {
  evaluate,
  matchModule,
  matchPlatform,
  matchQe,
  moduleFor,
  type PlatformTcb,
  type TcbEvaluation,
} from './tcb.ts';
import type { ComponentLevel, PlatformLevel, PlatformStatus, QeIdentity, TcbInfo } from './tcb-info.ts';
import { attempt, valueOf } from './ledger.ts';

/** One number that is too low. */
export interface Need {
  /** `sgx[0]` to `sgx[15]`, `pcesvn`, `tdx[0]` to `tdx[15]`, `module` (its minor SVN) or `qe`. */
  readonly component: string;
  readonly have: number;
  readonly need: number;
  /** What Intel calls it, where the TCB info says. */
  readonly category?: string;
}

/** A level that can be reached. */
export interface Step {
  readonly status: PlatformStatus;
  /** ISO 8601. */
  readonly tcbDate: string;
  readonly needs: readonly Need[];
  /** True when what runs now has all of it, so that a relaunch of the TD is enough (TD report 1.5 only). */
  readonly relaunch: boolean;
  /** Advisories that apply now and would not then, by id. */
  readonly advisoriesGone: readonly string[];
}

export interface Shortfall {
  /** As of the launch of the TD; null when the machine is below every level. */
  readonly reached: { readonly status: PlatformStatus; readonly tcbDate: string } | null;
  /**
   * The nearest step with a better status; where no step has one, the nearest with the same status and a later
   * date; null when there is neither. The nearest needs the fewest numbers, then the earliest date.
   */
  readonly next: Step | null;
  /** The step with the best status, and of those the latest date. */
  readonly best: Step | null;
}

export interface ShortfallInput {
  readonly tcbInfo: TcbInfo;
  readonly qeIdentity: QeIdentity;
  readonly platform: PlatformTcb;
  /** The SVN array of the launch, 16 bytes, and of now (TD report 1.5). */
  readonly svn: Uint8Array;
  readonly svnNow: Uint8Array | null;
  readonly qeSvn: number;
}

interface Goal {
  readonly outcome: TcbEvaluation;
  readonly needs: readonly Need[];
  readonly relaunch: boolean;
}

type Rated = Pick<TcbEvaluation, 'status' | 'tcbDate'>;

/** Negative when `a` is better: by status, then by the later date. ISO dates of one spelling sort as texts. */
function compareOutcomes(a: Rated | null, b: Rated | null): number {
  const byStatus = statusRank(a?.status ?? null) - statusRank(b?.status ?? null);
  if (byStatus !== 0 || a === null || b === null) return byStatus;
  return a.tcbDate === b.tcbDate ? 0 : a.tcbDate > b.tcbDate ? -1 : 1;
}

function nearer(a: Goal, b: Goal): number {
  return (
    a.needs.length - b.needs.length ||
    (a.outcome.tcbDate === b.outcome.tcbDate ? 0 : a.outcome.tcbDate < b.outcome.tcbDate ? -1 : 1)
  );
}

/**
 * The numbers to which a module or QE may be raised: not at all (null), to its next better level, to its best.
 * Better is as for outcomes; a revoked level is never a way out.
 */
function raises(levels: readonly ComponentLevel[], have: number): (number | null)[] {
  const reached = levels.find(({ isvSvn }) => isvSvn <= have) ?? null;
  const better = levels.filter(
    (level) => level.isvSvn > have && level.status !== 'Revoked' && compareOutcomes(level, reached) < 0,
  );
  // the highest come first
  const next = better.findLast(({ status }) => status !== reached?.status) ?? better.at(-1);
  const best = better.toSorted(compareOutcomes)[0];
  const stay = reached === null ? [] : [null];
  return [...new Set([...stay, ...[next, best].flatMap((level) => level?.isvSvn ?? [])])];
}

const atLeast = (have: readonly number[], need: readonly number[], from = 0): number[] =>
  have.map((value, i) => (i < from ? value : Math.max(value, need[i] as number)));

/** Raises the machine as far as asked, and finds out what it would then be; null when that is no level. */
function goalOf(
  { tcbInfo, qeIdentity, platform, svn, svnNow, qeSvn }: ShortfallInput,
  level: PlatformLevel | null,
  moduleSvn: number | null,
  newQeSvn: number | null,
): Goal | null {
  const hasModule = (svn[1] as number) > 0;
  const tdx = level === null ? [...svn] : atLeast([...svn], level.tdx, hasModule ? 2 : 0);
  if (moduleSvn !== null) tdx[0] = moduleSvn;
  // a version 0 module that the level wants newer by its major number has another identity: not to be foretold
  if (tdx[1] !== svn[1]) return null;
  const raised = {
    components: level === null ? platform.components : atLeast(platform.components, level.sgx),
    pceSvn: Math.max(platform.pceSvn, level?.pceSvn ?? 0),
  };
  const raisedSvn = Uint8Array.from(tdx);
  const raisedQe = newQeSvn ?? qeSvn;
  const outcome = valueOf(
    attempt(() =>
      evaluate(
        matchPlatform(tcbInfo, raised, raisedSvn),
        matchModule(tcbInfo, raisedSvn),
        matchQe(qeIdentity, raisedQe),
      ),
    ),
  );
  if (outcome === undefined) return null;

  const needs: Need[] = [];
  const want = (component: string, have: number, need: number, category: string | null): void => {
    if (need > have) needs.push({ component, have, need, ...(category === null ? {} : { category }) });
  };
  const { sgx, tdx: tdxNames } = tcbInfo.componentNames;
  for (let i = 0; i < 16; i++)
    want(`sgx[${i}]`, platform.components[i] as number, raised.components[i] as number, sgx[i] ?? null);
  want('pcesvn', platform.pceSvn, raised.pceSvn, null);
  for (let i = 0; i < 16; i++)
    if (hasModule && i === 0) want('module', svn[0] as number, tdx[0] as number, null);
    else want(`tdx[${i}]`, svn[i] as number, tdx[i] as number, tdxNames[i] ?? null);
  want('qe', qeSvn, raisedQe, null);
  const relaunch =
    svnNow !== null &&
    svnNow[1] === svn[1] &&
    needs.length > 0 &&
    needs.every(({ component }) => component === 'module' || component.startsWith('tdx[')) &&
    tdx.every((value, i) => (svnNow[i] as number) >= value);
  return { outcome, needs, relaunch };
}

function step({ outcome, needs, relaunch }: Goal, now: TcbEvaluation | null): Step {
  const then = new Set(outcome.advisories.map(({ id }) => id));
  return {
    status: outcome.status,
    tcbDate: outcome.tcbDate,
    needs,
    relaunch,
    advisoriesGone: (now?.advisories ?? []).map(({ id }) => id).filter((id) => !then.has(id)),
  };
}

/**
 * Finds what a machine lacks. Null when it is up to date with no later level to reach, or when the documents do
 * not list its TDX module.
 */
export function shortfallOf(input: ShortfallInput): Shortfall | null {
  const { tcbInfo, qeIdentity, platform, svn, qeSvn } = input;
  const module = valueOf(attempt(() => moduleFor(tcbInfo, svn)));
  if (module === undefined) return null;
  const matched = valueOf(
    attempt(() => ({
      platform: matchPlatform(tcbInfo, platform, svn),
      module: matchModule(tcbInfo, svn),
      qe: matchQe(qeIdentity, qeSvn),
    })),
  );
  const now = matched === undefined ? null : evaluate(matched.platform, matched.module, matched.qe);
  // the common case, without a search: all three at the top
  const atTop =
    matched !== undefined &&
    matched.platform === tcbInfo.levels[0] &&
    matched.module === (module.levels?.[0] ?? null) &&
    matched.qe === qeIdentity.levels[0];

  const better: Goal[] = [];
  // a level at or below the one reached adds nothing to it
  const above =
    matched === undefined
      ? tcbInfo.levels
      : tcbInfo.levels.slice(0, tcbInfo.levels.indexOf(matched.platform));
  if (!atTop)
    for (const level of [null, ...above])
      for (const moduleSvn of module.levels === undefined ? [null] : raises(module.levels, svn[0] as number))
        for (const newQeSvn of raises(qeIdentity.levels, qeSvn)) {
          const goal = goalOf(input, level, moduleSvn, newQeSvn);
          if (goal !== null && goal.outcome.status !== 'Revoked' && compareOutcomes(goal.outcome, now) < 0)
            better.push(goal);
        }
  if (better.length === 0 && now?.status === 'UpToDate') return null;
  const improving = better.filter(({ outcome }) => outcome.status !== now?.status);
  const next = (improving.length > 0 ? improving : better).toSorted(nearer)[0];
  const best = better.toSorted((a, b) => compareOutcomes(a.outcome, b.outcome) || nearer(a, b))[0];
  return {
    reached: now === null ? null : { status: now.status, tcbDate: now.tcbDate },
    next: next === undefined ? null : step(next, now),
    best: best === undefined ? null : step(best, now),
  };
}
