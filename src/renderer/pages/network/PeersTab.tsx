/** The peers as a list or as a map; both show what the filter leaves. */
import { useMemo } from 'react';
import type { NetworkPeer, NetworkStatus } from '../../../contract/index.ts';
import { number } from '../../format.ts';
import { useT } from '../../language/context.tsx';
import type { Translate } from '../../language/translate.ts';
import { DataTable } from '../../parts/DataTable.tsx';
import type { Column } from '../../parts/DataTable.tsx';
import { Empty } from '../../parts/Empty.tsx';
import { EntityLink } from '../../parts/EntityLink.tsx';
import { Choice } from '../../parts/Field.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { QueryBar } from '../../parts/QueryBar.tsx';
import { Time, useNow } from '../../parts/Time.tsx';
import styles from './network.module.css';
import { PeerMap } from './PeerMap.tsx';
import { PeerMark } from './PeerShape.tsx';
import { matches, peerWord, rtt, shortPeer, soonest, stateOf } from './peers.ts';

const rowId = ({ peer }: NetworkPeer): string => peer;
const LAST = Number.MAX_SAFE_INTEGER;

const columns = (t: Translate): readonly Column<NetworkPeer>[] => [
  {
    id: 'peer',
    header: t('peers.column.peer'),
    width: 'minmax(164px, 1.2fr)',
    sort: ({ peer }) => peer,
    // the row is the link: it keeps filter, sort and view
    cell: ({ peer }) => <EntityLink id={peer} />,
  },
  {
    id: 'state',
    header: t('peers.column.state'),
    width: 'minmax(124px, 0.8fr)',
    sort: (peer) => ['connected', 'relayed', 'known', 'hearsay'].indexOf(stateOf(peer)),
    cell: (peer) => (
      <>
        <PeerMark state={stateOf(peer)} />
        <span>{t(peerWord(peer))}</span>
      </>
    ),
  },
  {
    id: 'tags',
    header: t('peers.column.tags'),
    width: 'minmax(96px, 2fr)',
    sort: ({ tags }) => tags.join(' '),
    cell: ({ tags }) => (tags.length === 0 ? '–' : <span title={tags.join('\n')}>{tags.join(' · ')}</span>),
  },
  {
    id: 'rtt',
    header: t('peers.column.rtt'),
    width: '108px',
    right: true,
    sort: (peer) => peer.rtt?.smoothed ?? LAST,
    cell: (peer) => (peer.rtt === null ? '–' : rtt(peer.rtt.smoothed)),
  },
  {
    id: 'tickets',
    header: t('peers.column.tickets'),
    width: 'minmax(176px, 1.2fr)',
    sort: ({ tickets }) => soonest(tickets)?.expires ?? LAST,
    cell: ({ tickets }) => <Soonest tickets={tickets} />,
  },
  {
    id: 'streams',
    header: t('peers.column.streams'),
    width: '84px',
    right: true,
    sort: ({ streams }) => streams.length,
    cell: ({ streams }) => number(streams.length),
  },
  {
    id: 'groups',
    header: t('peers.column.groups'),
    width: '84px',
    right: true,
    sort: ({ groups }) => groups.length,
    cell: ({ groups }) => number(groups.length),
  },
  {
    id: 'since',
    header: t('peers.column.since'),
    width: '96px',
    sort: (peer) => -(peer.connection?.since ?? 0),
    cell: ({ connection }) => (connection === null ? '–' : <Time at={connection.since} />),
  },
];

function Soonest({ tickets }: { tickets: NetworkPeer['tickets'] }) {
  const t = useT();
  const now = useNow(30_000);
  const first = soonest(tickets);
  if (first === null) return '–';
  const others = tickets.length - 1;
  const over = first.expires !== null && first.expires <= now;
  return (
    <>
      {over ? <Mark kind="stale" label={t('peer.ticketExpired')} /> : null}
      <span>{t(`peer.ticket.${first.kind}`)}</span>
      {first.expires === null ? null : <Time at={first.expires} />}
      {others === 0 ? null : <span className={styles.quiet}>+{others}</span>}
    </>
  );
}

interface Props {
  status: NetworkStatus;
  peers: readonly NetworkPeer[];
  more: boolean;
  selected: string | null;
  query: string;
  sort: string;
  view: 'list' | 'map';
  onSelect: (peer: string) => void;
  onQuery: (query: string) => void;
  onSort: (sort: string) => void;
  onView: (view: 'list' | 'map') => void;
  connect: React.ReactNode;
}

export function PeersTab({ status, peers, more, selected, query, sort, view, ...on }: Props) {
  const t = useT();
  const rows = useMemo(() => peers.filter((peer) => matches(peer, query)), [peers, query]);
  const wide = useMemo(() => columns(t), [t]);
  const narrow = useMemo(() => wide.filter(({ id }) => ['peer', 'state', 'rtt'].includes(id)), [wide]);
  if (peers.length === 0)
    return <Empty icon="network" title={t('peers.empty')} text={t('peers.emptyText')} action={on.connect} />;
  return (
    <>
      <div className={styles.tools}>
        <QueryBar
          label={t('peers.filter')}
          placeholder={t('peers.filterHint')}
          value={query}
          onSubmit={on.onQuery}
          live
        />
        <div className={styles.view}>
          <Choice
            label={t('peers.view')}
            value={view}
            onChange={on.onView}
            options={[
              { value: 'list', label: t('peers.list') },
              { value: 'map', label: t('peers.map') },
            ]}
          />
        </div>
      </div>
      {more ? <p className={styles.moreNote}>{t('peers.more', { n: number(peers.length) })}</p> : null}
      {rows.length === 0 ? (
        <Empty icon="search" title={t('peers.nothing')} text={t('peers.nothingText')} />
      ) : view === 'map' ? (
        <PeerMap self={status.peer} peers={rows} selected={selected} onSelect={on.onSelect} />
      ) : (
        <DataTable
          name={t('peers.title')}
          columns={selected === null ? wide : narrow}
          rows={rows}
          rowId={rowId}
          rowName={(peer) => t('peers.row', { peer: shortPeer(peer.peer), state: t(peerWord(peer)) })}
          selected={selected}
          onSelect={on.onSelect}
          sort={sort}
          onSort={on.onSort}
        />
      )}
    </>
  );
}
