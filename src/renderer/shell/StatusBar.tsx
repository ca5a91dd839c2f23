/** The status bar: jobs that run, the log and its age, witnesses, peers, and honestly whether the node is there. */
import { Popover } from '@base-ui/react/popover';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useNode } from '../client/context.tsx';
import { useStore } from '../client/store.ts';
import { duration, number, percent } from '../format.ts';
import { useT } from '../language/context.tsx';
import { Mark } from '../parts/Mark.tsx';
import { Operation } from '../parts/Operation.tsx';
import { Time, useNow } from '../parts/Time.tsx';
import styles from './StatusBar.module.css';

export function StatusBar() {
  return (
    <footer className={styles.bar}>
      <Tray />
      <LogState />
      <Peers />
      <Connection />
    </footer>
  );
}

function Tray() {
  const t = useT();
  const { live } = useNode();
  const operations = useStore(live.operations);
  const running = operations.filter(({ state }) => state === 'running');
  const first = running[0];
  const failed = operations.filter(({ state }) => state === 'failed').length;
  const text =
    first === undefined
      ? failed > 0
        ? t('tray.failed', { n: failed })
        : t('tray.idle')
      : t('tray.running', { n: running.length });
  return (
    <Popover.Root>
      <Popover.Trigger className={styles.item} aria-label={t('tray.label', { state: text })}>
        {first === undefined ? (
          failed > 0 ? (
            <Mark kind="failed" label="" size={12} />
          ) : null
        ) : (
          <Mark kind="running" label="" size={12} />
        )}
        {text}
        {first === undefined ? null : (
          <span className={styles.first}>
            {first.title}
            {first.total === null ? '' : ` · ${percent(first.done, first.total)} %`}
          </span>
        )}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner side="top" align="start" sideOffset={6} className={styles.positioner}>
          <Popover.Popup className={styles.popup}>
            <Popover.Title className={styles.title}>{t('tray.title')}</Popover.Title>
            {operations.length === 0 ? <p className={styles.none}>{t('tray.none')}</p> : null}
            <ul className={styles.list}>
              {operations.map((operation) => (
                <li key={operation.id}>
                  <Operation operation={operation} />
                </li>
              ))}
            </ul>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

function LogState() {
  const t = useT();
  const { live } = useNode();
  const status = useStore(live.status);
  if (status === null) return <span className={styles.item}>{t('unknown')}</span>;
  const { size, committed, committedAt, witnesses } = status.log;
  return (
    <>
      <Link to="/chronicle" className={styles.item}>
        <span>{t('status.log', { size: number(size) })}</span>
        {committedAt === null ? null : (
          <span className={styles.quiet}>
            {committed < size ? t('status.committedTo', { size: number(committed) }) : t('status.committed')}{' '}
            <Time at={committedAt} />
          </span>
        )}
      </Link>
      <span className={styles.item}>{t('status.witnesses', { n: witnesses })}</span>
      {status.problems > 0 ? (
        <Link to="/settings" hash="problems" className={`${styles.item} ${styles.problems}`}>
          <Mark kind="failed" label="" size={12} />
          {t('status.problems', { n: status.problems })}
        </Link>
      ) : null}
    </>
  );
}

/** How many peers are connected; nothing while the network is off or not heard of. */
function Peers() {
  const t = useT();
  const { api } = useNode();
  const { data } = useQuery(api.network.status.queryOptions());
  if (data === undefined || (data.state !== 'on' && data.state !== 'failed')) return null;
  return (
    <Link to="/network" className={styles.item}>
      <Mark
        kind={data.state === 'failed' ? 'failed' : data.connected > 0 ? 'passed' : 'not-checked'}
        label=""
        size={12}
      />
      {data.state === 'failed' ? t('status.networkFailed') : t('status.peers', { n: data.connected })}
    </Link>
  );
}

function Connection() {
  const t = useT();
  const { connection } = useNode();
  const state = useStore(connection);
  const now = useNow(1000);
  if (state.state === 'open')
    return (
      <span className={`${styles.item} ${styles.end}`}>
        <Mark kind="passed" label="" size={12} />
        {t('connection.open')}
      </span>
    );
  return (
    <span className={`${styles.item} ${styles.end} ${styles.lost}`} role="status">
      <Mark kind={state.state === 'lost' ? 'failed' : 'running'} label="" size={12} />
      {state.state === 'lost'
        ? t('connection.lost', { span: duration(t, Math.floor((now - state.since) / 1000) * 1000) })
        : t('connection.connecting')}
      {state.state === 'lost' ? (
        <button type="button" className={styles.retry} onClick={() => connection.retry()}>
          {t('connection.retry')}
        </button>
      ) : null}
    </span>
  );
}
