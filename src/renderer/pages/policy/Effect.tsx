/** What a draft would change for the registered machines: before and after, with the lines that refuse. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { AttestationPolicy } from '../../../contract/index.ts';
import { useNode } from '../../client/context.tsx';
import { useT } from '../../language/context.tsx';
import { Ask } from '../../parts/Ask.tsx';
import { EntityLink } from '../../parts/EntityLink.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { Section } from '../../parts/Page.tsx';
import { ruleTitle } from '../machines/verdict-lines.tsx';
import styles from './Policy.module.css';

/** Typing pauses for this long before the node is asked. */
const PAUSE_MS = 350;
/** Unchanged machines that are listed; the rest is counted. */
const LISTED = 50;

function usePaused(text: string): string {
  const [paused, setPaused] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setPaused(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return paused;
}

type Decision = 'passed' | 'refused';
interface Row {
  readonly id: string;
  readonly name: string;
  readonly before: Decision;
  readonly after: Decision;
  readonly lines: readonly { readonly rule: string; readonly outcome: Decision; readonly detail: string }[];
}

export function Effect({ policy, changed }: { policy: AttestationPolicy; changed: boolean }) {
  const t = useT();
  const { api } = useNode();
  const current = JSON.stringify(policy);
  const asked = usePaused(current);
  const query = useQuery({
    ...api.attestation.tryPolicy.queryOptions({
      input: { policy: JSON.parse(asked) as AttestationPolicy },
    }),
    placeholderData: keepPreviousData,
  });
  const waiting = asked !== current || query.isPlaceholderData;
  return (
    <Section
      title={t('effect.title')}
      aside={<span role="status">{waiting ? t('effect.waiting') : ''}</span>}
    >
      <Ask query={query} lines={4}>
        {({ machines }) => <Rows machines={machines} changed={changed} />}
      </Ask>
    </Section>
  );
}

function Rows({ machines, changed }: { machines: readonly Row[]; changed: boolean }) {
  const t = useT();
  const different = machines.filter(({ before, after }) => before !== after);
  const same = machines.filter(({ before, after }) => before === after);
  const refused = same.filter(({ after }) => after === 'refused');
  const rest = [...refused, ...same.filter(({ after }) => after === 'passed')];
  if (machines.length === 0) return <p className={styles.note}>{t('effect.noMachines')}</p>;
  return (
    <>
      <p>
        {t(changed ? 'effect.summary' : 'effect.now', {
          n: different.length,
          refused: machines.filter(({ after }) => after === 'refused').length,
          passed: machines.filter(({ after }) => after === 'passed').length,
        })}
      </p>
      {different.length === 0 ? null : (
        <ul className={styles.machines} aria-label={t('effect.different')}>
          {different.map((row) => (
            <MachineRow key={row.id} row={row} />
          ))}
        </ul>
      )}
      {rest.length === 0 ? null : different.length === 0 ? (
        <Unchanged rows={rest} />
      ) : (
        <details>
          <summary>{t('effect.same', { n: rest.length })}</summary>
          <Unchanged rows={rest} />
        </details>
      )}
    </>
  );
}

function Unchanged({ rows }: { rows: readonly Row[] }) {
  const t = useT();
  return (
    <>
      <ul className={styles.machines}>
        {rows.slice(0, LISTED).map((row) => (
          <MachineRow key={row.id} row={row} />
        ))}
      </ul>
      {rows.length > LISTED ? (
        <p className={styles.note}>{t('effect.more', { n: rows.length - LISTED })}</p>
      ) : null}
    </>
  );
}

function MachineRow({ row }: { row: Row }) {
  const t = useT();
  const { id, name, before, after, lines } = row;
  return (
    <li>
      <span className={styles.machine}>
        <EntityLink id={id} label={name} copy={false} target={{ to: '/machines', search: { id } }} />
      </span>
      <span className={styles.turn}>
        {before === after ? null : (
          <>
            <Outcome of={before} />
            <span role="img" aria-label={t('effect.then')}>
              →
            </span>
          </>
        )}
        <Outcome of={after} />
      </span>
      {lines
        .filter(({ outcome }) => outcome === 'refused')
        .map(({ rule, detail }) => (
          <p key={`${rule} ${detail}`} className={styles.why}>
            <span className={styles.note}>{ruleTitle(t, rule)}</span> {detail}
          </p>
        ))}
    </li>
  );
}

function Outcome({ of }: { of: Decision }) {
  const t = useT();
  return (
    <span className={styles.decision}>
      <Mark kind={of === 'passed' ? 'passed' : 'failed'} label="" size={12} />
      {t(`policy.${of}`)}
    </span>
  );
}
