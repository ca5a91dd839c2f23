/** Settings: appearance, engine, evidence, coalition, pairing, and what this node is made of. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { useLocation } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import type { Settings } from '../../../contract/index.ts';
import { useNode } from '../../client/context.tsx';
import { useMay } from '../../client/may.ts';
import { utc } from '../../format.ts';
import { useT } from '../../language/context.tsx';
import { Ask } from '../../parts/Ask.tsx';
import { Button } from '../../parts/Button.tsx';
import { FullId } from '../../parts/EntityLink.tsx';
import { AreaField, Choice, TextField } from '../../parts/Field.tsx';
import { FullLadder } from '../../parts/Ladder.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { Facts, Page, Section } from '../../parts/Page.tsx';
import { Problem, Thrown } from '../../parts/Problem.tsx';
import { saveFile } from '../../parts/save.ts';
import { Secret } from '../../parts/Secret.tsx';
import { Time } from '../../parts/Time.tsx';
import { Derivation } from '../onboarding/Derivation.tsx';
import styles from './Settings.module.css';
import { useSetSettings } from './use-settings.ts';

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
              <Collateral current={current} />
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

function Appearance({ current }: { current: Settings }) {
  const t = useT();
  const set = useSetSettings();
  return (
    <Section title={t('settings.appearance')}>
      <Choice
        label={t('settings.theme')}
        value={current.theme}
        onChange={(theme) => set.mutate({ theme })}
        options={(['system', 'light', 'dark', 'contrast'] as const).map((value) => ({
          value,
          label: t(`settings.theme.${value}`),
        }))}
      />
      <Choice
        label={t('settings.density')}
        value={current.density}
        onChange={(density) => set.mutate({ density })}
        options={(['normal', 'compact'] as const).map((value) => ({
          value,
          label: t(`settings.density.${value}`),
        }))}
      />
      <Choice
        label={t('settings.language')}
        value={current.language}
        onChange={(language) => set.mutate({ language })}
        options={(['en', 'pseudo'] as const).map((value) => ({
          value,
          label: t(`settings.language.${value}`),
        }))}
      />
      <Choice
        label={t('settings.lens')}
        value={current.lens}
        onChange={(lens) => set.mutate({ lens })}
        options={(['operator', 'mediator', 'auditor'] as const).map((value) => ({
          value,
          label: t(`settings.lens.${value}`),
        }))}
      />
      <p className={styles.note}>{t('settings.lensHelp')}</p>
      <Thrown error={set.error} />
    </Section>
  );
}

function Engine({ current }: { current: Settings }) {
  const t = useT();
  const { api } = useNode();
  const set = useSetSettings();
  const engine = useQuery(api.compute.engine.queryOptions());
  const [endpoint, setEndpoint] = useState(current.engine);
  const [certificates, setCertificates] = useState(current.engineCertificates);
  const [hostKey, setHostKey] = useState(current.engineHostKey);
  const [registries, setRegistries] = useState(current.insecureRegistries.join('\n'));
  const list = registries.split(/\s+/).filter(Boolean);
  const next = {
    engine: endpoint.trim(),
    engineCertificates: certificates.trim(),
    engineHostKey: hostKey.trim(),
    insecureRegistries: list,
  };
  const changed =
    next.engine !== current.engine ||
    next.engineCertificates !== current.engineCertificates ||
    next.engineHostKey !== current.engineHostKey ||
    list.join() !== current.insecureRegistries.join();
  return (
    <div id="settings-engine">
      <Section
        title={t('settings.engine')}
        aside={
          engine.data === undefined ? (
            t('engine.unknown')
          ) : (
            <>
              <Mark kind={engine.data.state === 'ready' ? 'passed' : 'failed'} label="" size={12} />
              {engine.data.sentence}
            </>
          )
        }
      >
        <form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            set.mutate(next, { onSuccess: () => void engine.refetch() });
          }}
        >
          <TextField
            label={t('settings.endpoint')}
            help={t('settings.endpointHelp')}
            value={endpoint}
            onChange={setEndpoint}
            mono
          />
          {endpoint.trim().startsWith('tcp:') || certificates !== '' ? (
            <TextField
              label={t('settings.certificates')}
              help={t('settings.certificatesHelp')}
              value={certificates}
              onChange={setCertificates}
              mono
            />
          ) : null}
          {endpoint.trim().startsWith('ssh:') || hostKey !== '' ? (
            <TextField
              label={t('settings.hostKey')}
              help={t('settings.hostKeyHelp')}
              value={hostKey}
              onChange={setHostKey}
              mono
              placeholder="SHA256:…"
            />
          ) : null}
          <AreaField
            label={t('settings.registries')}
            help={t('settings.registriesHelp')}
            value={registries}
            onChange={setRegistries}
            rows={2}
          />
          <Thrown error={set.error} />
          <div>
            <Button type="submit" disabled={!changed} busy={set.isPending}>
              {t('settings.saveEngine')}
            </Button>
          </div>
        </form>
      </Section>
    </div>
  );
}

function Collateral({ current }: { current: Settings }) {
  const t = useT();
  const set = useSetSettings();
  const [url, setUrl] = useState(current.collateralService);
  return (
    <Section title={t('settings.evidence')}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          set.mutate({ collateralService: url.trim() });
        }}
      >
        <TextField
          label={t('settings.collateral')}
          help={t('settings.collateralHelp')}
          value={url}
          onChange={setUrl}
          mono
        />
        <Thrown error={set.error} />
        <div>
          <Button type="submit" disabled={url.trim() === current.collateralService} busy={set.isPending}>
            {t('settings.saveCollateral')}
          </Button>
        </div>
      </form>
    </Section>
  );
}

function IdentityPart() {
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

function CoalitionPart() {
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

function Pairing() {
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

function Health() {
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
