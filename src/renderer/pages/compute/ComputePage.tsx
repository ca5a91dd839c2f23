/** Compute: the engine's state, the workloads, and the one that is open. */
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Workload } from '../../../contract/index.ts';
import { useNode } from '../../client/context.tsx';
import { useMay } from '../../client/may.ts';
import { shorten, shortenImage } from '../../format.ts';
import { useT } from '../../language/context.tsx';
import type { Translate } from '../../language/translate.ts';
import { Ask } from '../../parts/Ask.tsx';
import { Button } from '../../parts/Button.tsx';
import { DataTable } from '../../parts/DataTable.tsx';
import type { Column } from '../../parts/DataTable.tsx';
import { Empty } from '../../parts/Empty.tsx';
import { Glyph } from '../../parts/EntityLink.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { Page, Split } from '../../parts/Page.tsx';
import { QueryBar } from '../../parts/QueryBar.tsx';
import { Since, Time } from '../../parts/Time.tsx';
import styles from './compute.module.css';
import { workloadMark, workloadWord } from './states.ts';
import { SubmitDialog } from './SubmitDialog.tsx';
import { WorkloadDetail } from './WorkloadDetail.tsx';

const route = getRouteApi('/compute');
const rowId = (workload: Workload): string => workload.id;
const nameOf = (image: string): string => image.replace(/@sha256:.*/, '');

const columns = (t: Translate): readonly Column<Workload>[] => [
  {
    id: 'image',
    header: t('compute.column.image'),
    width: 'minmax(180px, 3fr)',
    sort: (workload) => workload.image,
    cell: (workload) => (
      <>
        <Glyph id={workload.digest} />
        <span title={workload.image}>{nameOf(workload.image)}</span>
        <code className={styles.digest}>{shorten(workload.digest.replace('sha256:', ''), 8, 0)}</code>
      </>
    ),
  },
  {
    id: 'state',
    header: t('compute.column.state'),
    width: 'minmax(112px, 1fr)',
    sort: (workload) => `${workload.state} ${workload.end?.reason ?? ''}`,
    cell: (workload) => (
      <>
        <Mark kind={workloadMark(workload)} label="" />
        <span>{t(workloadWord(workload))}</span>
      </>
    ),
  },
  {
    id: 'machine',
    header: t('compute.column.machine'),
    width: 'minmax(96px, 1.4fr)',
    sort: (workload) => workload.machineName,
    cell: (workload) => workload.machineName,
  },
  {
    id: 'run',
    header: t('compute.column.run'),
    width: '96px',
    right: true,
    sort: (workload) =>
      workload.startedAt === null ? 0 : (workload.endedAt ?? Date.now()) - workload.startedAt,
    cell: (workload) =>
      workload.startedAt === null ? '–' : <Since at={workload.startedAt} until={workload.endedAt} />,
  },
  {
    id: 'submitted',
    header: t('compute.column.submitted'),
    width: '96px',
    sort: (workload) => workload.submittedAt,
    cell: (workload) => <Time at={workload.submittedAt} />,
  },
];

export function ComputePage() {
  const t = useT();
  const { api } = useNode();
  const may = useMay();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const query = useQuery(api.compute.list.queryOptions());
  const engine = useQuery(api.compute.engine.queryOptions());
  const all = query.data?.workloads;
  const words = (search.q ?? '').trim().toLowerCase();
  const rows = useMemo(
    () =>
      (all ?? []).filter(
        (workload) =>
          words === '' ||
          workload.image.toLowerCase().includes(words) ||
          workload.id.startsWith(words) ||
          workload.machineName.toLowerCase().includes(words) ||
          workload.state === words,
      ),
    [all, words],
  );
  const wide = useMemo(() => columns(t), [t]);
  const narrow = useMemo(() => wide.filter(({ id }) => ['image', 'state'].includes(id)), [wide]);
  const set = (change: Partial<typeof search>, replace = true): void =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace });
  const open = all?.find(({ id }) => id === search.id) ?? null;
  const running = (all ?? []).filter(({ state }) => state === 'running' || state === 'submitted').length;
  return (
    <Page
      title={t('nav.compute')}
      state={all === undefined ? null : t('compute.summary', { n: all.length, running })}
      actions={
        may('operate') ? (
          <Button kind="primary" icon="plus" onClick={() => set({ do: 'submit' })}>
            {t('compute.submit')}
          </Button>
        ) : null
      }
      fixed
    >
      <Split
        name={t('compute.detail')}
        onClose={() => set({ id: undefined, tab: undefined })}
        detail={
          search.id === undefined || all === undefined ? null : open === null ? (
            <Empty icon="compute" title={t('compute.gone')} text={t('compute.goneText')} />
          ) : (
            <WorkloadDetail
              key={open.id}
              workload={open}
              tab={search.tab ?? ''}
              onTab={(tab) => set({ tab })}
            />
          )
        }
        list={
          <>
            <div className={styles.engine} role="status">
              {engine.data === undefined ? (
                <>
                  <Mark kind="not-checked" label="" size={12} />
                  <span>{t('engine.unknown')}</span>
                  {engine.error === null ? null : (
                    <Button kind="quiet" onClick={() => void engine.refetch()}>
                      {t('action.retry')}
                    </Button>
                  )}
                </>
              ) : (
                <>
                  <Mark kind={engine.data.state === 'ready' ? 'passed' : 'failed'} label="" size={12} />
                  <span>
                    {engine.data.state === 'ready'
                      ? `${engine.data.name ?? ''} ${engine.data.version ?? ''}`.trim() ||
                        engine.data.sentence
                      : engine.data.sentence}
                  </span>
                  <code>{engine.data.endpoint}</code>
                  {engine.data.state === 'ready' ? null : (
                    <>
                      <Button kind="quiet" busy={engine.isFetching} onClick={() => void engine.refetch()}>
                        {t('action.retry')}
                      </Button>
                      <Link to="/settings" hash="engine">
                        {t('engine.change')}
                      </Link>
                    </>
                  )}
                </>
              )}
            </div>
            <Ask query={query} lines={10}>
              {({ workloads }) =>
                workloads.length === 0 ? (
                  <Empty
                    icon="compute"
                    title={t('compute.empty')}
                    text={t('compute.emptyText')}
                    action={
                      <Button kind="primary" icon="plus" onClick={() => set({ do: 'submit' })}>
                        {t('compute.emptyAction')}
                      </Button>
                    }
                  />
                ) : (
                  <>
                    <QueryBar
                      label={t('compute.filter')}
                      placeholder={t('compute.filterHint')}
                      value={search.q ?? ''}
                      onSubmit={(q) => set({ q })}
                      live
                    />
                    <DataTable
                      name={t('compute.workloads')}
                      columns={search.id === undefined ? wide : narrow}
                      rows={rows}
                      rowId={rowId}
                      rowName={(workload) => `${shortenImage(workload.image)}, ${t(workloadWord(workload))}`}
                      selected={search.id ?? null}
                      onSelect={(id) => set({ id }, search.id !== undefined)}
                      sort={search.sort ?? '-submitted'}
                      onSort={(sort) => set({ sort })}
                    />
                  </>
                )
              }
            </Ask>
          </>
        }
      />
      {search.do === 'submit' ? (
        <SubmitDialog
          onClose={() => set({ do: undefined })}
          onDone={(workload) => {
            void query.refetch();
            set({ do: undefined, id: workload.id });
          }}
        />
      ) : null}
    </Page>
  );
}
