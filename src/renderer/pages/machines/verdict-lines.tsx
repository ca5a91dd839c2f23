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

/** `inputs` gives the links of a group by its title. */
export function verdictLines(
  t: Translate,
  verdict: VerdictJson,
  inputs: Partial<Record<Key, ReactNode>> = {},
): readonly EvidenceLine[] {
  const named = new Set(GROUPS.flatMap(({ ids }) => ids));
  const groups = GROUPS.map(({ title, ids }): EvidenceLine | null => {
    const checks = ids.flatMap((id) => verdict.checks.filter((check) => check.id === id));
    if (checks.length === 0) return null;
    return {
      id: title,
      mark: worst(checks.map(({ outcome }) => outcome)),
      title: t(title),
      detail: summary(t, title, verdict),
      inputs: inputs[title],
      lines: checks.map((check) => line(t, check)),
    };
  }).filter((group) => group !== null);
  const others = verdict.checks.filter(({ id }) => !named.has(id)).map((check) => line(t, check));
  const policy: EvidenceLine = {
    id: 'policy',
    mark: verdict.policy.outcome === 'passed' ? 'passed' : 'failed',
    title: t('evidence.policy'),
    detail:
      verdict.policy.lines.length === 0
        ? t('evidence.noPolicy')
        : t(verdict.policy.outcome === 'passed' ? 'evidence.policyPassed' : 'evidence.policyRefused'),
    inputs: inputs['evidence.policy'],
    lines: verdict.policy.lines.map(({ rule, outcome, detail }, i) => ({
      id: `${rule}-${i}`,
      mark: outcome === 'passed' ? 'passed' : 'failed',
      title: rule,
      detail,
    })),
  };
  const eventLog: EvidenceLine = {
    id: 'event-log',
    mark: 'not-checked',
    title: t('evidence.eventLog'),
    detail: t('evidence.eventLogWhy'),
  };
  return [...groups, ...others, policy, eventLog];
}

/** The particulars worth seeing while the group is closed. */
function summary(t: Translate, title: Key, verdict: VerdictJson): string | undefined {
  const { platformId, trustAnchor, collateralExpires, status, tcbDate, advisories } = verdict;
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
      : t('evidence.expires', { date: collateralExpires.slice(0, 16).replace('T', ' ') });
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
