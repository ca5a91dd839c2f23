/** The streams that this node produces or reads. */
import { useMemo, useState } from 'react';
import type { NetworkStream } from '../../../contract/index.ts';
import { bytes, number, shorten } from '../../format.ts';
import { useT } from '../../language/context.tsx';
import type { Translate } from '../../language/translate.ts';
import { DataTable } from '../../parts/DataTable.tsx';
import type { Column } from '../../parts/DataTable.tsx';
import { Empty } from '../../parts/Empty.tsx';
import { EntityLink } from '../../parts/EntityLink.tsx';
import { Mark } from '../../parts/Mark.tsx';
import type { MarkKind } from '../../parts/Mark.tsx';
import { Time } from '../../parts/Time.tsx';

const marks: Readonly<Record<NetworkStream['state'], MarkKind>> = {
  connecting: 'running',
  connected: 'passed',
  terminated: 'ended',
};
/** The same stream may be produced and read here. */
const rowId = ({ id, side, peer }: NetworkStream): string => `${id} ${side} ${peer ?? ''}`;

const columns = (t: Translate): readonly Column<NetworkStream>[] => [
  {
    id: 'id',
    header: t('streams.column.id'),
    width: 'minmax(164px, 1.2fr)',
    sort: ({ id }) => id,
    cell: ({ id }) => <EntityLink id={id} />,
  },
  {
    id: 'side',
    header: t('streams.column.side'),
    width: '96px',
    sort: ({ side }) => side,
    cell: ({ side }) => t(`streams.side.${side}`),
  },
  {
    id: 'peer',
    header: t('streams.column.peer'),
    width: 'minmax(164px, 1.2fr)',
    sort: ({ peer }) => peer ?? '',
    cell: ({ peer }) =>
      peer === null ? (
        t('streams.nobody')
      ) : (
        <EntityLink id={peer} target={{ to: '/network', search: { id: peer } }} />
      ),
  },
  {
    id: 'state',
    header: t('streams.column.state'),
    width: '124px',
    sort: ({ state }) => state,
    cell: ({ state }) => (
      <>
        <Mark kind={marks[state]} label="" />
        <span>{t(`stream.state.${state}`)}</span>
      </>
    ),
  },
  {
    id: 'datums',
    header: t('streams.column.datums'),
    width: '112px',
    right: true,
    sort: ({ datums }) => datums,
    cell: ({ datums }) => number(datums),
  },
  {
    id: 'bytes',
    header: t('streams.column.bytes'),
    width: '112px',
    right: true,
    sort: (stream) => stream.bytes,
    cell: (stream) => bytes(stream.bytes),
  },
  {
    id: 'dropped',
    header: t('streams.column.dropped'),
    width: '96px',
    right: true,
    sort: ({ dropped }) => dropped,
    cell: ({ dropped }) => number(dropped),
  },
  {
    id: 'since',
    header: t('streams.column.since'),
    width: '96px',
    sort: ({ since }) => -(since ?? 0),
    cell: ({ since }) => (since === null ? '–' : <Time at={since} />),
  },
];

export function StreamsTab({ streams }: { streams: readonly NetworkStream[] }) {
  const t = useT();
  const all = useMemo(() => columns(t), [t]);
  const [sort, setSort] = useState('state');
  const [selected, setSelected] = useState<string | null>(null);
  if (streams.length === 0)
    return <Empty icon="network" title={t('streams.empty')} text={t('streams.emptyText')} />;
  return (
    <DataTable
      name={t('streams.title')}
      columns={all}
      rows={streams}
      rowId={rowId}
      rowName={({ id, state }) => t('streams.row', { id: shorten(id), state: t(`stream.state.${state}`) })}
      selected={selected}
      onSelect={setSelected}
      sort={sort}
      onSort={setSort}
    />
  );
}
