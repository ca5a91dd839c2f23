/** One peer: what it says of itself, what it shows, and the connection to it. */
import { useState } from 'react';
import type { NetworkPeer } from '../../../contract/index.ts';
import { useMay } from '../../client/may.ts';
import { bytes, number, utc } from '../../format.ts';
import { useT } from '../../language/context.tsx';
import { Button } from '../../parts/Button.tsx';
import { EntityLink, FullId, Glyph } from '../../parts/EntityLink.tsx';
import { DetailHead, Facts, Section } from '../../parts/Page.tsx';
import { Time } from '../../parts/Time.tsx';
import { DenyDialog } from './dialogs.tsx';
import styles from './network.module.css';
import { peerWord, rtt, shortPeer, stateOf } from './peers.ts';
import { PeerMark } from './PeerShape.tsx';
import { Tags } from './SelfHead.tsx';
import { Tickets } from './Tickets.tsx';

interface Props {
  peer: NetworkPeer;
  /** Groups and streams of this node: those lead somewhere here. */
  own: ReadonlySet<string>;
  onDial: () => void;
}

export function PeerDetail({ peer, own, onDial }: Props) {
  const t = useT();
  const may = useMay();
  const [denying, setDenying] = useState(false);
  const { connection } = peer;
  return (
    <>
      <DetailHead
        title={
          <>
            <Glyph id={peer.peer} size={16} />
            {t('peer.title', { peer: shortPeer(peer.peer) })}
          </>
        }
        state={
          <>
            <span>
              <PeerMark state={stateOf(peer)} /> {t(peerWord(peer))}
            </span>
            {peer.rtt === null ? null : <span>{rtt(peer.rtt.smoothed)}</span>}
            <span>{t(peer.signed ? 'peer.signedText' : 'peer.hearsayText')}</span>
          </>
        }
        actions={
          may('operate') ? (
            <>
              {connection === null ? (
                <Button icon="link" onClick={onDial}>
                  {t('peer.dial')}
                </Button>
              ) : null}
              <Button kind="danger" onClick={() => setDenying(true)}>
                {t('peer.deny')}
              </Button>
            </>
          ) : null
        }
      />
      <Section title={t('peer.connection')}>
        {connection === null ? (
          <p className={styles.note}>{t('peer.notConnected')}</p>
        ) : (
          <Facts
            rows={[
              [t('peer.direction'), t(`peer.direction.${connection.direction}`)],
              [t('peer.over'), <FullId key="o" id={connection.address} glyph={false} />],
              [t('peer.path'), t(connection.relayed ? 'peer.path.relayed' : 'peer.path.direct')],
              [t('peer.since'), <Time key="s" at={connection.since} />],
              [
                t('peer.rtt'),
                peer.rtt === null
                  ? t('peer.unmeasured')
                  : t('peer.rttText', {
                      smoothed: rtt(peer.rtt.smoothed),
                      deviation: rtt(peer.rtt.deviation),
                    }),
              ],
              [t('peer.received'), bytes(connection.bytesIn)],
              [t('peer.sent'), bytes(connection.bytesOut)],
              [t('peer.openStreams'), number(connection.streams)],
            ]}
          />
        )}
      </Section>
      <Section
        title={t('peers.column.tickets')}
        aside={peer.tickets.length === 0 ? null : peer.tickets.length}
      >
        <Tickets tickets={peer.tickets} />
      </Section>
      <Section title={t('peer.about')}>
        <Facts
          rows={[
            [t('network.key'), <FullId key="k" id={peer.peer} />],
            [t('network.peerId'), <FullId key="p" id={peer.peerId} glyph={false} />],
            [
              t('network.addresses'),
              peer.addresses.length === 0 ? (
                t('peer.noAddress')
              ) : (
                <ul key="a">
                  {peer.addresses.map((address) => (
                    <li key={address}>
                      <FullId id={address} glyph={false} />
                    </li>
                  ))}
                </ul>
              ),
            ],
            [t('network.tags'), <Tags key="t" tags={peer.tags} />],
            [t('peer.streams'), <Ids key="st" ids={peer.streams} own={own} tab="streams" />],
            [t('peer.groups'), <Ids key="g" ids={peer.groups} own={own} tab="groups" />],
            [
              t('peer.updated'),
              peer.updatedAt === null ? t('unknown') : <Time key="u" at={peer.updatedAt} />,
            ],
            [t('peer.started'), peer.startedAt === null ? t('unknown') : utc(peer.startedAt)],
          ]}
        />
      </Section>
      {denying ? <DenyDialog peer={peer} onClose={() => setDenying(false)} /> : null}
    </>
  );
}

function Ids({ ids, own, tab }: { ids: readonly string[]; own: ReadonlySet<string>; tab: string }) {
  const t = useT();
  return ids.length === 0 ? (
    t('peer.none')
  ) : (
    <ul>
      {ids.map((id) => (
        <li key={id}>
          <EntityLink id={id} target={own.has(id) ? { to: '/network', search: { tab } } : undefined} />
        </li>
      ))}
    </ul>
  );
}
