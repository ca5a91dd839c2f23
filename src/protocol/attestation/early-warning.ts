/**
 * The early warning (tdx.md 4, 7.3 point 2): the same quote verified twice, with Intel's standard documents and
 * with the early ones, which become the standard later. Says before that day what will then be refused.
 */
import type { Need } from './shortfall.ts';
import { statusRank } from './statuses.ts';
import type { TcbStatus } from './tcb.ts';
import type { Verdict } from './verdict.ts';

export interface EarlyWarning {
  /**
   * - `falls`: the status will be worse, or there will be no level for the machine at all;
   * - `advisories`: the status stays, but more advisories will apply;
   * - `not-evaluated`: the early documents could not be used, so that nothing is known.
   */
  readonly outcome: 'falls' | 'advisories' | 'not-evaluated';
  readonly standard: { readonly status: TcbStatus; readonly evaluationNumber: number | null };
  /** Status null: none, for the reason in `code`. */
  readonly early: {
    readonly status: TcbStatus | null;
    readonly evaluationNumber: number | null;
    readonly code: string | null;
  };
  /** What must be raised to keep a status as good as today's; empty when no such level is known. */
  readonly needs: readonly Need[];
  /** Advisories that apply under the early documents only. */
  readonly advisoriesNew: readonly string[];
  /**
   * ISO 8601: how long the standard documents at hand can be used at most. Intel does not write into its
   * documents when an early set becomes the standard one; that may come sooner for whoever fetches anew.
   */
  readonly matters: string | null;
}

/** Codes of documents that are in order and have no good level for this machine. */
const NO_LEVEL: readonly (string | null)[] = [
  'TCB_NOT_SUPPORTED',
  'QE_TCB_NOT_SUPPORTED',
  'TDX_MODULE_MISMATCH',
  'TCB_REVOKED',
];

function needsToKeep(status: TcbStatus, { shortfall }: Verdict): readonly Need[] {
  for (const step of [shortfall?.next, shortfall?.best])
    if (step != null && statusRank(step.status) <= statusRank(status)) return step.needs;
  return [];
}

/**
 * Compares two verdicts about one quote at one time: `standard` and `early` name the documents they rest on.
 * Null when the early documents take nothing away, and when the standard ones gave no status that could fall.
 * Throws for verdicts about different quotes.
 */
export function compareShortfall(standard: Verdict, early: Verdict): EarlyWarning | null {
  if (standard.quote?.sha256 !== early.quote?.sha256)
    throw new Error('an early warning compares two verdicts about one quote');
  const { status } = standard;
  if (standard.evidence !== 'genuine' || status === null) return null;

  const noLevel = NO_LEVEL.includes(early.code);
  const evaluated = early.evidence === 'genuine' || noLevel;
  const known = new Set(standard.advisories.map(({ id }) => id));
  const advisoriesNew = evaluated ? early.advisories.map(({ id }) => id).filter((id) => !known.has(id)) : [];
  const falls = evaluated && statusRank(early.status) > statusRank(status);
  if (evaluated && !falls && advisoriesNew.length === 0) return null;
  return {
    outcome: !evaluated ? 'not-evaluated' : falls ? 'falls' : 'advisories',
    standard: { status, evaluationNumber: standard.evaluationNumbers.tcbInfo },
    early: {
      status: evaluated ? early.status : null,
      evaluationNumber: early.evaluationNumbers.tcbInfo,
      code: early.code,
    },
    needs: evaluated ? needsToKeep(status, early) : [],
    advisoriesNew,
    matters: standard.collateralExpires,
  };
}
