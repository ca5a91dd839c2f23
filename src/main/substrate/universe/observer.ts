/** What the screens show of the network: connections, traffic, and how the world sees this node. */
import type { Connection } from '@libp2p/interface';
import { isRelayed, reachOf } from './addresses.ts';
import type { Link } from './link.ts';
import { hexOf } from './node.ts';
import type { Node } from './node.ts';
import type { ConnectionInfo, PeerTraffic, UniverseStats } from './types.ts';

type Look = Pick<UniverseStats, 'connections' | 'traffic' | 'reach' | 'observed'>;

export interface Observer {
  /** A link has ended: its bytes stay in the sums. */
  count(link: Link): void;
  /** `links`: those that are open. */
  look(links: Iterable<Link>): Look;
}

/** Peers whose traffic, and addresses whose reports, are remembered. */
const MAX_PEERS = 4096;
const MAX_OBSERVED = 256;

export function createObserver(node: Node): Observer {
  const past = new Map<string, PeerTraffic>();
  /** The address under which each peer saw this node last. */
  const observed = new Map<string, string>();
  node.addEventListener('peer:identify', ({ detail }) => {
    const { observedAddr, connection, peerId } = detail;
    if (observedAddr === undefined || connection.direction !== 'outbound' || peerId.type !== 'Ed25519')
      return;
    // of an outbound connection the port is chance, so the host is what they saw
    const peer = hexOf(peerId);
    observed.delete(peer);
    observed.set(peer, observedAddr.toString().replace(/\/(tcp|udp)\/.*$/, ''));
    if (observed.size > MAX_OBSERVED) drop(observed);
  });

  return {
    count(link) {
      const { bytesIn, bytesOut } = link.stats();
      const before = past.get(link.peer) ?? none;
      past.delete(link.peer);
      past.set(link.peer, {
        links: 0,
        bytesIn: before.bytesIn + bytesIn,
        bytesOut: before.bytesOut + bytesOut,
      });
      if (past.size > MAX_PEERS) drop(past);
    },
    look(links) {
      const traffic = new Map(past);
      for (const link of links) {
        const { bytesIn, bytesOut } = link.stats();
        const before = traffic.get(link.peer) ?? none;
        traffic.set(link.peer, {
          links: before.links + 1,
          bytesIn: before.bytesIn + bytesIn,
          bytesOut: before.bytesOut + bytesOut,
        });
      }
      const votes = new Map<string, number>();
      for (const address of observed.values()) votes.set(address, (votes.get(address) ?? 0) + 1);
      return {
        connections: node.getConnections().map(infoOf),
        traffic,
        reach: reachOfNode(node),
        observed: [...votes]
          .map(([address, peers]) => ({ address, peers }))
          .toSorted((a, b) => b.peers - a.peers || (a.address < b.address ? -1 : 1)),
      };
    },
  };
}

const none: PeerTraffic = { links: 0, bytesIn: 0, bytesOut: 0 };

function infoOf(connection: Connection): ConnectionInfo {
  const { remotePeer, direction, remoteAddr, timeline, streams, rtt } = connection;
  return {
    peer: hexOf(remotePeer),
    direction,
    address: remoteAddr.toString(),
    since: timeline.open,
    streams: streams.length,
    protocols: [...new Set(streams.map(({ protocol }) => protocol))].filter((name) => name !== '').toSorted(),
    relayed: isRelayed(remoteAddr),
    rtt: rtt ?? null,
  };
}

function reachOfNode(node: Node): UniverseStats['reach'] {
  const addresses = node.getMultiaddrs();
  const direct = addresses.filter((address) => !isRelayed(address));
  if (direct.some((address) => ['public', 'name'].includes(reachOf(address)))) return 'public';
  if (addresses.length > direct.length) return 'relayed';
  return direct.length > 0 ? 'private' : 'none';
}

/** Forgets the oldest. */
function drop(map: Map<string, unknown>): void {
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
