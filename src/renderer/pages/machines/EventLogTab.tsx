/** The event log of a machine: how far it accounts for each register, and its events as text. */
import { useQuery } from '@tanstack/react-query';
import type { EventLogReportJson, Machine } from '../../../contract/index.ts';
import { useNode } from '../../client/context.tsx';
import { number } from '../../format.ts';
import { useT } from '../../language/context.tsx';
import { Ask } from '../../parts/Ask.tsx';
import { Empty } from '../../parts/Empty.tsx';
import { Mark } from '../../parts/Mark.tsx';
import type { MarkKind } from '../../parts/Mark.tsx';
import { Section } from '../../parts/Page.tsx';
import styles from './machines.module.css';

const marks: Readonly<Record<EventLogReportJson['registers'][number]['outcome'], MarkKind>> = {
  full: 'passed',
  partial: 'not-checked',
  absent: 'not-checked',
  mismatch: 'failed',
};
const contentMarks: Readonly<Record<EventLogReportJson['events'][number]['content'], MarkKind>> = {
  matches: 'passed',
  differs: 'failed',
  'not-recomputable': 'not-checked',
};
/** Rows that are drawn; the rest is counted. */
const SHOWN = 500;

export function EventLogTab({ machine }: { machine: Machine }) {
  const t = useT();
  const { api } = useNode();
  const query = useQuery({
    ...api.attestation.eventLog.queryOptions({ input: { machine: machine.id } }),
    enabled: machine.eventLog !== null,
  });
  if (machine.eventLog === null)
    return <Empty icon="file" title={t('evidence.eventLog')} text={t('evidence.eventLogWhy')} />;
  return (
    <Ask query={query}>
      {({ log }) => (log === null ? <p>{t('evidence.eventLog')}</p> : <EventLogReport log={log} />)}
    </Ask>
  );
}

/** The same for a report of the node and of this browser. */
export function EventLogReport({ log }: { log: EventLogReportJson }) {
  const t = useT();
  return (
    <>
      <Section title={t('eventLog.registers')} aside={t(`eventLog.form.${log.form}`)}>
        <ul className={styles.lines}>
          {log.registers.map(({ register, outcome, detail, events }) => (
            <li key={register}>
              <Mark kind={marks[outcome]} label="" />
              <div>
                <span>
                  {t('eventLog.register', { register, outcome: t(`eventLog.${outcome}`), n: events })}
                </span>
                <p>{detail}</p>
              </div>
            </li>
          ))}
        </ul>
        {log.notes.map((note) => (
          <p key={note} className={styles.note}>
            {note}
          </p>
        ))}
      </Section>
      <Section
        title={t('eventLog.events')}
        aside={t('eventLog.count', {
          shown: number(Math.min(SHOWN, log.events.length)),
          total: number(log.total),
        })}
      >
        <table className={styles.events}>
          <thead>
            <tr>
              <th scope="col">{t('eventLog.number')}</th>
              <th scope="col">RTMR</th>
              <th scope="col">{t('eventLog.type')}</th>
              <th scope="col">{t('eventLog.says')}</th>
              <th scope="col">{t('eventLog.content')}</th>
            </tr>
          </thead>
          <tbody>
            {log.events.slice(0, SHOWN).map((event) => (
              <tr key={event.index} title={event.digest ?? ''}>
                <td>{event.index}</td>
                <td>{event.register ?? '–'}</td>
                <td>
                  <code>{event.typeName}</code>
                </td>
                <td className={styles.says}>{event.description}</td>
                <td>
                  <Mark kind={contentMarks[event.content]} label={t(`eventLog.content.${event.content}`)} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Section>
    </>
  );
}
