/** Rules about what Intel says of the platform: status, grace, advisories, versions, and roll-back. */
import { fromHex } from '../../bytes/index.ts';
import { readIsoTime } from '../times.ts';
import type { PolicyRules } from './policy.ts';
import { DAY, daysText, type Finding, finding, type Judged, listed, type Rule, single } from './rule.ts';

type Asked<K extends keyof PolicyRules> = NonNullable<PolicyRules[K]>;

const secondsOf = (iso: string | null): number | null => (iso === null ? null : readIsoTime(iso));
const days = (count: number): string => daysText(count * DAY);

const isBehind = (status: string | null): boolean =>
  status === 'OutOfDate' || status === 'OutOfDateConfigurationNeeded';

/** Seconds since the date of the level that was reached. */
function age({ verdict, at }: Judged): number | null {
  const date = secondsOf(verdict.tcbDate);
  return date === null ? null : at - date;
}

/** True when the status is out of date, but not for longer than the grace. */
function inPlatformGrace(judged: Judged): boolean {
  const behindFor = age(judged);
  const allowed = judged.grace.platformDays;
  return (
    allowed !== undefined &&
    isBehind(judged.verdict.status) &&
    behindFor !== null &&
    behindFor <= allowed * DAY
  );
}

/** The platform grace widens what is accepted. */
function judgeStatus(accepted: Asked<'acceptedStatuses'>, judged: Judged): Finding {
  const { status } = judged.verdict;
  if (status === null) return { passed: false, detail: 'The TCB status is not known.' };
  if (!accepted.includes(status) && inPlatformGrace(judged))
    return { passed: true, detail: `The TCB status ${status} is accepted within the grace for platforms.` };
  return finding(
    accepted.includes(status),
    `The TCB status ${status} is accepted.`,
    `The TCB status ${status} is not accepted.`,
  );
}

function judgePlatformGrace(allowed: number, judged: Judged): Finding {
  const { status, tcbDate } = judged.verdict;
  const behindFor = age(judged);
  if (status === null || behindFor === null) return { passed: false, detail: 'The TCB status is not known.' };
  if (!isBehind(status)) return { passed: true, detail: `The TCB status ${status} needs no grace.` };
  return finding(
    behindFor <= allowed * DAY,
    `The platform is out of date, at the level of ${tcbDate}: within the ${days(allowed)} allowed.`,
    `The platform is out of date, at the level of ${tcbDate}: more than the ${days(allowed)} allowed.`,
  );
}

function judgeCollateralGrace(allowed: number, { verdict: { collateralExpires }, at }: Judged): Finding {
  const end = secondsOf(collateralExpires);
  if (end === null) return { passed: false, detail: 'It is not known how long the collateral is valid.' };
  if (at <= end) return { passed: true, detail: `The collateral is valid until ${collateralExpires}.` };
  const since = `The collateral expired at ${collateralExpires}`;
  return finding(
    at - end <= allowed * DAY,
    `${since}, within the ${days(allowed)} allowed; the evidence is refused as stale all the same.`,
    `${since}, more than the ${days(allowed)} allowed.`,
  );
}

/** A number that must not be below a minimum. */
function minimum(what: string, known: (judged: Judged) => number | null): Rule<number> {
  return single(
    (asked, judged) => {
      const value = known(judged);
      if (value === null) return { passed: false, detail: `The ${what} is not known.` };
      return finding(
        value >= asked,
        `The ${what} is ${value}; ${asked} is needed.`,
        `The ${what} is ${value}, below ${asked}.`,
      );
    },
    (asked) => `The ${what} must be at least ${asked}.`,
  );
}

/** The SVN arrays of a report with what they stand for: at the launch, and (TD report 1.5) now. */
function svnArrays({ verdict: { report } }: Judged): { when: string; svn: Uint8Array }[] {
  if (report === null) return [];
  const arrays = [{ when: 'at the launch of the TD', svn: fromHex(report.teeTcbSvn, 16) }];
  if (report.teeTcbSvn2 !== undefined) arrays.push({ when: 'now', svn: fromHex(report.teeTcbSvn2, 16) });
  return arrays;
}

function judgeTeeSvn(asked: string, judged: Judged): Finding {
  const arrays = svnArrays(judged);
  if (arrays.length === 0) return { passed: false, detail: 'The TEE TCB SVN is not known.' };
  const need = fromHex(asked, 16);
  const short = arrays.flatMap(({ when, svn }) =>
    [...need].flatMap((least, i) => {
      const have = svn[i] as number;
      return have < least ? [`number ${i} is ${have} ${when}, below ${least}`] : [];
    }),
  );
  return finding(
    short.length === 0,
    'No number of the TEE TCB SVN is below its minimum.',
    `The TEE TCB SVN is too low: ${short.join('; ')}.`,
  );
}

function judgeModule({ major, minor }: Asked<'minModuleSvn'>, judged: Judged): Finding {
  const arrays = svnArrays(judged);
  if (arrays.length === 0) return { passed: false, detail: 'The version of the TDX module is not known.' };
  const version = (svn: Uint8Array): string => `${svn[1]}.${svn[0]}`;
  const old = arrays.filter(
    ({ svn }) => (svn[1] as number) < major || (svn[1] === major && (svn[0] as number) < minor),
  );
  return finding(
    old.length === 0,
    `The SVN of the TDX module is at least ${major}.${minor}.`,
    `The SVN of the TDX module is too low: ${old.map(({ when, svn }) => `${version(svn)} ${when}`).join(', ')}; ${major}.${minor} is needed.`,
  );
}

/** Numbers that must never fall, with what was seen before; `undefined`: nobody remembers. */
function rollbackNumbers({ verdict, facts }: Judged) {
  const { tcbInfo, qeIdentity } = verdict.evaluationNumbers;
  const crls = facts.highestCrlNumbers;
  const number = (value: number | string | null | undefined): bigint | null | undefined =>
    value === null || value === undefined ? value : BigInt(value);
  const highest = number(facts.highestEvaluationNumber);
  return [
    { what: 'evaluation number of the TCB info', now: number(tcbInfo), before: highest },
    { what: 'evaluation number of the QE identity', now: number(qeIdentity), before: highest },
    { what: 'number of the root CRL', now: number(verdict.crlNumbers.root), before: number(crls?.root) },
    { what: 'number of the PCK CRL', now: number(verdict.crlNumbers.pck), before: number(crls?.pck) },
  ];
}

function judgeRollback(refused: boolean, judged: Judged): Finding {
  const numbers = rollbackNumbers(judged);
  const lower = numbers.flatMap(({ what, now, before }) =>
    now != null && before != null && now < before ? [`the ${what} is ${now}, and was ${before}`] : [],
  );
  if (lower.length > 0)
    return {
      passed: !refused,
      detail: `Older collateral than seen before: ${lower.join('; ')}.${refused ? '' : ' This policy accepts that.'}`,
    };
  const unknown = numbers.filter(({ now, before }) => now == null || before === undefined);
  if (unknown.length > 0)
    return {
      passed: !refused,
      detail: `Not compared with what was seen before: the ${unknown.map(({ what }) => what).join(', the ')}.`,
    };
  return { passed: true, detail: 'No number of the collateral is lower than seen before.' };
}

export const tcbRules = {
  acceptedStatuses: single(judgeStatus, (asked) => `The TCB status must be one of: ${listed(asked)}.`),
  grace: {
    judge: ({ collateralDays, platformDays }, judged) => [
      ...(collateralDays === undefined
        ? []
        : [{ part: 'collateralDays', ...judgeCollateralGrace(collateralDays, judged) }]),
      ...(platformDays === undefined
        ? []
        : [{ part: 'platformDays', ...judgePlatformGrace(platformDays, judged) }]),
    ],
    explain: ({ collateralDays, platformDays }) => [
      ...(collateralDays === undefined
        ? []
        : [
            {
              part: 'collateralDays',
              sentence: `The policy puts up with collateral that expired up to ${days(collateralDays)} ago; the evidence is refused as stale all the same.`,
            },
          ]),
      ...(platformDays === undefined
        ? []
        : [
            {
              part: 'platformDays',
              sentence: `A platform that is out of date is accepted up to ${days(platformDays)} after the date of the level it reaches, and not longer.`,
            },
          ]),
    ],
  },
  refusedAdvisories: single(
    (asked, { verdict: { status, advisories } }) => {
      const found = advisories.filter(({ id }) => asked.includes(id)).map(({ id }) => id);
      return finding(
        status !== null && found.length === 0,
        'No refused advisory applies.',
        status === null ? 'The advisories are not known.' : `These advisories apply: ${found.join(', ')}.`,
      );
    },
    (asked) => `None of these advisories may apply: ${listed(asked)}.`,
  ),
  minTeeTcbSvn: single(
    judgeTeeSvn,
    (asked) => `Each number of the TEE TCB SVN must be at least the one of ${asked.toLowerCase()}.`,
  ),
  minModuleSvn: single(
    judgeModule,
    ({ major, minor }) => `The SVN of the TDX module must be at least ${major}.${minor}.`,
  ),
  minPceSvn: minimum('PCE SVN', ({ verdict }) => verdict.platformId?.pceSvn ?? null),
  minQeSvn: minimum('QE SVN', ({ verdict }) => verdict.quote?.qeIsvSvn ?? null),
  refuseRollback: single(judgeRollback, (refused) =>
    refused
      ? 'Collateral with lower numbers than seen before is refused.'
      : 'Collateral with lower numbers than seen before is reported and accepted.',
  ),
} satisfies { readonly [K in keyof PolicyRules]?: Rule<Asked<K>> };
