/** Machines: the list, and the one that is open beside it. */
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Machine } from '../../../contract/index.ts';
import { useNode } from '../../client/context.tsx';
import { useMay } from '../../client/may.ts';
import { cpu, mib } from '../../format.ts';
import { useT } from '../../language/context.tsx';
import type { Translate } from '../../language/translate.ts';
import { Ask } from '../../parts/Ask.tsx';
import { Button } from '../../parts/Button.tsx';
import { DataTable } from '../../parts/DataTable.tsx';
import type { Column } from '../../parts/DataTable.tsx';
import { Empty } from '../../parts/Empty.tsx';
import { Glyph } from '../../parts/EntityLink.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { Menu } from '../../parts/Menu.tsx';
import { Page, Split } from '../../parts/Page.tsx';
import { QueryBar } from '../../parts/QueryBar.tsx';
import { Time } from '../../parts/Time.tsx';
import { Alarms } from './Alarms.tsx';
import { MachineDetail } from './MachineDetail.tsx';
import { RegisterDialog } from './RegisterDialog.tsx';
import { countMachines, markOfMachine, wordOfMachine } from './states.ts';

const route = getRouteApi('/machines');
const rowId = (machine: Machine): string => machine.id;

const columns = (t: Translate): readonly Column<Machine>[] => [
  {
    id: 'name',
    header: t('machines.column.name'),
    width: 'minmax(140px, 2fr)',
    sort: (machine) => machine.name.toLowerCase(),
    cell: (machine) => (
      <>
        <Glyph id={machine.id} />
        <span>{machine.name}</span>
      </>
    ),
  },
  {
    id: 'state',
    header: t('machines.column.state'),
    width: 'minmax(112px, 1fr)',
    sort: (machine) => machine.state,
    cell: (machine) => (
      <>
        <Mark kind={markOfMachine(machine)} label="" />
        <span>{t(wordOfMachine(machine))}</span>
      </>
    ),
  },
  {
    id: 'status',
    header: t('machines.column.status'),
    width: 'minmax(96px, 1fr)',
    sort: (machine) => machine.verdict?.status ?? '',
    cell: (machine) => machine.verdict?.status ?? '–',
  },
  {
    id: 'policy',
    header: t('machines.tab.policy'),
    width: '104px',
    sort: (machine) => machine.verdict?.policy.outcome ?? '',
    cell: ({ verdict }) =>
      // what is refused as evidence is not spoken for by any policy
      verdict === null || verdict.evidence === 'refused' ? (
        '–'
      ) : (
        <>
          <Mark
            kind={
              verdict.policy.outcome === 'refused'
                ? 'failed'
                : verdict.policy.override === null
                  ? 'passed'
                  : 'stale'
            }
            label=""
          />
          <span>
            {t(
              verdict.policy.outcome === 'passed' && verdict.policy.override !== null
                ? 'policy.overrideMark'
                : `policy.${verdict.policy.outcome}`,
            )}
          </span>
        </>
      ),
  },
  {
    id: 'cpu',
    header: t('machines.column.cpu'),
    width: '104px',
    right: true,
    sort: (machine) => machine.offer?.cpuMillicores ?? -1,
    cell: (machine) => (machine.offer === null ? '–' : cpu(machine.offer.cpuMillicores)),
  },
  {
    id: 'ram',
    header: t('machines.column.ram'),
    width: '108px',
    right: true,
    sort: (machine) => machine.offer?.ramMib ?? -1,
    cell: (machine) => (machine.offer === null ? '–' : mib(machine.offer.ramMib)),
  },
  {
    id: 'tdx',
    header: t('machines.column.tdx'),
    width: '64px',
    sort: (machine) => (machine.offer?.tdx === true ? 1 : 0),
    cell: (machine) =>
      machine.offer === null ? '–' : machine.offer.tdx ? t('offer.tdxYes') : t('offer.tdxWithout'),
  },
  {
    id: 'expires',
    header: t('machines.column.expires'),
    width: '128px',
    sort: (machine) => machine.verdict?.collateralExpires ?? '',
    cell: ({ verdict }) =>
      verdict === null || verdict.collateralExpires === null ? (
        '–'
      ) : (
        <Time at={Date.parse(verdict.collateralExpires)} />
      ),
  },
  {
    id: 'registered',
    header: t('machines.column.registered'),
    width: '92px',
    sort: (machine) => machine.registeredAt,
    cell: (machine) => <Time at={machine.registeredAt} />,
  },
];

export function MachinesPage() {
  const t = useT();
  const { api } = useNode();
  const may = useMay();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const query = useQuery(api.machines.list.queryOptions());
  const all = query.data?.machines;
  const words = (search.q ?? '').trim().toLowerCase();
  const rows = useMemo(
    () =>
      (all ?? []).filter(
        ({ name, id, state }) =>
          words === '' || name.toLowerCase().includes(words) || id.startsWith(words) || state === words,
      ),
    [all, words],
  );
  const wide = useMemo(() => columns(t), [t]);
  const narrow = useMemo(() => wide.filter(({ id }) => ['name', 'state', 'policy'].includes(id)), [wide]);
  const open = all?.find(({ id }) => id === search.id) ?? null;
  const set = (change: Partial<typeof search>, replace = true): void =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace });
  return (
    <Page
      title={t('nav.machines')}
      state={all === undefined ? null : t('machines.summary', countMachines(all))}
      actions={
        <>
          <Menu
            name={t('machines.tools')}
            items={[
              { label: t('policy.title'), onSelect: () => void navigate({ to: '/machines/policy' }) },
              {
                label: t('folder.title'),
                onSelect: () => void navigate({ to: '/machines/folder' }),
                disabled: !may('operate'),
              },
              { label: t('bundle.title'), onSelect: () => void navigate({ to: '/machines/bundle' }) },
            ]}
          />
          {may('operate') ? (
            <Button kind="primary" icon="plus" onClick={() => set({ do: 'register' })}>
              {t('machines.register')}
            </Button>
          ) : null}
        </>
      }
      fixed
    >
      <Split
        name={t('machines.detail')}
        onClose={() => set({ id: undefined, tab: undefined })}
        detail={
          search.id === undefined || all === undefined ? null : open === null ? (
            <Empty icon="machines" title={t('machines.gone')} text={t('machines.goneText')} />
          ) : (
            <MachineDetail
              key={open.id}
              machine={open}
              tab={search.tab ?? ''}
              onTab={(tab) => set({ tab })}
            />
          )
        }
        list={
          <Ask query={query} lines={10}>
            {({ machines }) =>
              machines.length === 0 ? (
                <Empty
                  icon="machines"
                  title={t('machines.empty')}
                  text={t('machines.emptyText')}
                  action={
                    <Button kind="primary" icon="plus" onClick={() => set({ do: 'register' })}>
                      {t('machines.emptyAction')}
                    </Button>
                  }
                />
              ) : (
                <>
                  <Alarms brief={search.id !== undefined} />
                  <QueryBar
                    label={t('machines.filter')}
                    placeholder={t('machines.filterHint')}
                    value={search.q ?? ''}
                    onSubmit={(q) => set({ q })}
                    live
                  />
                  <DataTable
                    name={t('nav.machines')}
                    columns={search.id === undefined ? wide : narrow}
                    rows={rows}
                    rowId={rowId}
                    rowName={(machine) => `${machine.name}, ${t(wordOfMachine(machine))}`}
                    selected={search.id ?? null}
                    onSelect={(id) => set({ id }, search.id !== undefined)}
                    sort={search.sort ?? 'name'}
                    onSort={(sort) => set({ sort })}
                  />
                </>
              )
            }
          </Ask>
        }
      />
      {search.do === 'register' ? (
        <RegisterDialog
          onClose={() => set({ do: undefined })}
          onDone={(machine) => {
            void query.refetch();
            set({ do: undefined, id: machine.id });
          }}
        />
      ) : null}
    </Page>
  );
}
