/** The network: this node on it, the peers it knows, the Groups it is a member of (coalition.md 3). */
import { z } from 'zod';
import { command, query } from './base.ts';
import { problem } from './problem.ts';
import { count, hex, millis } from './shapes.ts';

export const MAX_PEERS = 2_000;

const id32 = hex(32);

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
});
export type NetworkStatus = z.infer<typeof networkStatus>;

export const networkTicket = z.object({
  id: id32,
  kind: z.enum(['jwt', 'tdx', 'other']),
  /** Null: it does not end, or what it says cannot be read. */
  expires: millis.nullable(),
});

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

export const networkStream = z.object({
  id: id32,
  side: z.enum(['producer', 'consumer']),
  peer: id32.nullable(),
  state: z.enum(['connecting', 'connected', 'terminated']),
  datums: count,
  bytes: count,
  dropped: count,
  since: millis.nullable(),
});
export type NetworkStream = z.infer<typeof networkStream>;

export const network = {
  status: query('view').output(networkStatus),
  /** Connected ones first, then by key. `more` when others were left off. */
  peers: query('view')
    .input(z.object({ limit: z.number().int().min(1).max(MAX_PEERS).default(500) }).default({ limit: 500 }))
    .output(z.object({ peers: z.array(networkPeer), more: z.boolean() })),
  groups: query('view').output(z.object({ groups: z.array(networkGroup), streams: z.array(networkStream) })),
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
};
