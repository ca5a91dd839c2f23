/** The network: this node on it, the peers it knows, its Groups and streams (coalition.md 3). */
import { z } from 'zod';
import { command, query } from './base.ts';
import { problem } from './problem.ts';
import { count, hex, millis } from './shapes.ts';

export const MAX_PEERS = 2_000;
/** Of one stream; one with more says how many it leaves off. */
export const MAX_STREAM_PEERS = 100;

/** Tickets that a person has this node show, and their characters in all: the rest of its entry needs room too. */
export const MAX_SHOWN_TICKETS = 8;
export const MAX_SHOWN_TICKET_CHARACTERS = 8_192;

const id32 = hex(32);

export const networkTicket = z.object({
  id: id32,
  kind: z.enum(['jwt', 'tdx', 'other']),
  /** Null: it does not end, or what it says cannot be read. */
  expires: millis.nullable(),
});

/** A ticket of this node; what it says of itself, which nobody has verified here. */
export const shownTicket = networkTicket.extend({
  /** `shown`: everybody who knows this node sees it. `kept`: the network is not open, or its entry has no room. */
  state: z.enum(['shown', 'kept', 'expired']),
  issuer: z.string().nullable(),
  audiences: z.array(z.string()),
});
export type ShownTicket = z.infer<typeof shownTicket>;

export const networkStatus = z.object({
  /** `off`: a person has not turned it on. `locked`: it waits for the vault. `failed`: see `problem`. */
  state: z.enum(['off', 'locked', 'opening', 'on', 'failed']),
  problem: problem.nullable(),
  /** Node key; null before there is an identity. */
  peer: id32.nullable(),
  /** The same as 12D3Koo…. */
  peerId: z.string().nullable(),
  /** The network that this node is in: peers of others do not exist for it. */
  network: id32,
  /** Multiaddrs under which others can reach this node. */
  addresses: z.array(z.string()),
  /** Who can dial it: anybody, through a relay only, this network only, nobody. */
  reach: z.enum(['public', 'relayed', 'private', 'none']),
  known: count,
  connected: count,
  /** Entries, announcements and connections that were refused since the start, by code. */
  refused: z.array(z.object({ code: z.string(), count })),
  /** How far the peers' clocks are ahead of this one, median, milliseconds; null: nobody was heard. */
  skew: z.number().nullable(),
  /** When another node was last heard speaking with this node's key; null: never. */
  twin: millis.nullable(),
  tags: z.array(z.string()),
  tickets: z.array(shownTicket),
});
export type NetworkStatus = z.infer<typeof networkStatus>;

export const networkPeer = z.object({
  peer: id32,
  peerId: z.string(),
  /** `connected`, or only `known` from an entry. */
  state: z.enum(['connected', 'known']),
  /** False: somebody's word, no signed entry yet. */
  signed: z.boolean(),
  addresses: z.array(z.string()),
  tags: z.array(z.string()),
  streams: z.array(id32),
  groups: z.array(id32),
  tickets: z.array(networkTicket),
  /** Milliseconds, smoothed, and how much it varies; null before the first measurement. */
  rtt: z.object({ smoothed: z.number(), deviation: z.number() }).nullable(),
  /** When its entry was last changed or announced. */
  updatedAt: millis.nullable(),
  startedAt: millis.nullable(),
  connection: z
    .object({
      direction: z.enum(['inbound', 'outbound']),
      address: z.string(),
      since: millis,
      relayed: z.boolean(),
      streams: count,
      bytesIn: count,
      bytesOut: count,
    })
    .nullable(),
});
export type NetworkPeer = z.infer<typeof networkPeer>;

export const groupMember = z.object({
  peer: id32,
  voter: z.boolean(),
  self: z.boolean(),
  /** A bond stands between that member and this one. */
  bonded: z.boolean(),
  bondedSince: millis.nullable(),
  /** Round trip of the last heartbeat, milliseconds. */
  rtt: z.number().nullable(),
  /** Known to the leader only: entries behind it. */
  behind: count.nullable(),
});

export const networkGroup = z.object({
  id: id32,
  origin: z.string(),
  role: z.enum(['follower', 'pre-candidate', 'candidate', 'leader', 'learner']),
  term: count,
  leader: id32.nullable(),
  /** Commands committed, and of these applied here. */
  commit: count,
  applied: count,
  online: z.boolean(),
  /** Restored from a backup: it follows, and neither votes nor signs. */
  muted: z.boolean(),
  /** Why it has stopped on this node; null while it runs. */
  stopped: z.string().nullable(),
  equivocations: count,
  /** Own commands that are not committed. */
  open: count,
  voters: count,
  reachable: count,
  quorum: count,
  members: z.array(groupMember),
  checkpoint: z.object({ size: count, at: millis, cosigners: count }).nullable(),
});
export type NetworkGroup = z.infer<typeof networkGroup>;

/** One connection of a stream, or the attempt at one. */
export const streamPeer = z.object({
  peer: id32,
  state: z.enum(['connecting', 'connected', 'terminated']),
  /** Since when it is in this state. */
  since: millis,
  /** Over all its connections; from a producer, what has left for this peer. */
  datums: count,
  bytes: count,
  /** Datums that wait for this peer to take them. */
  waiting: count,
  /** Datums that it missed because it lagged. */
  missed: count,
  reconnects: count,
  /** Why the last connection ended; null: none has. */
  ended: z
    .enum([
      'refused',
      'absent',
      'too-slow',
      'full',
      'unknown-peer',
      'other-network',
      'malformed',
      'closed',
      'lost',
    ])
    .nullable(),
});
export type StreamPeer = z.infer<typeof streamPeer>;

export const networkStream = z.object({
  id: id32,
  /** As it was declared on this node; null where it has an id only. */
  name: z.string().nullable(),
  side: z.enum(['producer', 'consumer']),
  /** Those are there whom it waits for: a producer sends, a consumer hears. */
  online: z.boolean(),
  /** When it was opened on this node. */
  since: millis,
  /** Sent, or received; a datum for three consumers is one. */
  datums: count,
  bytes: count,
  /** Of a producer: datums that some consumer missed, and consumers disconnected for lagging. */
  missed: count,
  tooSlow: count,
  connected: count,
  /** Connected ones first. */
  peers: z.array(streamPeer).max(MAX_STREAM_PEERS),
  /** Peers that were left off. */
  more: count,
});
export type NetworkStream = z.infer<typeof networkStream>;

export const network = {
  status: query('view').output(networkStatus),
  /** Connected ones first, then by key. `more` when others were left off. */
  peers: query('view')
    .input(z.object({ limit: z.number().int().min(1).max(MAX_PEERS).default(500) }).default({ limit: 500 }))
    .output(z.object({ peers: z.array(networkPeer), more: z.boolean() })),
  groups: query('view').output(z.object({ groups: z.array(networkGroup) })),
  /** What this node produces and consumes. */
  streams: query('view').output(z.object({ streams: z.array(networkStream) })),
  /** The policy of a Group's checkpoints as a tlog-policy file, and its newest checkpoint: an outsider's check. */
  proof: query('view')
    .input(z.object({ group: id32 }))
    .output(z.object({ policy: z.string(), checkpoint: z.string().nullable() })),
  /** Dials an address that ends in `/p2p/12D3Koo…` and compares catalogues; answers whom. */
  connect: command('operate')
    .input(z.object({ address: z.string().min(1).max(512) }))
    .output(z.object({ peer: id32, added: count })),
  /** Closes the connections to a peer and lets it in again no sooner than after `minutes`. */
  deny: command('operate')
    .input(
      z.object({
        peer: id32,
        minutes: z.number().int().min(1).max(10_080),
        reason: z.string().min(1).max(200),
      }),
    )
    .output(z.object({})),
  /** What this node says of itself; announced at once. */
  tags: command('operate')
    .input(z.object({ tags: z.array(z.string().min(1).max(64)).max(32) }))
    .output(networkStatus),
  /** Shows a JWT ticket of this node to everybody, now and at every start. Tickets are public. */
  present: command('operate')
    .input(z.object({ ticket: z.string().min(1).max(9_000) }))
    .output(shownTicket),
  /** Shows a ticket no more; its issuer is not told. */
  withdraw: command('operate')
    .input(z.object({ ticket: id32 }))
    .output(z.object({})),
};
