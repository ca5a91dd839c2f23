/** The streams that this node produces or reads: a card each, with its sentence first, its figures, its peers. */
import type { NetworkStream, StreamPeer } from '../../../contract/index.ts';
import { bytes, number, shorten } from '../../format.ts';
import { useT } from '../../language/context.tsx';
import { Empty } from '../../parts/Empty.tsx';
import { EntityLink } from '../../parts/EntityLink.tsx';
import { Mark } from '../../parts/Mark.tsx';
import type { MarkKind } from '../../parts/Mark.tsx';
import { Facts } from '../../parts/Page.tsx';
import { Time } from '../../parts/Time.tsx';
import { Card, WideTable } from './Card.tsx';
import styles from './network.module.css';
import { PeerLink } from './PeerLink.tsx';
import { streamSentence } from './stream-sentence.ts';

export function StreamsTab({ streams }: { streams: readonly NetworkStream[] }) {
  const t = useT();
  return streams.length === 0 ? (
    <Empty icon="network" title={t('streams.empty')} text={t('streams.emptyText')} />
  ) : (
    <div className={styles.groups}>
      {streams.map((stream, i) => (
        // a node may consume one stream several times over
        <StreamCard key={`${stream.id} ${stream.side} ${i}`} stream={stream} />
      ))}
    </div>
  );
}

function StreamCard({ stream }: { stream: NetworkStream }) {
  const t = useT();
  const { key, values, mark } = streamSentence(stream);
  const name = stream.name ?? shorten(stream.id);
  const produces = stream.side === 'producer';
  return (
    <Card id={stream.id} name={name} mark={mark} sentence={t(key, values)}>
      <Facts
        rows={[
          [
            t('streams.side'),
            t(stream.online ? `streams.online.${stream.side}` : `streams.offline.${stream.side}`),
          ],
          [
            t(produces ? 'streams.sent' : 'streams.received'),
            t('streams.datums', { n: number(stream.datums), bytes: bytes(stream.bytes) }),
          ],
          ...(produces
            ? [
                [
                  t('streams.missed'),
                  t('streams.missedText', { n: number(stream.missed), slow: stream.tooSlow }),
                ] as const,
              ]
            : []),
          [t('streams.since'), <Time key="s" at={stream.since} />],
          [t('streams.id'), <EntityLink key="i" id={stream.id} />],
        ]}
      />
      {stream.peers.length === 0 ? null : <Peers stream={stream} name={name} />}
    </Card>
  );
}

const marks: Readonly<Record<StreamPeer['state'], MarkKind>> = {
  connecting: 'running',
  connected: 'passed',
  terminated: 'ended',
};

function Peers({ stream, name }: { stream: NetworkStream; name: string }) {
  const t = useT();
  const { peers, more, side } = stream;
  const produces = side === 'producer';
  return (
    <WideTable label={t('streams.peers', { name })} note={more === 0 ? null : t('streams.more', { n: more })}>
      <thead>
        <tr>
          <th scope="col">{t(produces ? 'streams.consumer' : 'streams.producer')}</th>
          <th scope="col">{t('streams.state')}</th>
          <th scope="col" className={styles.figure}>
            {t('streams.column.datums')}
          </th>
          <th scope="col" className={styles.figure}>
            {t('streams.bytes')}
          </th>
          {produces ? (
            <>
              <th scope="col" className={styles.figure}>
                {t('streams.waiting')}
              </th>
              <th scope="col" className={styles.figure}>
                {t('streams.missed')}
              </th>
            </>
          ) : null}
          <th scope="col" className={styles.figure}>
            {t('streams.reconnects')}
          </th>
        </tr>
      </thead>
      <tbody>
        {peers.map((peer, i) => (
          // several consumers of one node are several connections
          <tr key={`${peer.peer} ${i}`}>
            <th scope="row">
              <PeerLink peer={peer.peer} />
            </th>
            <td>
              <span className={styles.bond}>
                <Mark kind={marks[peer.state]} label="" size={12} />
                {t(`stream.state.${peer.state}`)}
                <span className={styles.quiet}>
                  {peer.ended === null || peer.state === 'connected' ? (
                    <Time at={peer.since} />
                  ) : (
                    t(`stream.ended.${peer.ended}`)
                  )}
                </span>
              </span>
            </td>
            <td className={styles.figure}>{number(peer.datums)}</td>
            <td className={styles.figure}>{bytes(peer.bytes)}</td>
            {produces ? (
              <>
                <td className={styles.figure}>{number(peer.waiting)}</td>
                <td className={styles.figure}>{number(peer.missed)}</td>
              </>
            ) : null}
            <td className={styles.figure}>{number(peer.reconnects)}</td>
          </tr>
        ))}
      </tbody>
    </WideTable>
  );
}
