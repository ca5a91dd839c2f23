/** What the screens show of an open network. */
import { MAX_STREAM_PEERS } from '../../../contract/index.ts';
import type { NetworkGroup, NetworkPeer, NetworkStream, StreamPeer } from '../../../contract/index.ts';
import { peerIdText, fromHex, sameBytes, toHex } from '../../../protocol/bytes/index.ts';
import type { UniqueId } from '../../../protocol/bytes/index.ts';
import { quorumOf } from '../../../protocol/group/index.ts';
import { parseSignedCheckpoint } from '../../../protocol/log/index.ts';
import { JWT_CLASS, readJwtSays, readTdxTicket, TDX_CLASS } from '../../../protocol/ticket/index.ts';
import { ticketIdOf } from '../../../protocol/universe/index.ts';
import type { JwtSays } from '../../../protocol/ticket/index.ts';
import type { Ticket } from '../../../protocol/universe/index.ts';
import type { PeerInfo } from '../../substrate/discovery/index.ts';
import type { Group } from '../../substrate/group/index.ts';
import type { StreamStats } from '../../substrate/stream/index.ts';
import { CLOSE } from '../../substrate/universe/index.ts';
import type { OpenNetwork } from './open.ts';

/** Names of tags that are known here, by id in hex; a tag is the hash of its name. */
export type TagNames = ReadonlyMap<string, string>;

export function viewPeers(
  { universe, discovery }: OpenNetwork,
  tags: TagNames,
  limit: number,
): { peers: NetworkPeer[]; more: boolean } {
  const { connections, traffic } = universe.stats();
  const known = new Map(discovery.peers().map((info) => [info.peer, info]));
  const linked = new Map(connections.map((connection) => [connection.peer, connection]));
  const all = [...new Set([...linked.keys(), ...known.keys()])].toSorted(
    (a, b) => Number(linked.has(b)) - Number(linked.has(a)) || (a < b ? -1 : 1),
  );
  const peers = all.slice(0, limit).map((peer): NetworkPeer => {
    const info = known.get(peer);
    const connection = linked.get(peer);
    const bytes = traffic.get(peer);
    const rtt = discovery.rtt(peer);
    return {
      peer,
      peerId: peerIdText(fromHex(peer, 32)),
      state: connection === undefined ? 'known' : 'connected',
      signed: info?.signed ?? false,
      addresses: [...(info?.addresses ?? [])],
      ...namesOf(info, tags),
      rtt: rtt === null ? null : { smoothed: rtt.smoothed, deviation: rtt.variation },
      updatedAt: info?.signed === true ? info.version[1] : null,
      startedAt: info?.signed === true ? info.version[0] : null,
      connection:
        connection === undefined
          ? null
          : {
              direction: connection.direction,
              address: connection.address,
              since: connection.since,
              relayed: connection.relayed,
              streams: connection.streams,
              bytesIn: bytes?.bytesIn ?? 0,
              bytesOut: bytes?.bytesOut ?? 0,
            },
    };
  });
  return { peers, more: all.length > limit };
}

function namesOf(
  info: PeerInfo | undefined,
  tags: TagNames,
): Pick<NetworkPeer, 'tags' | 'streams' | 'groups' | 'tickets'> {
  const hexes = (ids: readonly UniqueId[] | undefined): string[] => (ids ?? []).map(toHex);
  return {
    tags: hexes(info?.tags).map((id) => tags.get(id) ?? id),
    streams: hexes(info?.streams),
    groups: hexes(info?.groups),
    tickets: (info?.tickets ?? []).map((ticket) => {
      const { id, kind, expires } = viewTicket(ticket);
      return { id, kind, expires };
    }),
  };
}

/** What a ticket says of itself; whether it holds is for the gate of whoever asks for it. */
export function viewTicket(
  ticket: Ticket,
): NetworkPeer['tickets'][number] & { readonly says: JwtSays | null } {
  const id = toHex(ticketIdOf(ticket));
  if (sameBytes(ticket.class, TDX_CLASS)) return { id, kind: 'tdx', expires: endOf(ticket), says: null };
  if (!sameBytes(ticket.class, JWT_CLASS)) return { id, kind: 'other', expires: null, says: null };
  let says: JwtSays | null = null;
  try {
    says = readJwtSays(ticket.data);
  } catch {
    // it may be anything: a peer wrote it
  }
  return { id, kind: 'jwt', expires: says?.expires ?? null, says };
}

/** Ends of tickets that were read: a quote is 5 KiB, and hundreds of peers are looked at twice a second. */
const ends = new WeakMap<Ticket, number | null>();

/** When a TDX ticket says that it ends, Unix milliseconds; null: never, or it is none. */
function endOf(ticket: Ticket): number | null {
  const known = ends.get(ticket);
  if (known !== undefined) return known;
  let end: number | null = null;
  try {
    const { expires } = readTdxTicket(ticket.data).extra;
    end = expires === null ? null : expires * 1000;
  } catch {
    // it may be anything: a peer wrote it
  }
  ends.set(ticket, end);
  return end;
}

export function viewGroup(group: Group<unknown>, { universe, groups }: OpenNetwork): NetworkGroup {
  const status = group.status();
  const { members } = group.membership();
  const bonds = new Map(
    groups.bonds().flatMap((bond) => (sameBytes(bond.group, group.id) ? [[bond.peer, bond] as const] : [])),
  );
  const behind = new Map(status.peers.map(({ id, match }) => [id, Math.max(0, status.last.index - match)]));
  const member = (voter: boolean) => {
    return ({ node }: { readonly node: Uint8Array }): NetworkGroup['members'][number] => {
      const peer = toHex(node);
      const bond = bonds.get(peer);
      return {
        peer,
        voter,
        self: peer === universe.self,
        bonded: bond !== undefined,
        bondedSince: bond?.since ?? null,
        rtt: bond?.rtt ?? null,
        behind: behind.get(peer) ?? null,
      };
    };
  };
  const list = [...members.voters.map(member(true)), ...members.learners.map(member(false))];
  const voters = list.filter(({ voter }) => voter);
  return {
    id: toHex(group.id),
    origin: group.origin,
    role: status.role,
    term: status.term,
    leader: status.leader,
    commit: status.leaves,
    applied: status.applied,
    online: status.online,
    muted: status.muted,
    stopped: status.stopped,
    equivocations: status.equivocations,
    open: status.open,
    voters: voters.length,
    reachable: voters.filter(({ self, bonded }) => self || bonded).length,
    quorum: quorumOf(voters.length),
    members: list,
    checkpoint:
      status.checkpoint === null
        ? null
        : {
            size: status.checkpoint.size,
            at: status.checkpoint.at,
            cosigners: cosignersOf(status.checkpoint.note),
          },
  };
}

/** Lines of the note that carry a time: 72 bytes, where an author's has 64. */
const cosignersOf = (note: Uint8Array): number =>
  parseSignedCheckpoint(note).note.signatures.filter(({ signature }) => signature.length === 72).length;

export function viewStream({ id, name, drops, channels, ...rest }: StreamStats): NetworkStream {
  const hex = toHex(id);
  const connected = channels.filter(({ state }) => state === 'connected');
  const shown = [...connected, ...channels.filter(({ state }) => state !== 'connected')].slice(
    0,
    MAX_STREAM_PEERS,
  );
  return {
    ...rest,
    id: hex,
    name: name === hex ? null : name,
    missed: drops,
    connected: connected.length,
    peers: shown.map(({ drops: missed, closed, ...channel }) => ({
      ...channel,
      missed,
      ended: closed === null ? null : (endings.get(closed) ?? 'lost'),
    })),
    more: channels.length - shown.length,
  };
}

const endings: ReadonlyMap<number, NonNullable<StreamPeer['ended']>> = new Map([
  [CLOSE.streamNotAllowed, 'refused'],
  [CLOSE.streamNotFound, 'absent'],
  [CLOSE.tooSlow, 'too-slow'],
  [CLOSE.noCapacity, 'full'],
  [CLOSE.unknownPeer, 'unknown-peer'],
  [CLOSE.differentNetwork, 'other-network'],
  [CLOSE.protocolViolation, 'malformed'],
  [CLOSE.cancelled, 'closed'],
  [CLOSE.success, 'closed'],
  [CLOSE.gracefulShutdown, 'closed'],
]);
