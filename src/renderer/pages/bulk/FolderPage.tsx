/** A folder of quotes on the node's machine: verified as an operation, shown as a table, saved as CSV or JSON. */
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { BulkRow } from '../../../contract/index.ts';
import { useNode } from '../../client/context.tsx';
import { useStore } from '../../client/store.ts';
import { number } from '../../format.ts';
import { useT } from '../../language/context.tsx';
import type { Translate } from '../../language/translate.ts';
import { Ask } from '../../parts/Ask.tsx';
import { Button } from '../../parts/Button.tsx';
import { DataTable } from '../../parts/DataTable.tsx';
import type { Column } from '../../parts/DataTable.tsx';
import { Empty } from '../../parts/Empty.tsx';
import { Choice } from '../../parts/Field.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { Operation } from '../../parts/Operation.tsx';
import { Page, Split } from '../../parts/Page.tsx';
import { QueryBar } from '../../parts/QueryBar.tsx';
import { saveFile } from '../../parts/save.ts';
import { bulkCsv } from '../machines/bulk-csv.ts';
import styles from './Folder.module.css';
import { FolderRow, groupOf, markOf } from './FolderRow.tsx';
import type { Group } from './FolderRow.tsx';
import { FolderStart } from './FolderStart.tsx';

const route = getRouteApi('/machines/folder');
const OUTCOMES = ['all', 'genuine', 'simulated', 'incomplete', 'refused', 'unreadable'] as const;
type OutcomeFilter = (typeof OUTCOMES)[number];
/** While an operation runs, its rows are asked for this often. */
const POLL_MS = 2000;

const columns = (t: Translate): readonly Column<BulkRow>[] => [
  {
    id: 'file',
    header: t('folder.file'),
    width: 'minmax(160px, 2fr)',
    sort: (row) => row.file,
    cell: (row) => <code>{row.file}</code>,
  },
  {
    id: 'evidence',
    header: t('folder.evidence'),
    width: 'minmax(120px, 1fr)',
    sort: groupOf,
    cell: (row) => (
      <>
        <Mark
          kind={markOf(row)}
          label={row.simulated && groupOf(row) !== 'simulated' ? t('mark.simulated') : ''}
        />
        <span>{t(`folder.outcome.${groupOf(row)}`)}</span>
      </>
    ),
  },
  {
    id: 'status',
    header: t('machines.column.status'),
    width: 'minmax(110px, 1fr)',
    sort: (row) => row.status ?? row.code ?? '',
    cell: (row) => row.status ?? (row.code === null ? '–' : <code>{row.code}</code>),
  },
  {
    id: 'policy',
    header: t('folder.policy'),
    width: '96px',
    sort: (row) => row.policy ?? '',
    cell: (row) =>
      row.policy === null ? (
        '–'
      ) : (
        <>
          <Mark kind={row.policy === 'passed' ? 'passed' : 'failed'} label="" />
          <span>{t(`policy.${row.policy}`)}</span>
        </>
      ),
  },
  {
    id: 'fmspc',
    header: 'FMSPC',
    width: '120px',
    sort: (row) => row.fmspc ?? '',
    cell: (row) => (row.fmspc === null ? '–' : <code>{row.fmspc}</code>),
  },
  {
    id: 'expires',
    header: t('machines.column.expires'),
    width: '128px',
    sort: (row) => row.collateralExpires ?? '',
    cell: (row) => row.collateralExpires?.slice(0, 10) ?? '–',
  },
];

export function FolderPage() {
  const t = useT();
  const { api, live } = useNode();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const operation = useStore(live.operations).find(({ id }) => id === search.operation);
  const query = useQuery({
    ...api.attestation.folderResult.queryOptions({ input: { operation: search.operation ?? '' } }),
    enabled: search.operation !== undefined,
    refetchInterval: ({ state }) => (state.data?.done === false ? POLL_MS : false),
  });
  const all = query.data?.rows;
  const outcome = OUTCOMES.find((one) => one === search.outcome) ?? 'all';
  const words = (search.q ?? '').trim().toLowerCase();
  const rows = useMemo(
    () =>
      (all ?? []).filter(
        (row) => (outcome === 'all' || groupOf(row) === outcome) && (words === '' || says(row, words)),
      ),
    [all, outcome, words],
  );
  const tally = useMemo(() => tallyOf(all ?? []), [all]);
  const wide = useMemo(() => columns(t), [t]);
  const open = all?.find(({ file }) => file === search.id);
  const set = (change: Partial<typeof search>): void =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  return (
    <Page
      title={t('folder.title')}
      state={
        all === undefined
          ? null
          : t('folder.state', {
              n: all.length,
              total: number(all.length),
              genuine: number(tally.genuine),
              incomplete: number(tally.incomplete),
              refused: number(tally.refused),
              unreadable: number(tally.unreadable),
              simulated: tally.simulated,
            })
      }
      actions={
        <>
          {all === undefined || all.length === 0 ? null : (
            <>
              <Button
                icon="download"
                onClick={() => saveFile('quotes.csv', [bulkCsv(rows)], 'text/csv;charset=utf-8')}
              >
                {t('folder.csv')}
              </Button>
              <Button
                icon="download"
                onClick={() =>
                  saveFile('quotes.json', [`${JSON.stringify(rows, null, 2)}\n`], 'application/json')
                }
              >
                {t('folder.json')}
              </Button>
            </>
          )}
          <Link to="/machines">{t('policy.back')}</Link>
        </>
      }
      fixed={search.operation !== undefined}
    >
      {search.operation === undefined ? (
        <FolderStart onStarted={(id) => set({ operation: id })} />
      ) : (
        <Split
          name={t('folder.detail')}
          onClose={() => set({ id: undefined })}
          detail={open === undefined ? null : <FolderRow row={open} />}
          list={
            <Ask query={query} lines={10}>
              {({ rows: found, done }) => (
                <>
                  {operation === undefined ? null : (
                    <div className={styles.operation}>
                      <Operation operation={operation} />
                    </div>
                  )}
                  <div className={styles.filter}>
                    <Choice<OutcomeFilter>
                      label={t('folder.filter')}
                      value={outcome}
                      onChange={(next) => set({ outcome: next === 'all' ? undefined : next })}
                      options={OUTCOMES.filter(
                        (value) => value !== 'simulated' || value === outcome || tally[value] > 0,
                      ).map((value) => ({
                        value,
                        label: t('folder.choice', {
                          name: t(`folder.outcome.${value}`),
                          n: number(value === 'all' ? found.length : tally[value]),
                        }),
                      }))}
                    />
                    <Button onClick={() => set({ operation: undefined, id: undefined, q: undefined })}>
                      {t('folder.another')}
                    </Button>
                  </div>
                  <QueryBar
                    label={t('folder.find')}
                    placeholder={t('folder.findHint')}
                    value={search.q ?? ''}
                    onSubmit={(q) => set({ q })}
                    live
                  />
                  {rows.length === 0 ? (
                    <Empty
                      icon="file"
                      title={t(done ? 'folder.nothing' : 'folder.notYet')}
                      text={t(
                        found.length > 0 ? 'folder.nothingMatches' : done ? 'folder.noQuotes' : 'folder.wait',
                      )}
                    />
                  ) : (
                    <DataTable
                      name={t('folder.title')}
                      columns={open === undefined ? wide : wide.slice(0, 3)}
                      rows={rows}
                      rowId={(row) => row.file}
                      rowName={(row) => `${row.file}, ${t(`folder.outcome.${groupOf(row)}`)}`}
                      selected={search.id ?? null}
                      onSelect={(id) => set({ id })}
                      sort={search.sort ?? 'file'}
                      onSort={(sort) => set({ sort })}
                    />
                  )}
                </>
              )}
            </Ask>
          }
        />
      )}
    </Page>
  );
}

const says = (row: BulkRow, words: string): boolean =>
  [row.file, row.code, row.status, row.fmspc, row.ppid, row.mrTd].some(
    (value) => value !== null && value.toLowerCase().includes(words),
  );

/** How many rows there are of each group; together they are all rows. */
function tallyOf(rows: readonly BulkRow[]): Readonly<Record<Group, number>> {
  const tally = { genuine: 0, simulated: 0, incomplete: 0, refused: 0, unreadable: 0 };
  for (const row of rows) tally[groupOf(row)]++;
  return tally;
}
