/** Home: what is waiting for me, then what changed since the last visit. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useNode } from '../../client/context.tsx';
import { useStore } from '../../client/store.ts';
import { number } from '../../format.ts';
import { useT } from '../../language/context.tsx';
import { Ask } from '../../parts/Ask.tsx';
import { Icon } from '../../parts/Icon.tsx';
import { Ladder } from '../../parts/Ladder.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { Page } from '../../parts/Page.tsx';
import { Time, useNow } from '../../parts/Time.tsx';
import { gist } from '../chronicle/gist.ts';
import styles from './Home.module.css';
import { lastVisit } from './visit.ts';
import { waitingFor } from './waiting.ts';

export function HomePage() {
  const t = useT();
  const { api, live } = useNode();
  const now = useNow(30_000);
  const machines = useQuery(api.machines.list.queryOptions());
  const alarms = useQuery(api.attestation.alarms.queryOptions());
  const tickets = useQuery(api.tickets.list.queryOptions({ input: {} }));
  const workloads = useQuery(api.compute.list.queryOptions());
  const engine = useQuery(api.compute.engine.queryOptions());
  const about = useQuery(api.settings.about.queryOptions());
  const operations = useStore(live.operations);
  const status = useStore(live.status);
  const waiting = waitingFor(
    t,
    {
      machines: machines.data?.machines,
      alarms: alarms.data?.alarms,
      tickets: tickets.data?.tickets,
      engine: engine.data,
      operations,
      problems: about.data?.problems,
    },
    now,
  );
  const asked = [machines, alarms, tickets, engine, about];
  const loading = asked.some(({ data, error }) => data === undefined && error === null);
  const partly = asked.some(({ data, error }) => data === undefined && error !== null);
  const running = workloads.data?.workloads.filter(({ state }) => state === 'running').length;
  return (
    <Page title={t('nav.home')} state={loading ? null : t('home.state', { n: waiting.length })}>
      <div className={styles.columns}>
        <section aria-label={t('home.waiting')} className={styles.waiting}>
          <h2>{t('home.waiting')}</h2>
          {partly ? <p className={styles.partly}>{t('home.unknownPart')}</p> : null}
          {waiting.length === 0 && !loading && !partly ? (
            <div className={styles.nothing}>
              <Mark kind="passed" label="" size={16} />
              <div>
                <strong>{t('home.nothing')}</strong>
                <p>{t('home.nothingText')}</p>
              </div>
            </div>
          ) : null}
          <ul className={styles.list}>
            {waiting.map((item) => (
              <li key={item.id}>
                <Link
                  to={item.target.to}
                  search={('search' in item.target ? item.target.search : {}) as never}
                  className={styles.item}
                >
                  <Mark kind={item.mark} />
                  <span className={styles.words}>
                    <strong>{item.title}</strong>
                    <span>{item.text}</span>
                  </span>
                  <span className={styles.deadline}>
                    {item.deadline === null || item.id.startsWith('problem') ? null : (
                      <Time at={item.deadline} />
                    )}
                  </span>
                  <Icon name="right" size={14} />
                </Link>
              </li>
            ))}
          </ul>
        </section>
        <div className={styles.side}>
          <section aria-label={t('home.overview')} className={styles.figures}>
            <h2>{t('home.overview')}</h2>
            <Figure
              to="/machines"
              text={
                machines.data === undefined
                  ? null
                  : t('home.machines', {
                      n: machines.data.machines.filter(({ state }) => state !== 'retired').length,
                    })
              }
            />
            <Figure to="/compute" text={running === undefined ? null : t('home.workloads', { n: running })} />
            <Figure
              to="/tickets"
              text={
                tickets.data === undefined
                  ? null
                  : t('home.tickets', {
                      n: tickets.data.tickets.filter(({ state }) => state === 'valid').length,
                    })
              }
            />
            <Figure
              to="/chronicle"
              text={
                status === null
                  ? null
                  : t('home.entries', { n: status.log.size, size: number(status.log.size) })
              }
            />
          </section>
          <News />
        </div>
      </div>
    </Page>
  );
}

function Figure({
  to,
  text,
}: {
  to: '/machines' | '/compute' | '/tickets' | '/chronicle';
  text: string | null;
}) {
  const t = useT();
  return (
    <Link to={to} className={styles.figure}>
      {text ?? t('unknown')}
      <Icon name="right" size={14} />
    </Link>
  );
}

/** The newest entries, those after the last visit marked. */
function News() {
  const t = useT();
  const { api } = useNode();
  const visit = lastVisit();
  const query = useQuery(api.chronicle.list.queryOptions({ input: { limit: 12 } }));
  return (
    <section aria-label={visit === null ? t('home.recent') : t('home.since')} className={styles.news}>
      <h2>{visit === null ? t('home.recent') : t('home.since')}</h2>
      <Ask query={query} lines={4}>
        {({ entries }) => (
          <ol>
            {entries.map((entry) => (
              <li key={entry.index}>
                <Link to="/chronicle" search={{ entry: entry.index }} className={styles.entry}>
                  <span
                    className={visit !== null && (entry.at ?? 0) > visit ? styles.fresh : styles.seen}
                    aria-hidden="true"
                  />
                  <span className={styles.kind}>{entry.kind}</span>
                  <span className={styles.gist}>{gist(entry)}</span>
                  <Ladder stage={entry.stage} words={false} />
                  <span className={styles.when}>
                    {entry.at === null ? t('unknown') : <Time at={entry.at} />}
                  </span>
                </Link>
              </li>
            ))}
          </ol>
        )}
      </Ask>
      <Link to="/chronicle" className={styles.more}>
        {t('home.all')}
      </Link>
    </section>
  );
}
