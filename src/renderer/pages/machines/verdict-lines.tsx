/** A verdict as the tree of its evidence card: what the claim rests on, group by group, check by check. */
import type { ReactNode } from 'react';
import type { Check, VerdictJson } from '../../../contract/index.ts';
import { shorten } from '../../format.ts';
import { isKey } from '../../language/translate.ts';
import type { Key, Translate } from '../../language/translate.ts';
import type { EvidenceLine } from '../../parts/EvidenceCard.tsx';
import { worst } from './states.ts';

/** Every check belongs to one group; a check of a later version that no group names stands by itself. */
const GROUPS: readonly { readonly title: Key; readonly ids: readonly string[] }[] = [
  {
    title: 'evidence.quote',
    ids: ['quote-format', 'qe-vendor', 'quote-signature', 'td-debug', 'quote-padding'],
  },
  {
    title: 'evidence.enclave',
    ids: ['qe-report-signature', 'qe-report-binding', 'qe-identity-match', 'qe-debug'],
  },
  {
    title: 'evidence.chain',
    ids: [
      'trust-anchor',
      'root-crl',
      'pck-chain',
      'pck-extension',
      'intermediate-revocation',
      'pck-crl',
      'leaf-revocation',
    ],
  },
  {
    title: 'evidence.collateral',
    ids: [
      'tcb-info-chain',
      'qe-identity-chain',
      'tcb-info-signature',
      'qe-identity-signature',
      'tcb-info-content',
      'qe-identity-content',
      'tcb-info-freshness',
      'qe-identity-freshness',
      'evaluation-number',
    ],
  },
  {
    title: 'evidence.tcb',
    ids: ['tdx-module', 'platform-tcb', 'module-tcb', 'qe-tcb', 'tcb-current', 'tcb-status'],
  },
];

export function checkTitle(t: Translate, id: string): string {
  const key = `check.${id}`;
  return isKey(key) ? t(key) : id;
}

const line = (t: Translate, check: Check): EvidenceLine => ({
  id: check.id,
  mark: check.outcome,
  title: checkTitle(t, check.id),
  detail: check.detail,
});

interface Shown {
  /** The links of a group by its title. */
  readonly inputs?: Partial<Record<Key, ReactNode>> | undefined;
  /** The collateral has expired since. */
  readonly stale?: boolean;
  /** An event log is kept with the quote. */
  readonly eventLog?: boolean;
}

export function verdictLines(
  t: Translate,
  verdict: VerdictJson,
  { inputs = {}, stale = false, eventLog = false }: Shown = {},
): readonly EvidenceLine[] {
  const named = new Set(GROUPS.flatMap(({ ids }) => ids));
  const groups = GROUPS.map(({ title, ids }): EvidenceLine | null => {
    const checks = ids.flatMap((id) => verdict.checks.filter((check) => check.id === id));
    if (checks.length === 0) return null;
    const outcome = worst(checks.map((check) => check.outcome));
    return {
      id: title,
      mark: title === 'evidence.collateral' && stale && outcome === 'passed' ? 'stale' : outcome,
      title: t(title),
      detail: summary(t, title, verdict, stale),
      inputs: inputs[title],
      lines: checks.map((check) => line(t, check)),
    };
  }).filter((group) => group !== null);
  const others = verdict.checks.filter(({ id }) => !named.has(id)).map((check) => line(t, check));
  const log: EvidenceLine = {
    id: 'event-log',
    mark: 'not-checked',
    title: t(eventLog ? 'evidence.eventLogKept' : 'evidence.eventLog'),
    detail: t(eventLog ? 'evidence.eventLogSee' : 'evidence.eventLogWhy'),
    inputs: inputs['evidence.eventLog'],
  };
  return [...groups, ...others, policyLine(t, verdict.policy, inputs['evidence.policy']), log];
}

function policyLine(t: Translate, policy: VerdictJson['policy'], inputs: ReactNode): EvidenceLine {
  const { outcome, lines, override } = policy;
  const mark: EvidenceLine = {
    id: 'override',
    mark: 'stale',
    title: t('policy.overridden'),
    detail: override === null ? '' : t('policy.overrideText', { ...override, until: dateOf(override.until) }),
  };
  return {
    id: 'policy',
    mark: outcome === 'refused' ? 'failed' : override === null ? 'passed' : 'stale',
    title: t('evidence.policy'),
    detail:
      lines.length === 0
        ? t('evidence.noPolicy')
        : t(
            outcome === 'refused'
              ? 'evidence.policyRefused'
              : override === null
                ? 'evidence.policyPassed'
                : 'evidence.policyOverridden',
          ),
    inputs,
    lines: [
      ...(override === null ? [] : [mark]),
      ...lines.map(({ rule, outcome: one, detail }, i) => ({
        id: `${rule}-${i}`,
        mark: one === 'passed' ? ('passed' as const) : ('failed' as const),
        title: ruleTitle(t, rule),
        detail,
      })),
    ],
  };
}

export const dateOf = (iso: string): string => iso.slice(0, 10);

/** A rule in words where there are words for it; a rule of a later version stands by its name. */
export function ruleTitle(t: Translate, rule: string): string {
  const key = `rule.${rule}`;
  if (isKey(key)) return t(key);
  const [first = '', part] = rule.split('.', 2);
  const group = `rule.${first}`;
  return isKey(group) && part !== undefined ? `${t(group)} · ${part}` : rule;
}

/** The documents and certificates of which one ends first, in words; empty when it cannot be told. */
export function whatExpires(
  t: Translate,
  { checks, chain, collateralExpires }: VerdictJson,
): readonly string[] {
  if (collateralExpires === null) return [];
  return [
    ...checks
      .filter(({ detail }) => detail.includes(collateralExpires))
      .map(({ id }) => {
        const key = `expiry.of.${id}`;
        return isKey(key) ? t(key) : checkTitle(t, id);
      }),
    ...chain.filter(({ notAfter }) => notAfter === collateralExpires).map(({ cn }) => cn),
  ];
}

/** The particulars worth seeing while the group is closed. */
function summary(t: Translate, title: Key, verdict: VerdictJson, stale: boolean): string | undefined {
  const { platformId, trustAnchor, collateralExpires, status, tcbDate, advisories } = verdict;
  const { evaluationNumbers, crlNumbers } = verdict;
  if (title === 'evidence.chain')
    return [
      t(trustAnchor.pinned ? 'evidence.root' : 'evidence.rootSimulated', {
        name: trustAnchor.name,
        hash: shorten(trustAnchor.sha256, 4, 4),
      }),
      platformId?.fmspc ? `FMSPC ${platformId.fmspc}` : null,
      platformId?.ppid ? `PPID ${shorten(platformId.ppid, 4, 4)}` : null,
    ]
      .filter((part) => part !== null)
      .join(' · ');
  if (title === 'evidence.collateral')
    return collateralExpires === null
      ? t('evidence.noExpiry')
      : t(stale ? 'evidence.ended' : 'evidence.expires', {
          date: collateralExpires.slice(0, 16).replace('T', ' '),
          evaluation: evaluationNumbers.tcbInfo ?? t('unknown'),
          crl: crlNumbers.pck ?? t('unknown'),
        });
  if (title === 'evidence.tcb')
    return [
      status ?? t('evidence.noStatus'),
      tcbDate === null ? null : t('evidence.tcbDate', { date: tcbDate.slice(0, 10) }),
      advisories.length === 0 ? null : t('evidence.advisories', { n: advisories.length }),
    ]
      .filter((part) => part !== null)
      .join(' · ');
  return undefined;
}
