/** One workload: where it stands, its pull, its load, its log, its usage, and how to end it. */
import { useMutation } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { Workload } from '../../../contract/index.ts';
import { useNode } from '../../client/context.tsx';
import { useMay } from '../../client/may.ts';
import { useStore } from '../../client/store.ts';
import { bytes, cpu, duration, mib, number, shorten, utc } from '../../format.ts';
import { useT } from '../../language/context.tsx';
import { Button } from '../../parts/Button.tsx';
import { Confirm } from '../../parts/Confirm.tsx';
import { EntityLink, FullId, Glyph } from '../../parts/EntityLink.tsx';
import { CheckField } from '../../parts/Field.tsx';
import { FullLadder } from '../../parts/Ladder.tsx';
import { LogView } from '../../parts/LogView.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { NumberField, useNumber } from '../../parts/NumberField.tsx';
import { Operation } from '../../parts/Operation.tsx';
import { DetailHead, Facts, Section, Unknown } from '../../parts/Page.tsx';
import { Plot } from '../../parts/Plot.tsx';
import { Thrown } from '../../parts/Problem.tsx';
import { Tabs } from '../../parts/Tabs.tsx';
import { Since, Time, useNow } from '../../parts/Time.tsx';
import styles from './compute.module.css';
import { Needs, Reasons } from './Needs.tsx';
import { workloadMark, workloadWord } from './states.ts';
import { useLoad, useLogs } from './use-stream.ts';

export function WorkloadDetail({
  workload,
  tab,
  onTab,
}: {
  workload: Workload;
  tab: string;
  onTab: (tab: string) => void;
}) {
  const t = useT();
  const { client } = useNode();
  const may = useMay();
  const [ask, setAsk] = useState<'stop' | 'remove' | null>(null);
  const grace = useNumber(10, 0, 300);
  const [withImage, setWithImage] = useState(false);
  const close = (): void => setAsk(null);
  const stop = useMutation({
    mutationFn: () => client.compute.stop({ id: workload.id, graceSeconds: grace.value ?? 10 }),
    onSuccess: close,
  });
  const remove = useMutation({
    mutationFn: () => client.compute.remove({ id: workload.id, image: withImage }),
    onSuccess: close,
  });
  const running = workload.state === 'running';
  return (
    <div className={styles.detail}>
      <DetailHead
        title={
          <>
            <Glyph id={workload.digest} size={16} />
            {workload.image.replace(/@sha256:.*/, '')}
            <code>{shorten(workload.digest.replace('sha256:', ''), 8, 4)}</code>
          </>
        }
        state={
          <>
            <span className={styles.state}>
              <Mark kind={workloadMark(workload)} label="" />
              {t(workloadWord(workload))}
              {workload.end?.exitCode === null || workload.end === null
                ? ''
                : ` · ${t('compute.exit', { code: workload.end.exitCode })}`}
              {workload.startedAt === null ? null : (
                <>
                  {' · '}
                  <Since at={workload.startedAt} until={workload.endedAt} />
                </>
              )}
            </span>
            <EntityLink
              id={workload.machine}
              label={workload.machineName}
              copy={false}
              target={{ to: '/machines', search: { id: workload.machine } }}
            />
            <FullLadder stage={workload.stage} />
          </>
        }
        actions={
          may('operate') ? (
            <>
              <Button icon="stop" disabled={!running} onClick={() => setAsk('stop')}>
                {t('compute.stop')}
              </Button>
              <Button
                kind="danger"
                disabled={!workload.present || workload.state === 'running' || workload.state === 'submitted'}
                onClick={() => setAsk('remove')}
              >
                {t('compute.remove')}
              </Button>
            </>
          ) : null
        }
      />
      <Tabs
        name={t('compute.detail')}
        value={tab}
        onChange={onTab}
        items={[
          { value: 'overview', label: t('compute.tab.overview'), content: <Overview workload={workload} /> },
          {
            value: 'log',
            label: t('compute.tab.log'),
            fill: true,
            content: <Logs key={`${workload.startedAt ?? ''} ${workload.present}`} workload={workload} />,
          },
          { value: 'usage', label: t('compute.tab.usage'), content: <Usage workload={workload} /> },
          {
            value: 'entries',
            label: t('compute.tab.entries'),
            count: workload.entries.length,
            content: <Entries workload={workload} />,
          },
        ]}
      />
      {ask === 'stop' ? (
        <Confirm
          title={t('compute.stopTitle')}
          text={t('compute.stopText')}
          action={t('compute.stop')}
          mutation={stop}
          onClose={close}
          ready={grace.value !== null}
        >
          <NumberField label={t('compute.grace')} unit={t('compute.seconds')} number={grace} />
        </Confirm>
      ) : null}
      {ask === 'remove' ? (
        <Confirm
          title={t('compute.removeTitle')}
          text={t('compute.removeText')}
          action={t('compute.remove')}
          mutation={remove}
          onClose={close}
          danger
        >
          <CheckField label={t('compute.removeImage')} checked={withImage} onChange={setWithImage} />
        </Confirm>
      ) : null}
    </div>
  );
}

function Overview({ workload }: { workload: Workload }) {
  const t = useT();
  const { live } = useNode();
  const operations = useStore(live.operations);
  const operation = operations.find(
    ({ id, subject }) => id === workload.operation || subject?.id === workload.id,
  );
  return (
    <>
      {operation === undefined ? null : (
        <Section title={t('compute.operation')}>
          <Operation operation={operation} />
        </Section>
      )}
      {workload.end === null ? null : (
        <Section title={t('compute.end')}>
          <p>{workload.end.sentence}</p>
        </Section>
      )}
      {workload.state === 'running' ? <Load workload={workload} /> : null}
      {workload.requirements === null ? (
        workload.reasons.length === 0 ? null : (
          <Section title={t('needs.reasons')}>
            <Reasons reasons={workload.reasons} />
          </Section>
        )
      ) : (
        <Section title={t('compute.requirements')}>
          <Needs requirements={workload.requirements} reasons={workload.reasons} machine={null} />
        </Section>
      )}
      <Section title={t('compute.about')}>
        <Facts
          rows={[
            [t('compute.image'), <code key="i">{workload.image}</code>],
            [t('compute.id'), <FullId key="id" id={workload.id} />],
            [t('compute.submitted'), utc(workload.submittedAt)],
            [
              t('compute.started'),
              workload.startedAt === null ? t('compute.notStarted') : utc(workload.startedAt),
            ],
            [t('compute.ended'), workload.endedAt === null ? t('compute.notEnded') : utc(workload.endedAt)],
            [t('compute.container'), t(workload.present ? 'compute.present' : 'compute.absent')],
          ]}
        />
      </Section>
    </>
  );
}

function Load({ workload }: { workload: Workload }) {
  const t = useT();
  const { samples, error } = useLoad(workload.id);
  const times = useMemo(() => samples.map(({ at }) => at), [samples]);
  const cpus = useMemo(() => samples.map(({ cpuMillicores }) => cpuMillicores), [samples]);
  const memory = useMemo(() => samples.map(({ memoryMib }) => memoryMib), [samples]);
  const last = samples.at(-1);
  const limits = workload.requirements;
  return (
    <Section
      title={t('compute.load')}
      aside={
        last === undefined
          ? t('compute.loadWaiting')
          : t('compute.loadNow', { rx: bytes(last.rxBytes), tx: bytes(last.txBytes), pids: last.pids })
      }
    >
      <div className={styles.plots}>
        <Plot
          title={t('needs.cpu')}
          times={times}
          values={cpus}
          say={(value) => `${number(value / 1000, 2)} vCPU`}
          tick={(value) => number(value / 1000, 1)}
          limit={limits !== null && limits.minCpuMillicores > 0 ? limits.minCpuMillicores : null}
        />
        <Plot
          title={t('needs.ram')}
          times={times}
          values={memory}
          say={(value) => `${number(value, value < 10 ? 1 : 0)} MiB`}
          tick={(value) => number(value)}
          limit={limits !== null && limits.minRamMib > 0 ? limits.minRamMib : null}
        />
      </div>
      <Thrown error={error} />
    </Section>
  );
}

function Logs({ workload }: { workload: Workload }) {
  const t = useT();
  const { lines, dropped, ended, error } = useLogs(workload.id);
  if (workload.startedAt === null)
    return (
      <Section title={t('compute.tab.log')}>
        <p className={styles.note}>{t('compute.noLog')}</p>
      </Section>
    );
  return (
    <div className={styles.log}>
      <LogView
        lines={lines}
        dropped={dropped}
        ended={ended}
        fileName={`${shorten(workload.id, 12, 0).replace('…', '')}.log`}
      />
      <Thrown error={error} />
    </div>
  );
}

function Usage({ workload }: { workload: Workload }) {
  const t = useT();
  const { usage, startedAt, endedAt } = workload;
  const now = useNow(1000);
  const seconds = startedAt === null ? 0 : Math.max(1, ((endedAt ?? now) - startedAt) / 1000);
  return (
    <Section title={t('compute.tab.usage')}>
      {usage === null ? (
        <p>
          <Unknown /> · <span className={styles.note}>{t('compute.noUsage')}</span>
        </p>
      ) : (
        <Facts
          rows={[
            [
              t('usage.cpu'),
              t('usage.cpuValue', {
                seconds: number(usage.cpuMs / 1000, 1),
                average: cpu(seconds === 0 ? 0 : Math.round(usage.cpuMs / seconds)),
              }),
            ],
            [
              t('usage.ram'),
              t('usage.ramValue', {
                amount: number(usage.ramMibSec),
                average: mib(seconds === 0 ? 0 : Math.round(usage.ramMibSec / seconds)),
              }),
            ],
            [t('usage.rx'), bytes(usage.rxBytes)],
            [t('usage.tx'), bytes(usage.txBytes)],
            [t('usage.wall'), duration(t, seconds * 1000)],
          ]}
        />
      )}
    </Section>
  );
}

function Entries({ workload }: { workload: Workload }) {
  const t = useT();
  return (
    <Section title={t('compute.tab.entries')}>
      <ol className={styles.entries}>
        {workload.entries.map((entry) => (
          <li key={entry.index}>
            <EntityLink
              id={String(entry.index)}
              label={number(entry.index)}
              glyph={false}
              copy={false}
              target={{ to: '/chronicle', search: { entry: entry.index } }}
            />
            <span>{entry.kind}</span>
            <span className={styles.note}>
              <Time at={entry.at} />
            </span>
          </li>
        ))}
      </ol>
    </Section>
  );
}
