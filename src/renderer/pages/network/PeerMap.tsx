/**
 * The map: this node in the middle, connected peers on rings by round trip with a line each, known ones further out
 * without. Shape and line say the state, colour only repeats it. The list says the same in words.
 */
import { useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { KeyboardEvent } from 'react';
import type { NetworkPeer } from '../../../contract/index.ts';
import { useT } from '../../language/context.tsx';
import type { Translate } from '../../language/translate.ts';
import { Glyph } from '../../parts/EntityLink.tsx';
import styles from './map.module.css';
import { BAND_MS, layOut } from './map-layout.ts';
import type { Band, MapNode } from './map-layout.ts';
import { PeerShape } from './PeerShape.tsx';
import { peerWord, rtt, shortPeer, stateOf } from './peers.ts';
import type { PeerState } from './peers.ts';

interface Props {
  self: string | null;
  peers: readonly NetworkPeer[];
  selected: string | null;
  onSelect: (peer: string) => void;
}

export function PeerMap({ self, peers, selected, onSelect }: Props) {
  const t = useT();
  const frame = useRef<HTMLDivElement>(null);
  const [room, setRoom] = useState({ width: 0, height: 0 });
  const [shown, setShown] = useState<string | null>(null);
  const [at, setAt] = useState<string | null>(null);
  useLayoutEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    const measure = (): void => {
      const { clientWidth, clientHeight } = element;
      setRoom((before) =>
        before.width === clientWidth && before.height === clientHeight
          ? before
          : { width: clientWidth, height: clientHeight },
      );
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const layout = useMemo(
    () =>
      layOut(
        peers.map(({ peer, state, rtt: measured }) => ({
          peer,
          connected: state === 'connected',
          rtt: measured?.smoothed ?? null,
        })),
        room.width,
        room.height,
      ),
    [peers, room],
  );
  const byKey = useMemo(() => new Map(peers.map((peer) => [peer.peer, peer])), [peers]);
  const { nodes } = layout;
  // one stop of the Tab key; arrows go on from there
  const stop = nodes.some(({ peer }) => peer === (at ?? selected)) ? (at ?? selected) : nodes[0]?.peer;
  const move = (event: KeyboardEvent): void => {
    const steps: Record<string, number> = {
      ArrowRight: 1,
      ArrowDown: 1,
      ArrowLeft: -1,
      ArrowUp: -1,
      Home: -1e9,
      End: 1e9,
    };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const now = nodes.findIndex(({ peer }) => peer === stop);
    const next = nodes[Math.min(nodes.length - 1, Math.max(0, now + step))];
    if (next === undefined) return;
    setAt(next.peer);
    frame.current?.querySelector<SVGElement>(`[data-peer="${next.peer}"]`)?.focus();
  };
  const hovered = nodes.find(({ peer }) => peer === shown);
  const hoveredPeer = shown === null ? undefined : byKey.get(shown);
  const connected = peers.filter(({ state }) => state === 'connected').length;
  return (
    <div className={styles.map}>
      <div className={styles.frame} ref={frame}>
        {room.width === 0 ? null : (
          // the arrow keys belong to the peers inside
          // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
          <svg
            width={room.width}
            height={room.height}
            role="group"
            aria-label={t('map.label', { connected, known: peers.length - connected })}
            onKeyDown={move}
          >
            <g aria-hidden="true">
              {layout.rings.map(({ rx, ry, band }) => (
                <ellipse
                  key={ry}
                  cx={layout.x}
                  cy={layout.y}
                  rx={rx}
                  ry={ry}
                  className={band === 'known' ? styles.outer : styles.ring}
                />
              ))}
            </g>
            <g aria-hidden="true">
              {nodes.map((node) => {
                const peer = byKey.get(node.peer);
                return peer === undefined || peer.state !== 'connected' ? null : (
                  <line
                    key={node.peer}
                    x1={layout.x}
                    y1={layout.y}
                    x2={node.x}
                    y2={node.y}
                    className={`${stateOf(peer) === 'relayed' ? styles.relayed : styles.direct} ${
                      node.peer === shown || node.peer === selected ? styles.strong : ''
                    }`}
                  />
                );
              })}
            </g>
            <g aria-hidden="true">
              {layout.rings.map((ring) =>
                ring.first ? (
                  <text key={ring.ry} x={layout.x} y={layout.y - ring.ry + 4} className={styles.band}>
                    {bandWord(t, ring.band)}
                  </text>
                ) : null,
              )}
            </g>
            <g aria-hidden="true">
              <rect x={layout.x - 9} y={layout.y - 9} width={18} height={18} className={styles.self} />
              <text x={layout.x} y={layout.y + 24} className={styles.selfName}>
                {t('map.self')}
              </text>
            </g>
            {nodes.map((node) => {
              const peer = byKey.get(node.peer);
              return peer === undefined ? null : (
                <PeerNode
                  key={node.peer}
                  node={node}
                  peer={peer}
                  size={layout.size}
                  reach={layout.reach}
                  selected={node.peer === selected}
                  stop={node.peer === stop}
                  onOpen={() => onSelect(node.peer)}
                  onShow={setShown}
                />
              );
            })}
          </svg>
        )}
        {hovered === undefined || hoveredPeer === undefined ? null : (
          <Card node={hovered} peer={hoveredPeer} room={room} />
        )}
        {self === null ? null : <span className="visually-hidden">{shortPeer(self)}</span>}
      </div>
      <Legend />
    </div>
  );
}

const bandWord = (t: Translate, band: Band): string =>
  band === 'known'
    ? t('map.band.known')
    : band === 'unmeasured'
      ? t('map.band.unmeasured')
      : band === 'far'
        ? t('map.band.far', { n: BAND_MS.at(-1) ?? 0 })
        : t('map.band.near', { n: band });

interface NodeProps {
  node: MapNode;
  peer: NetworkPeer;
  size: number;
  reach: number;
  selected: boolean;
  stop: boolean;
  onOpen: () => void;
  onShow: (peer: string | null) => void;
}

function PeerNode({ node, peer, size, reach, selected, stop, onOpen, onShow }: NodeProps) {
  const t = useT();
  return (
    <g
      role="button"
      tabIndex={stop ? 0 : -1}
      data-peer={node.peer}
      className={styles.node}
      aria-pressed={selected}
      aria-label={t('map.peer', {
        peer: shortPeer(node.peer),
        state: t(peerWord(peer)),
        rtt: peer.rtt === null ? 'none' : rtt(peer.rtt.smoothed),
        tags: peer.tags.length === 0 ? 'none' : peer.tags.join(', '),
      })}
      transform={`translate(${node.x} ${node.y})`}
      onClick={onOpen}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        onOpen();
      }}
      onPointerEnter={() => onShow(node.peer)}
      onPointerLeave={() => onShow(null)}
      onFocus={() => onShow(node.peer)}
      onBlur={() => onShow(null)}
    >
      <circle r={reach} className={styles.hit} />
      {selected ? <circle r={size + 5} className={styles.chosen} /> : null}
      {peer.groups.length > 0 ? <circle r={size + 3} className={styles.member} /> : null}
      <PeerShape state={stateOf(peer)} size={size} />
      {node.label ? (
        <text y={size + 13} className={styles.name} aria-hidden="true">
          {shortPeer(node.peer)}
        </text>
      ) : null}
    </g>
  );
}

/** What stands behind a node while the pointer or the focus is on it; its accessible name says the same. */
function Card({
  node,
  peer,
  room,
}: {
  node: MapNode;
  peer: NetworkPeer;
  room: { width: number; height: number };
}) {
  const t = useT();
  return (
    <div
      className={styles.card}
      aria-hidden="true"
      // it opens towards the middle, where it is not cut off
      style={{
        [node.x > room.width / 2 ? 'right' : 'left']:
          (node.x > room.width / 2 ? room.width - node.x : node.x) + 16,
        [node.y > room.height / 2 ? 'bottom' : 'top']:
          node.y > room.height / 2 ? room.height - node.y - 12 : node.y - 12,
      }}
    >
      <strong>
        <Glyph id={peer.peer} />
        {shortPeer(peer.peer)}
      </strong>
      <span>
        {t(peerWord(peer))}
        {peer.rtt === null ? '' : ` · ${rtt(peer.rtt.smoothed)}`}
      </span>
      {peer.tags.length === 0 ? null : <span>{peer.tags.join(' · ')}</span>}
    </div>
  );
}

const LEGEND: readonly PeerState[] = ['connected', 'relayed', 'known', 'hearsay'];

function Legend() {
  const t = useT();
  return (
    <div className={styles.foot}>
      <ul className={styles.legend} aria-label={t('map.legend')}>
        {LEGEND.map((state) => (
          <li key={state}>
            <svg width={30} height={14} viewBox="-22 -7 30 14" aria-hidden="true">
              {state === 'connected' || state === 'relayed' ? (
                <line
                  x1={-22}
                  x2={0}
                  className={`${state === 'relayed' ? styles.relayed : styles.direct} ${styles.strong}`}
                />
              ) : null}
              <PeerShape state={state} size={5} />
            </svg>
            {t(`peer.state.${state}`)}
          </li>
        ))}
        <li>
          <svg width={18} height={18} viewBox="-9 -9 18 18" aria-hidden="true">
            <circle r={8} className={styles.member} />
            <circle r={5} className={styles.connected} />
          </svg>
          {t('map.group')}
        </li>
      </ul>
      <p>{t('map.hint')}</p>
    </div>
  );
}
