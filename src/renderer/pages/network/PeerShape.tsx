/** The state of a peer as a shape, the same in list, detail and map. */
import styles from './map.module.css';
import type { PeerState } from './peers.ts';

/** Filled circle: connected; filled square: through a relay; hollow diamond: known; dashed ring: hearsay. */
export function PeerShape({ state, size: r }: { state: PeerState; size: number }) {
  if (state === 'connected') return <circle r={r} className={styles.connected} />;
  if (state === 'relayed')
    return <rect x={-r * 0.9} y={-r * 0.9} width={r * 1.8} height={r * 1.8} className={styles.connected} />;
  if (state === 'known') return <path d={`M0 ${-r}L${r} 0L0 ${r}L${-r} 0z`} className={styles.known} />;
  return <circle r={r * 0.85} className={styles.hearsay} />;
}

/** The shape beside its word. */
export const PeerMark = ({ state }: { state: PeerState }) => (
  <svg width={14} height={14} viewBox="-7 -7 14 14" className={styles.mark} aria-hidden="true">
    <PeerShape state={state} size={5.5} />
  </svg>
);
