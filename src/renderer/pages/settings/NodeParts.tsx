/** What this node is: identity, coalition, pairing, health of its store. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useNode } from '../../client/context.tsx';
import { useMay } from '../../client/may.ts';
import { utc } from '../../format.ts';
import { useT } from '../../language/context.tsx';
import { Ask } from '../../parts/Ask.tsx';
import { Button } from '../../parts/Button.tsx';
import { FullId } from '../../parts/EntityLink.tsx';
import { Choice } from '../../parts/Field.tsx';
import { FullLadder } from '../../parts/Ladder.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { Facts, Section } from '../../parts/Page.tsx';
import { Thrown } from '../../parts/Problem.tsx';
import { saveFile } from '../../parts/save.ts';
import { Secret } from '../../parts/Secret.tsx';
import { Time } from '../../parts/Time.tsx';
import { Derivation } from '../onboarding/Derivation.tsx';
import styles from './Settings.module.css';

export function IdentityPart() {
  const t = useT();
  const { api, client } = useNode();
  const may = useMay();
  const query = useQuery(api.identity.get.queryOptions());
  const lock = useMutation({
    mutationFn: () => client.identity.lock(),
    onSuccess: () => void query.refetch(),
  });
  return (
    <Ask query={query}>
      {(identity) => (
        <Section
          title={t('settings.identity')}
          aside={
            may('admin') && identity.state === 'ready' && identity.vault.needsPassphrase ? (
              <Button kind="quiet" icon="lock" busy={lock.isPending} onClick={() => lock.mutate()}>
                {t('settings.lock')}
              </Button>
            ) : null
          }
        >
          <Facts
            rows={[
              [t('identity.name'), identity.name ?? t('unknown')],
              [
                t('settings.peerId'),
                identity.peerId === null ? t('unknown') : <FullId key="p" id={identity.peerId} />,
              ],
              [
                t('settings.peerKey'),
                identity.peer === null ? t('unknown') : <FullId key="k" id={identity.peer} />,
              ],
              [t('settings.keys'), `${t(`identity.state.${identity.state}`)}. ${identity.vault.protection}`],
            ]}
          />
          <Thrown error={lock.error} />
        </Section>
      )}
    </Ask>
  );
}

export function CoalitionPart() {
  const t = useT();
  const { api, client } = useNode();
  const query = useQuery(api.coalition.get.queryOptions());
  const save = useMutation({
    mutationFn: () => client.coalition.export(),
    onSuccess: ({ name, file }) => saveFile(name, [file], 'application/json'),
  });
  return (
    <div id="settings-coalition">
      <Ask query={query}>
        {({ current }) =>
          current === null ? null : (
            <Section
              title={t('settings.coalition')}
              aside={
                <Button kind="quiet" icon="download" busy={save.isPending} onClick={() => save.mutate()}>
                  {t('settings.coalitionFile')}
                </Button>
              }
            >
              <Facts
                rows={[
                  [t('coalition.name'), current.config.instanceName],
                  [t('settings.role'), t(`coalition.role.${current.role}`)],
                  [t('settings.since'), utc(current.since)],
                  [t('settings.entry'), <FullLadder key="l" stage={current.stage} />],
                ]}
              />
              <Derivation steps={current.derivation} id={current.id} />
              <Thrown error={save.error} />
            </Section>
          )
        }
      </Ask>
    </div>
  );
}

export function Pairing() {
  const t = useT();
  const { api, client } = useNode();
  const may = useMay();
  const about = useQuery(api.settings.about.queryOptions());
  const pair = useMutation({
    mutationFn: (scopes: ('view' | 'operate' | 'audit' | 'admin')[]) => client.settings.pair({ scopes }),
  });
  const [scopes, setScopes] = useState<'admin' | 'operate' | 'audit' | 'view'>('view');
  if (about.data?.capabilities.includes('pair') !== true || !may('admin')) return null;
  return (
    <Section title={t('settings.pairing')}>
      <p className={styles.note}>{t('settings.pairingText')}</p>
      <Choice
        label={t('settings.scope')}
        value={scopes}
        onChange={setScopes}
        options={(['view', 'audit', 'operate', 'admin'] as const).map((value) => ({
          value,
          label: t(`scope.${value}`),
        }))}
      />
      <div>
        <Button icon="link" busy={pair.isPending} onClick={() => pair.mutate([scopes])}>
          {t('settings.pair')}
        </Button>
      </div>
      {pair.data === undefined ? null : (
        <>
          <Secret label={t('settings.pairLink')} text={pair.data.url} />
          <p className={styles.note}>
            {t('settings.pairExpires')} <Time at={pair.data.expires} />
          </p>
        </>
      )}
      <Thrown error={pair.error} />
    </Section>
  );
}

export function Health() {
  const t = useT();
  const { api } = useNode();
  const query = useQuery(api.chronicle.health.queryOptions());
  return (
    <Ask query={query} lines={3}>
      {({ startup, background, writable }) => (
        <Section
          title={t('settings.health')}
          aside={writable ? null : <strong>{t('settings.notWritable')}</strong>}
        >
          <ul className={styles.checks}>
            {startup.map((check) => (
              <li key={check.id}>
                <Mark kind={check.outcome} />
                <span>{check.detail}</span>
              </li>
            ))}
            <li>
              <Mark
                kind={
                  background.state === 'passed'
                    ? 'passed'
                    : background.state === 'failed'
                      ? 'failed'
                      : background.state === 'running'
                        ? 'running'
                        : 'not-checked'
                }
              />
              <span>{background.sentence}</span>
            </li>
          </ul>
        </Section>
      )}
    </Ask>
  );
}
