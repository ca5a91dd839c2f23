/** The frame around every page: rail, top bar, strips, content, status bar; and what stands in its way at first. */
import { useQuery } from '@tanstack/react-query';
import { Outlet, useLocation, useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { CONTRACT_MAJOR } from '../../contract/index.ts';
import { useNode } from '../client/context.tsx';
import { useStore } from '../client/store.ts';
import { useT } from '../language/context.tsx';
import { LiveRegion } from '../parts/Announce.tsx';
import { Skeleton } from '../parts/Ask.tsx';
import { Button } from '../parts/Button.tsx';
import { Thrown } from '../parts/Problem.tsx';
import { Unlock } from '../pages/onboarding/Unlock.tsx';
import { CommandCentre } from '../commands/CommandCentre.tsx';
import styles from './Frame.module.css';
import { Rail } from './Rail.tsx';
import { StatusBar } from './StatusBar.tsx';
import { TopBar } from './TopBar.tsx';

export function Frame() {
  const t = useT();
  const { api, live } = useNode();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const about = useQuery(api.settings.about.queryOptions());
  const identity = useQuery(api.identity.get.queryOptions());
  const coalition = useQuery(api.coalition.get.queryOptions());
  const status = useStore(live.status);
  const [viewing, setViewing] = useState(false);

  const identityState = identity.data?.state;
  const unfinished =
    identityState === 'absent' || (identityState === 'ready' && coalition.data?.current === null);
  const onboarding = pathname === '/welcome';
  useEffect(() => {
    if (unfinished && !onboarding) void navigate({ to: '/welcome', replace: true });
  }, [unfinished, onboarding, navigate]);

  if (about.data !== undefined && about.data.contract !== CONTRACT_MAJOR)
    return (
      <Blocked
        title={t('mismatch.title')}
        text={t('mismatch.text', { node: about.data.contract, face: CONTRACT_MAJOR })}
      />
    );
  if (identity.data === undefined || coalition.data === undefined) {
    const error = identity.error ?? coalition.error;
    if (error === null) return <Starting />;
    return (
      <Blocked title={t('unreachable.title')} text={t('unreachable.text')}>
        <Thrown
          error={error}
          onRetry={() => {
            void identity.refetch();
            void coalition.refetch();
          }}
        />
      </Blocked>
    );
  }
  const locked = identityState === 'locked';
  if (locked && !viewing) return <Unlock onView={() => setViewing(true)} />;

  const bare = onboarding;
  return (
    <CommandCentre>
      <div className={`${styles.frame} ${bare ? styles.bare : ''}`}>
        <a
          className={styles.skip}
          href="#page-title"
          onClick={(event) => {
            event.preventDefault();
            document.getElementById('page-title')?.focus();
          }}
        >
          {t('frame.skip')}
        </a>
        {bare ? null : <Rail />}
        <div className={styles.main}>
          <TopBar />
          {status?.simulated === true ? (
            <div className={styles.simulated} role="note">
              <strong>{t('simulated.word')}</strong>
              <span>{t('simulated.strip')}</span>
            </div>
          ) : null}
          {locked ? (
            <div className={styles.strip} role="note">
              <span>{t('locked.strip')}</span>
              <Button icon="lock" onClick={() => setViewing(false)}>
                {t('locked.unlock')}
              </Button>
            </div>
          ) : null}
          <main className={styles.content}>
            <Outlet />
          </main>
          <StatusBar />
        </div>
      </div>
      <LiveRegion />
    </CommandCentre>
  );
}

function Starting() {
  const t = useT();
  return (
    <main className={styles.blocked} aria-busy="true">
      <h1>{t('starting')}</h1>
      <Skeleton lines={3} />
    </main>
  );
}

function Blocked({ title, text, children }: { title: string; text: string; children?: React.ReactNode }) {
  return (
    <main className={styles.blocked}>
      <h1>{title}</h1>
      <p>{text}</p>
      {children}
    </main>
  );
}
