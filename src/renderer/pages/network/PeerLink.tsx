/** A peer, leading to its details. */
import { EntityLink } from '../../parts/EntityLink.tsx';

export function PeerLink({ peer }: { peer: string }) {
  return <EntityLink id={peer} target={{ to: '/network', search: { id: peer } }} />;
}
