/** A made-up network: peers near and far, signed and hearsay, Groups that lead, follow, wait and contradict. */
import type {
  NetworkGroup,
  NetworkPeer,
  NetworkStatus,
  NetworkStream,
  ShownTicket,
} from '../../../src/contract/index.ts';
import { fromHex, peerIdText } from '../../../src/protocol/bytes/index.ts';
import { hexOf } from './hex.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const TAGS = ['signals', 'eu-central', 'tdx', 'edge', 'a-tag-as-long-as-the-operators-of-it-are-proud'];
const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const idOf = (key: string): string => peerIdText(fromHex(key));

/** What every test may say; deterministic but for `now`. */
export function peer(i: number, now: number): NetworkPeer {
  const key = hexOf(`peer ${i}`);
  const peerId = idOf(key);
  const connected = i % 5 < 3;
  const relayed = i % 11 === 4;
  const address = relayed
    ? `/ip4/203.0.113.9/tcp/4001/p2p/${idOf(hexOf('relay'))}/p2p-circuit/p2p/${peerId}`
    : `/ip4/198.51.100.${i % 250}/tcp/${4001 + (i % 3)}/p2p/${peerId}`;
  const since = now - ((i * 37) % 2000) * MINUTE - 20_000;
  return {
    peer: key,
    peerId,
    state: connected ? 'connected' : 'known',
    signed: i % 7 !== 6 || connected,
    addresses:
      i % 9 === 8 ? [] : [address, `/dns4/node-${i}.example/tcp/4001/p2p/${peerId}`].slice(0, 1 + (i % 2)),
    tags: TAGS.filter((_, at) => (i + at) % 3 === 0).slice(0, 3),
    streams: Array.from({ length: i % 3 }, (_, at) => hexOf(`stream ${i} ${at}`)),
    groups: Array.from({ length: i < 4 ? 2 : i % 6 === 0 ? 1 : 0 }, (_, at) => hexOf(`group ${at}`)),
    tickets:
      i % 4 === 3
        ? []
        : [
            { id: hexOf(`held ${i}`), kind: 'jwt', expires: now + ((i % 9) - 1) * 9 * HOUR + 4 * MINUTE },
            ...(i % 3 === 0 ? [{ id: hexOf(`tdx ${i}`), kind: 'tdx' as const, expires: now + 3 * DAY }] : []),
            ...(i % 8 === 0 ? [{ id: hexOf(`other ${i}`), kind: 'other' as const, expires: null }] : []),
          ],
    rtt: connected && i % 13 !== 11 ? { smoothed: 2 + ((i * i * 17) % 420), deviation: 1 + (i % 9) } : null,
    updatedAt: i % 7 === 6 && !connected ? null : now - (i % 60) * MINUTE,
    startedAt: i % 6 === 5 ? null : since - 3 * HOUR,
    connection: connected
      ? {
          direction: i % 2 === 0 ? 'outbound' : 'inbound',
          address,
          since,
          relayed,
          streams: 2 + (i % 5),
          bytesIn: 40_000 + i * 1_234_567,
          bytesOut: 9000 + i * 234_567,
        }
      : null,
  };
}

export const peersOf = (n: number, now: number): NetworkPeer[] =>
  Array.from({ length: n }, (_, i) => peer(i, now)).toSorted((a, b) =>
    a.state === b.state ? (a.peer < b.peer ? -1 : 1) : a.state === 'connected' ? -1 : 1,
  );

/** What the node shows: one that is good, and in a full life one that has ended, one of a program, one without room. */
export function shownTickets(data: 'empty' | 'normal' | 'full', now: number): ShownTicket[] {
  const good: ShownTicket = {
    id: hexOf('own ticket'),
    kind: 'jwt',
    state: 'shown',
    expires: now + 6 * DAY + HOUR,
    issuer: hexOf('tickets of signals.eu'),
    audiences: [hexOf('signals.eu')],
  };
  const more: ShownTicket[] = [
    {
      ...good,
      id: hexOf('own ticket, over'),
      state: 'expired',
      expires: now - 3 * HOUR,
      issuer: 'https://tickets.an-operator-with-a-long-name.example/issuers/2026',
    },
    { ...good, id: hexOf('own tdx'), kind: 'tdx', expires: null, issuer: null, audiences: [] },
    { ...good, id: hexOf('own ticket, kept'), state: 'kept', expires: null },
  ];
  return { empty: [], normal: [good], full: [good, ...more] }[data];
}

/** What the fake takes for a ticket, as a screen would send one. */
export const presented = (text: string, now: number): ShownTicket => ({
  id: hexOf(text.trim()),
  kind: 'jwt',
  state: 'shown',
  expires: now + DAY + HOUR,
  issuer: 'https://tickets.example',
  audiences: [],
});

export function statusOf(
  state: NetworkStatus['state'],
  self: string | null,
  peers: readonly NetworkPeer[],
  tags: readonly string[],
  tickets: readonly ShownTicket[],
  now: number,
  full: boolean,
): NetworkStatus {
  const on = state === 'on';
  const peerId = self === null ? null : idOf(self);
  return {
    state,
    problem:
      state === 'failed'
        ? {
            code: 'LISTEN_FAILED',
            what: 'Port 4001 of 0.0.0.0 is taken.',
            meaning: 'The network could not be opened at the address that was asked for.',
            next: 'Choose another port or address; another program may listen there.',
            details: { address: '/ip4/0.0.0.0/tcp/4001' },
          }
        : null,
    peer: self,
    peerId,
    network: hexOf('network'),
    addresses: on
      ? [
          `/ip4/203.0.113.20/tcp/4001/p2p/${peerId ?? ''}`,
          `/ip6/2001:db8:4f:12::20/tcp/4001/p2p/${peerId ?? ''}`,
          `/ip4/10.20.0.4/tcp/4001/p2p/${peerId ?? ''}`,
        ]
      : [],
    reach: on ? 'public' : 'none',
    known: on ? peers.length : 0,
    connected: on ? peers.filter((one) => one.state === 'connected').length : 0,
    refused: full
      ? [
          { code: 'ENTRY_SIGNATURE', count: 3 },
          { code: 'ENTRY_STALE', count: 41 },
        ]
      : [],
    skew: on && peers.length > 0 ? (full ? 7400 : 38) : null,
    twin: full ? now - 20 * MINUTE : null,
    tags: [...tags],
    tickets: tickets.map((ticket) =>
      ticket.state === 'shown' && !on ? { ...ticket, state: 'kept' } : ticket,
    ),
  };
}

const checkpoint = (at: number, size: number) => ({ size, at, cosigners: 2 });

export function groupsOf(n: number, self: string, now: number): NetworkGroup[] {
  const member = (i: number, more: Partial<NetworkGroup['members'][number]> = {}) => ({
    peer: hexOf(`peer ${i}`),
    voter: true,
    self: false,
    bonded: true,
    bondedSince: now - (i + 1) * HOUR,
    rtt: 3 + i * 11,
    behind: null,
    ...more,
  });
  const own = { ...member(0), peer: self, self: true, bonded: false, bondedSince: null, rtt: null };
  const base: NetworkGroup = {
    id: hexOf('group 0'),
    origin: 'signals.eu/roster',
    role: 'leader',
    term: 12,
    leader: self,
    commit: 4820,
    applied: 4820,
    online: true,
    muted: false,
    stopped: null,
    equivocations: 0,
    open: 0,
    voters: 5,
    reachable: 5,
    quorum: 3,
    members: [own, ...[0, 1, 2, 3].map((i) => member(i, { behind: i === 2 ? 3 : 0 }))],
    checkpoint: checkpoint(now - 40_000, 4816),
  };
  const away = { bonded: false, bondedSince: null, rtt: null };
  const groups: NetworkGroup[] = [
    base,
    {
      ...base,
      id: hexOf('group 1'),
      origin: 'signals.eu/almanac',
      role: 'follower',
      leader: null,
      online: false,
      reachable: 2,
      open: 1,
      applied: 4811,
      members: [own, member(0), member(1, away), member(2, away), member(3, away)],
      checkpoint: checkpoint(now - 3 * HOUR, 4790),
    },
    {
      ...base,
      id: hexOf('group 2'),
      origin: 'signals.eu/from-a-backup',
      role: 'follower',
      leader: hexOf('peer 1'),
      muted: true,
      checkpoint: null,
    },
    {
      ...base,
      id: hexOf('group 3'),
      origin: 'signals.eu/contradicted',
      role: 'learner',
      leader: hexOf('peer 2'),
      equivocations: 1,
    },
    {
      ...base,
      id: hexOf('group 4'),
      origin: 'signals.eu/stopped',
      role: 'follower',
      leader: null,
      stopped: 'The log of this node differs from the one that was committed.',
    },
  ];
  return groups.slice(0, n);
}

const NAMES = ['signals.eu.Price/1', 'signals.eu.Alert/1', 'signals.eu.Candle/2', 'signals.eu.Trace/1'];
const ENDED = ['refused', 'lost', 'full', 'closed'] as const;

/** Some flow, some wait, one lags, one is refused, one has more peers than are shown. */
export const streamsOf = (n: number, now: number): NetworkStream[] =>
  Array.from({ length: n }, (_, i) => {
    const produces = i % 2 === 0;
    const peers = Array.from({ length: (i * 3) % 7 }, (__, at): NetworkStream['peers'][number] => {
      const state = i % 5 === 3 ? 'terminated' : at < 3 ? 'connected' : 'connecting';
      return {
        peer: hexOf(`peer ${i + at}`),
        state: produces ? 'connected' : state,
        since: now - (at + 1) * 13 * MINUTE,
        datums: (i + at) * 48_211,
        bytes: (i + at) * 12_345_678,
        waiting: produces ? at * 17 : 0,
        missed: produces && i === 4 && at === 1 ? 1204 : 0,
        reconnects: at,
        ended: state === 'connected' ? null : i % 5 === 3 ? 'refused' : (ENDED[at % ENDED.length] ?? null),
      };
    });
    const connected = peers.filter(({ state }) => state === 'connected').length;
    return {
      id: hexOf(`stream ${i} 0`),
      name: NAMES[i] ?? null,
      side: produces ? 'producer' : 'consumer',
      online: produces ? connected > 0 && i !== 6 : true,
      since: now - (i + 1) * 5 * HOUR,
      datums: i * 48_211,
      bytes: i * 12_345_678,
      missed: i === 4 ? 1204 : 0,
      tooSlow: i === 4 ? 1 : 0,
      connected,
      peers,
      more: i === 8 ? 12 : 0,
    };
  });

/** A note in the form of a checkpoint, and a policy for it; neither is signed. */
export const proofOf = (group: string): { policy: string; checkpoint: string | null } => ({
  policy: `log ${ALPHABET.slice(0, 12)} ${group.slice(0, 16)}\nquorum all\n`,
  checkpoint: `signals.eu/roster\n4816\n${group.slice(0, 43)}=\n\n— signals.eu ${ALPHABET}\n`,
});
