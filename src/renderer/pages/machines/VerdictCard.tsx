/** The evidence card of a verdict, in a preview and on a machine's page alike. */
import type { ReactNode } from 'react';
import type { VerdictJson } from '../../../contract/index.ts';
import { useT } from '../../language/context.tsx';
import type { Key } from '../../language/translate.ts';
import { EvidenceCard } from '../../parts/EvidenceCard.tsx';
import type { MarkKind } from '../../parts/Mark.tsx';
import { Time } from '../../parts/Time.tsx';
import { verdictLines } from './verdict-lines.tsx';

const marks: Readonly<Record<VerdictJson['evidence'], MarkKind>> = {
  genuine: 'passed',
  incomplete: 'not-checked',
  refused: 'failed',
};

interface Props {
  verdict: VerdictJson;
  /** What the claim is about; null in a preview. */
  machine: string | null;
  /** The collateral has expired since: the verdict is of then. */
  stale?: boolean;
  /** Who judged. */
  by?: 'node' | 'browser';
  eventLog?: boolean;
  inputs?: Partial<Record<Key, ReactNode>>;
  actions?: ReactNode;
  /** The accessible name, where more than one card is in view. */
  name?: string;
}

export function VerdictCard({
  verdict,
  machine,
  stale = false,
  by = 'node',
  eventLog = false,
  inputs,
  actions,
  name,
}: Props) {
  const t = useT();
  // whatever ends in a simulated root says nothing about hardware, so it never claims it
  const pretended = verdict.simulated && verdict.evidence !== 'refused';
  const over = stale && verdict.evidence === 'genuine';
  const claim = pretended ? 'simulated' : over ? 'expired' : verdict.evidence;
  const status = verdict.status ?? t('evidence.noStatus');
  return (
    <EvidenceCard
      name={name ?? t('evidence.card')}
      mark={pretended ? 'simulated' : over ? 'stale' : marks[verdict.evidence]}
      claim={
        <>
          {t(machine === null ? `verdict.${claim}` : `verdict.${claim}.of`, {
            machine: machine ?? '',
            status,
          })}
          {verdict.code === null ? null : (
            <>
              {' '}
              <code>{verdict.code}</code>
            </>
          )}
        </>
      }
      provenance={
        <>
          {t(by === 'node' ? 'evidence.byNode' : 'evidence.byBrowser')}{' '}
          <Time at={Date.parse(verdict.verifiedAt)} exact={by === 'browser'} />
          {stale ? `, ${t('evidence.expiredSince')}` : null}
        </>
      }
      lines={verdictLines(t, verdict, { inputs, stale, eventLog })}
      actions={actions}
      simulated={verdict.simulated}
    />
  );
}
