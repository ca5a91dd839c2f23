/** Settings of the interface and the engine. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Settings } from '../../../contract/index.ts';
import { useNode } from '../../client/context.tsx';
import { useT } from '../../language/context.tsx';
import { Button } from '../../parts/Button.tsx';
import { AreaField, Choice, TextField } from '../../parts/Field.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { Section } from '../../parts/Page.tsx';
import { Thrown } from '../../parts/Problem.tsx';
import styles from './Settings.module.css';
import { useSetSettings } from './use-settings.ts';

export function Appearance({ current }: { current: Settings }) {
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

export function Engine({ current }: { current: Settings }) {
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
