/** Tickets: who may come in, until when; issue, revoke, verify. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { MAX_TICKETS } from '../../../contract/index.ts';
import type { Ticket } from '../../../contract/index.ts';
import { useNode } from '../../client/context.tsx';
import { useMay } from '../../client/may.ts';
import { useT } from '../../language/context.tsx';
import type { Translate } from '../../language/translate.ts';
import { Ask } from '../../parts/Ask.tsx';
import { Button } from '../../parts/Button.tsx';
import { DataTable } from '../../parts/DataTable.tsx';
import type { Column } from '../../parts/DataTable.tsx';
import { Empty } from '../../parts/Empty.tsx';
import { EntityLink } from '../../parts/EntityLink.tsx';
import { Ladder } from '../../parts/Ladder.tsx';
import { Mark } from '../../parts/Mark.tsx';
import type { MarkKind } from '../../parts/Mark.tsx';
import { Page, Split } from '../../parts/Page.tsx';
import { QueryBar } from '../../parts/QueryBar.tsx';
import { Time } from '../../parts/Time.tsx';
import { IssueDialog } from './IssueDialog.tsx';
import styles from './tickets.module.css';
import { TicketDetail } from './TicketDetail.tsx';
import { VerifyDialog } from './VerifyDialog.tsx';

export const ticketMarks: Readonly<Record<Ticket['state'], MarkKind>> = {
  valid: 'passed',
  'not-yet': 'stale',
  expired: 'ended',
  revoked: 'failed',
};

const route = getRouteApi('/tickets');
const rowId = (ticket: Ticket): string => ticket.id;

const columns = (t: Translate): readonly Column<Ticket>[] => [
  {
    id: 'subject',
    header: t('tickets.column.subject'),
    width: 'minmax(168px, 2fr)',
    sort: (ticket) => ticket.subjectId,
    cell: (ticket) => <EntityLink id={ticket.subjectId} head={14} tail={6} copy={false} />,
  },
  {
    id: 'state',
    header: t('tickets.column.state'),
    width: '104px',
    sort: (ticket) => ticket.state,
    cell: (ticket) => (
      <>
        <Mark kind={ticketMarks[ticket.state]} label="" />
        <span>{t(`ticket.state.${ticket.state}`)}</span>
      </>
    ),
  },
  {
    id: 'role',
    header: t('tickets.column.role'),
    width: 'minmax(72px, 1fr)',
    sort: (ticket) => ticket.role ?? '',
    cell: (ticket) => ticket.role ?? '–',
  },
  {
    id: 'expires',
    header: t('tickets.column.expires'),
    width: '120px',
    sort: (ticket) => ticket.expires,
    cell: (ticket) => <Time at={ticket.expires} />,
  },
  {
    id: 'issued',
    header: t('tickets.column.issued'),
    width: '96px',
    sort: (ticket) => ticket.issuedAt,
    cell: (ticket) => <Time at={ticket.issuedAt} />,
  },
  {
    id: 'stage',
    header: t('tickets.column.stage'),
    width: '112px',
    cell: (ticket) => <Ladder stage={ticket.stage} />,
  },
];

export function TicketsPage() {
  const t = useT();
  const { api } = useNode();
  const may = useMay();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [limit, setLimit] = useState(500);
  const query = useQuery(
    api.tickets.list.queryOptions({ input: { limit }, placeholderData: keepPreviousData }),
  );
  const all = query.data?.tickets;
  const words = (search.q ?? '').trim().toLowerCase();
  const rows = useMemo(
    () =>
      (all ?? []).filter(
        (ticket) =>
          words === '' ||
          ticket.subjectId.toLowerCase().includes(words) ||
          ticket.subject.startsWith(words) ||
          ticket.id.startsWith(words) ||
          (ticket.role ?? '').includes(words) ||
          ticket.state === words,
      ),
    [all, words],
  );
  const wide = useMemo(() => columns(t), [t]);
  const narrow = useMemo(() => wide.filter(({ id }) => ['subject', 'state', 'expires'].includes(id)), [wide]);
  const set = (change: Partial<typeof search>, replace = true): void =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace });
  const listed = all?.find(({ id }) => id === search.id);
  // an address may name a ticket that is older than the list
  const asked = useQuery({
    ...api.tickets.get.queryOptions({ input: { id: search.id ?? '' } }),
    enabled: search.id !== undefined && all !== undefined && listed === undefined,
    retry: false,
  });
  const open = listed ?? asked.data ?? null;
  const valid = (all ?? []).filter(({ state }) => state === 'valid');
  return (
    <Page
      title={t('nav.tickets')}
      state={all === undefined ? null : t('tickets.summary', { n: all.length, valid: valid.length })}
      actions={
        <>
          <Button onClick={() => set({ do: 'verify' })}>{t('tickets.verify')}</Button>
          {may('operate') ? (
            <Button kind="primary" icon="plus" onClick={() => set({ do: 'issue' })}>
              {t('tickets.issue')}
            </Button>
          ) : null}
        </>
      }
      fixed
    >
      <Split
        name={t('tickets.detail')}
        onClose={() => set({ id: undefined })}
        detail={
          search.id === undefined || all === undefined || asked.isFetching ? null : open === null ? (
            <Empty icon="tickets" title={t('tickets.gone')} text={t('tickets.goneText')} />
          ) : (
            <TicketDetail key={open.id} ticket={open} />
          )
        }
        list={
          <Ask query={query} lines={10}>
            {({ tickets, more }) =>
              tickets.length === 0 ? (
                <Empty
                  icon="tickets"
                  title={t('tickets.empty')}
                  text={t('tickets.emptyText')}
                  action={
                    <Button kind="primary" icon="plus" onClick={() => set({ do: 'issue' })}>
                      {t('tickets.emptyAction')}
                    </Button>
                  }
                />
              ) : (
                <>
                  <QueryBar
                    label={t('tickets.filter')}
                    placeholder={t('tickets.filterHint')}
                    value={search.q ?? ''}
                    onSubmit={(q) => set({ q })}
                    live
                  />
                  <DataTable
                    name={t('nav.tickets')}
                    columns={search.id === undefined ? wide : narrow}
                    rows={rows}
                    rowId={rowId}
                    rowName={(ticket) =>
                      t('tickets.row', {
                        subject: ticket.subjectId,
                        state: t(`ticket.state.${ticket.state}`),
                      })
                    }
                    selected={search.id ?? null}
                    onSelect={(id) => set({ id }, search.id !== undefined)}
                    sort={search.sort ?? '-issued'}
                    onSort={(sort) => set({ sort })}
                  />
                  {more ? (
                    <p className={styles.more}>
                      {t('tickets.more', { n: tickets.length })}
                      {limit < MAX_TICKETS ? (
                        <Button
                          kind="quiet"
                          busy={query.isFetching}
                          onClick={() => setLimit(Math.min(MAX_TICKETS, limit * 3))}
                        >
                          {t('tickets.showMore')}
                        </Button>
                      ) : null}
                    </p>
                  ) : null}
                </>
              )
            }
          </Ask>
        }
      />
      {search.do === 'issue' ? (
        <IssueDialog
          onClose={() => set({ do: undefined })}
          onIssued={() => void query.refetch()}
          onShow={(id) => set({ do: undefined, id })}
        />
      ) : null}
      {search.do === 'verify' ? <VerifyDialog onClose={() => set({ do: undefined })} /> : null}
    </Page>
  );
}
