/** Where collateral comes from, when machines are challenged and warned about, and what the cache keeps. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Settings } from '../../../contract/index.ts';
import { useNode } from '../../client/context.tsx';
import { useMay } from '../../client/may.ts';
import { useT } from '../../language/context.tsx';
import { Ask } from '../../parts/Ask.tsx';
import { Button } from '../../parts/Button.tsx';
import { Deadline } from '../../parts/Deadline.tsx';
import { Choice, Fields, TextField } from '../../parts/Field.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { NumberField, useNumber } from '../../parts/NumberField.tsx';
import { Section } from '../../parts/Page.tsx';
import { Thrown } from '../../parts/Problem.tsx';
import { Time } from '../../parts/Time.tsx';
import styles from './Settings.module.css';
import { useSetSettings } from './use-settings.ts';

export function Collateral({ current }: { current: Settings }) {
  const t = useT();
  const set = useSetSettings();
  const [url, setUrl] = useState(current.collateralService);
  const [proxy, setProxy] = useState(current.collateralProxy);
  const [ca, setCa] = useState(current.collateralCa);
  const [update, setUpdate] = useState(current.collateralUpdate);
  const seconds = useNumber(current.collateralSeconds, 1, 120);
  const next = {
    collateralService: url.trim(),
    collateralProxy: proxy.trim(),
    collateralCa: ca.trim(),
    collateralUpdate: update,
    collateralSeconds: seconds.value ?? current.collateralSeconds,
  };
  return (
    <Section title={t('settings.evidence')}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          set.mutate(next);
        }}
      >
        <TextField
          label={t('settings.collateral')}
          help={t('settings.collateralHelp')}
          value={url}
          onChange={setUrl}
          mono
        />
        <Fields columns={3}>
          <TextField
            label={t('settings.proxy')}
            help={t('settings.proxyHelp')}
            value={proxy}
            onChange={setProxy}
            placeholder="http://proxy.example:3128"
            mono
          />
          <TextField label={t('settings.ca')} help={t('settings.caHelp')} value={ca} onChange={setCa} mono />
          <NumberField
            label={t('settings.timeout')}
            help={t('settings.timeoutHelp')}
            unit={t('settings.seconds')}
            number={seconds}
          />
        </Fields>
        <Choice
          label={t('settings.update')}
          value={update}
          onChange={setUpdate}
          options={(['standard', 'early'] as const).map((value) => ({
            value,
            label: t(`settings.update.${value}`),
          }))}
        />
        <p className={styles.note}>{t('settings.updateHelp')}</p>
        <Thrown error={set.error} />
        <div>
          <Button
            type="submit"
            disabled={seconds.value === null || !differs(next, current)}
            busy={set.isPending}
          >
            {t('settings.saveCollateral')}
          </Button>
        </div>
      </form>
    </Section>
  );
}

const differs = (next: Partial<Settings>, current: Settings): boolean =>
  Object.entries(next).some(([name, value]) => current[name as keyof Settings] !== value);

export function Challenges({ current }: { current: Settings }) {
  const t = useT();
  const set = useSetSettings();
  const hours = useNumber(current.challengeHours, 0, 720);
  const minutes = useNumber(current.challengeMinutes, 1, 10_080);
  const days = useNumber(current.alarmDays, 1, 60);
  const [helper, setHelper] = useState(current.quoteHelper);
  const next =
    hours.value === null || minutes.value === null || days.value === null
      ? null
      : {
          challengeHours: hours.value,
          challengeMinutes: minutes.value,
          alarmDays: days.value,
          quoteHelper: helper.trim(),
        };
  return (
    <Section title={t('settings.challenges')}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (next !== null) set.mutate(next);
        }}
      >
        <Fields columns={3}>
          <NumberField
            label={t('settings.challengeHours')}
            help={t(hours.value === 0 ? 'settings.onDemand' : 'settings.challengeHoursHelp')}
            unit={t('settings.hours')}
            number={hours}
          />
          <NumberField
            label={t('settings.challengeMinutes')}
            help={t('settings.challengeMinutesHelp')}
            unit={t('settings.minutes')}
            number={minutes}
          />
          <NumberField
            label={t('settings.alarmDays')}
            help={t('settings.alarmDaysHelp')}
            unit={t('settings.days')}
            number={days}
          />
        </Fields>
        <TextField
          label={t('settings.quoteHelper')}
          help={t('settings.quoteHelperHelp')}
          value={helper}
          onChange={setHelper}
          mono
        />
        <Thrown error={set.error} />
        <div>
          <Button type="submit" disabled={next === null || !differs(next, current)} busy={set.isPending}>
            {t('settings.saveChallenges')}
          </Button>
        </div>
      </form>
    </Section>
  );
}

const DAY = 86_400_000;

export function CollateralCache({ alarmDays }: { alarmDays: number }) {
  const t = useT();
  const { api, client } = useNode();
  const may = useMay();
  const query = useQuery(api.attestation.collateral.queryOptions());
  const refresh = useMutation({
    mutationFn: () => client.attestation.refreshCollateral(),
    onSettled: () => void query.refetch(),
  });
  const some = (query.data?.entries.length ?? 0) > 0;
  return (
    <div id="settings-collateral">
      <Section
        title={t('cache.title')}
        aside={
          may('operate') && some ? (
            <Button icon="retry" busy={refresh.isPending} onClick={() => refresh.mutate()}>
              {t('cache.refresh')}
            </Button>
          ) : null
        }
      >
        <Thrown error={refresh.error} />
        <Ask query={query} lines={3}>
          {({ service, entries }) =>
            entries.length === 0 ? (
              <p className={styles.note}>{t('cache.empty')}</p>
            ) : (
              <>
                <p className={styles.note}>{t('cache.from', { service, n: entries.length })}</p>
                <ul className={styles.cache}>
                  {entries.map((entry) => (
                    <li key={`${entry.fmspc} ${entry.ca} ${entry.mode}`}>
                      <CacheEntry entry={entry} notice={alarmDays * DAY} />
                    </li>
                  ))}
                </ul>
              </>
            )
          }
        </Ask>
      </Section>
    </div>
  );
}

interface Entry {
  readonly fmspc: string;
  readonly ca: 'platform' | 'processor';
  readonly mode: string;
  readonly fetchedAt: number | null;
  readonly expires: number | null;
  readonly evaluationNumber: number | null;
  readonly rolledBack: boolean;
  readonly refresh: string;
  readonly nextRefresh: number | null;
}

function CacheEntry({ entry, notice }: { entry: Entry; notice: number }) {
  const t = useT();
  const { fmspc, ca, mode, fetchedAt, expires, evaluationNumber, rolledBack, refresh, nextRefresh } = entry;
  const failed = refresh !== 'fresh' && refresh !== 'refreshing';
  const name = t('cache.entry', { fmspc, ca, mode });
  const facts = (
    <span className={styles.cacheFacts}>
      {evaluationNumber === null ? null : <span>{t('cache.evaluation', { n: evaluationNumber })}</span>}
      {fetchedAt === null ? null : (
        <span>
          {t('cache.fetched')} <Time at={fetchedAt} />
        </span>
      )}
      <span>
        <Mark kind={failed ? 'failed' : refresh === 'fresh' ? 'passed' : 'running'} label="" size={12} />{' '}
        {refresh === 'fresh' ? t('cache.fresh') : refresh === 'refreshing' ? t('cache.refreshing') : refresh}
      </span>
      {nextRefresh === null ? null : (
        <span>
          {t('cache.next')} <Time at={nextRefresh} />
        </span>
      )}
      {rolledBack ? (
        <span>
          <Mark kind="failed" label="" size={12} /> {t('cache.rolledBack')}
        </span>
      ) : null}
    </span>
  );
  return expires === null ? (
    <div>
      <strong>{name}</strong>
      {facts}
    </div>
  ) : (
    <Deadline name={name} from={fetchedAt ?? expires} until={expires} notice={notice} text={facts} />
  );
}
