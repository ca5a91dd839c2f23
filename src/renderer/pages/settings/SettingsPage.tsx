/** Settings: appearance, engine, network, evidence, coalition, pairing, and what this node is made of. */
import { useQuery } from '@tanstack/react-query';
import { useLocation } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useNode } from '../../client/context.tsx';
import { utc } from '../../format.ts';
import { useT } from '../../language/context.tsx';
import { Ask } from '../../parts/Ask.tsx';
import { Facts, Page, Section } from '../../parts/Page.tsx';
import { Problem } from '../../parts/Problem.tsx';
import { Time } from '../../parts/Time.tsx';
import styles from './Settings.module.css';
import { Challenges, Collateral, CollateralCache } from './EvidenceSettings.tsx';
import { NetworkPart } from './NetworkSettings.tsx';
import { Appearance, Engine } from './NodeSettings.tsx';
import { IdentityPart, CoalitionPart, Pairing, Health } from './NodeParts.tsx';

export function SettingsPage() {
  const t = useT();
  const { api } = useNode();
  const settings = useQuery(api.settings.get.queryOptions());
  const about = useQuery(api.settings.about.queryOptions());
  const { hash } = useLocation();
  const loaded = settings.data !== undefined && about.data !== undefined;
  useEffect(() => {
    if (loaded && hash !== '')
      document.getElementById(`settings-${hash}`)?.scrollIntoView({ block: 'start' });
  }, [hash, loaded]);
  return (
    <Page
      title={t('nav.settings')}
      state={
        about.data === undefined
          ? null
          : t('settings.state', { version: about.data.version, host: t(`host.${about.data.host}`) })
      }
    >
      <div className={styles.column}>
        <Ask query={about} lines={2}>
          {({ problems }) =>
            problems.length === 0 ? null : (
              <div id="settings-problems" className={styles.problems}>
                {problems.map((problem, i) => (
                  // oxlint-disable-next-line react/no-array-index-key -- the same problem may stand twice
                  <Problem key={i} problem={problem} />
                ))}
              </div>
            )
          }
        </Ask>
        <Ask query={settings}>
          {(current) => (
            <>
              <Appearance current={current} />
              <Engine current={current} />
              <NetworkPart current={current} />
              <Collateral current={current} />
              <CollateralCache alarmDays={current.alarmDays} />
              <Challenges current={current} />
            </>
          )}
        </Ask>
        <IdentityPart />
        <CoalitionPart />
        <Pairing />
        <Health />
        <Ask query={about}>
          {(node) => (
            <Section title={t('settings.about')}>
              <Facts
                rows={[
                  [t('about.version'), node.version],
                  [t('about.contract'), String(node.contract)],
                  [t('about.host'), t(`host.${node.host}`)],
                  [t('about.runtime'), node.runtime],
                  [t('about.data'), <code key="d">{node.dataFolder}</code>],
                  [
                    t('about.started'),
                    <span key="s">
                      {utc(node.startedAt)} (<Time at={node.startedAt} />)
                    </span>,
                  ],
                  [
                    t('about.session'),
                    t('about.sessionText', {
                      door: node.session.door,
                      scopes: node.session.scopes.join(', '),
                    }),
                  ],
                ]}
              />
            </Section>
          )}
        </Ask>
      </div>
    </Page>
  );
}
