/** What should be looked at before somebody is hurt by it: worst first, with the machines, the time, what to do. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Alarm } from '../../../contract/index.ts';
import { useNode } from '../../client/context.tsx';
import { useT } from '../../language/context.tsx';
import { Button } from '../../parts/Button.tsx';
import { EntityLink } from '../../parts/EntityLink.tsx';
import { Mark } from '../../parts/Mark.tsx';
import type { MarkKind } from '../../parts/Mark.tsx';
import { Thrown } from '../../parts/Problem.tsx';
import { Time } from '../../parts/Time.tsx';
import styles from './Alarms.module.css';

export const alarmMarks: Readonly<Record<Alarm['severity'], MarkKind>> = {
  failed: 'failed',
  stale: 'stale',
  note: 'not-checked',
};

/** Machines named on one alarm; the others are counted. */
const NAMED = 6;

/** `brief` while a machine is open beside the list: one line that opens into the rest. */
export function Alarms({ brief }: { brief: boolean }) {
  const t = useT();
  const { api } = useNode();
  const query = useQuery(api.attestation.alarms.queryOptions());
  const [all, setAll] = useState(false);
  if (query.data === undefined)
    return query.error === null ? null : (
      <div className={styles.fault}>
        <Thrown error={query.error} onRetry={() => void query.refetch()} />
      </div>
    );
  const { alarms } = query.data;
  if (alarms.length === 0) return null;
  const least = brief ? 0 : 3;
  const shown = all ? alarms : alarms.slice(0, least);
  const count = (severity: Alarm['severity']): number =>
    alarms.filter((alarm) => alarm.severity === severity).length;
  return (
    <section className={styles.alarms} aria-label={t('alarms.title')}>
      <header className={styles.head}>
        <Mark kind={alarmMarks[alarms[0]?.severity ?? 'note']} label="" />
        <h2>
          {t('alarms.summary', {
            n: alarms.length,
            failed: count('failed'),
            stale: count('stale'),
            note: count('note'),
          })}
        </h2>
        {alarms.length > least ? (
          <Button kind="quiet" aria-expanded={all} onClick={() => setAll(!all)}>
            {t(all ? 'alarms.fewer' : 'alarms.all')}
          </Button>
        ) : null}
      </header>
      {shown.length === 0 ? null : (
        <ul className={styles.list}>
          {shown.map((alarm) => (
            <li key={alarm.id}>
              <Mark kind={alarmMarks[alarm.severity]} label={t(`alarm.${alarm.severity}`)} />
              <div className={styles.words}>
                <strong>{alarm.sentence}</strong>
                <p className={styles.next}>
                  <span>{alarm.next}</span>
                  {alarm.machines.slice(0, NAMED).map(({ id, name }) => (
                    <EntityLink
                      key={id}
                      id={id}
                      label={name}
                      copy={false}
                      target={{ to: '/machines', search: { id } }}
                    />
                  ))}
                  {alarm.machines.length > NAMED ? (
                    <span>{t('alarms.more', { n: alarm.machines.length - NAMED })}</span>
                  ) : null}
                </p>
              </div>
              <span className={styles.when}>
                {alarm.due !== null ? (
                  <>
                    {t('alarms.due')} <Time at={alarm.due} />
                  </>
                ) : alarm.since !== null ? (
                  <Time at={alarm.since} />
                ) : null}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
