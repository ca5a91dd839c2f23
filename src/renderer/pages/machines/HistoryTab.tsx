/** What happened to a machine: a strip of the last 90 days with a shape for every day's verdict, and the list. */
import type { Machine } from '../../../contract/index.ts';
import { number, utcShort } from '../../format.ts';
import { useT } from '../../language/context.tsx';
import { isKey } from '../../language/translate.ts';
import { EntityLink } from '../../parts/EntityLink.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { Section } from '../../parts/Page.tsx';
import { Time, useNow } from '../../parts/Time.tsx';
import { historyDays, STRIP_DAYS } from './history-days.ts';
import styles from './machines.module.css';
import { markOfMachine, newestFirst, wordOfMachine } from './states.ts';

export function History({ machine }: { machine: Machine }) {
  const t = useT();
  const now = useNow(3_600_000);
  const days = historyDays(machine.history, now);
  const shape = (state: Machine['state'], policy: 'passed' | 'refused' | null = null) =>
    policy === 'refused' && state === 'genuine'
      ? 'failed'
      : markOfMachine({ state, simulated: machine.simulated, stale: false });
  const judged = days.filter(({ event }) => event !== null);
  return (
    <>
      <Section
        title={t('history.strip', { n: STRIP_DAYS })}
        aside={t('history.judged', { n: judged.length })}
      >
        <div className={styles.strip} role="img" aria-label={t('history.stripName', summary(days))}>
          {days.map(({ start, event }) => (
            <span
              key={start}
              className={styles.day}
              title={
                event === null
                  ? utcShort(start).slice(0, 10)
                  : `${utcShort(event.at)} UTC · ${t(wordOfMachine({ ...event, simulated: machine.simulated }))}`
              }
            >
              {event === null ? (
                <i className={styles.noVerdict} />
              ) : (
                <Mark kind={shape(event.state, event.policy)} label="" size={12} />
              )}
            </span>
          ))}
        </div>
        <p className={styles.stripEnds}>
          <span>{utcShort(days[0]?.start ?? now).slice(0, 10)}</span>
          <span>{t('history.today')}</span>
        </p>
      </Section>
      <Section title={t('machines.tab.history')}>
        <ol className={styles.history}>
          {newestFirst(machine.history).map((item) => {
            const key = `machine.event.${item.event}`;
            return (
              <li key={`${item.index}-${item.event}`}>
                <Mark
                  kind={shape(item.state)}
                  label={t(wordOfMachine({ state: item.state, simulated: machine.simulated }))}
                />
                <span>{isKey(key) ? t(key) : item.event}</span>
                <span className={styles.outcomeOf}>
                  {item.status === null ? null : <span>{item.status}</span>}
                  {item.policy === null ? null : (
                    <span className={styles.policyOf}>
                      <Mark kind={item.policy === 'passed' ? 'passed' : 'failed'} label="" size={12} />
                      {t(`policy.${item.policy}`)}
                    </span>
                  )}
                  {item.code === null ? null : <code>{item.code}</code>}
                </span>
                <span className={styles.when}>
                  <Time at={item.at} />
                </span>
                <EntityLink
                  id={String(item.index)}
                  label={t('machines.entryOf', { index: number(item.index) })}
                  glyph={false}
                  copy={false}
                  target={{ to: '/chronicle', search: { entry: item.index } }}
                />
              </li>
            );
          })}
        </ol>
      </Section>
    </>
  );
}

function summary(days: ReturnType<typeof historyDays>) {
  const count = (...states: Machine['state'][]): number =>
    days.filter(({ event }) => event !== null && states.includes(event.state)).length;
  return {
    n: STRIP_DAYS,
    genuine: count('genuine'),
    incomplete: count('incomplete'),
    bad: count('refused'),
    lapsed: count('lapsed'),
  };
}
