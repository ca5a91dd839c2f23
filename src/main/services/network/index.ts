/**
 * The node on the network: off until a person turns it on, open while it is on and the vault is, closed before the
 * keys are locked away. Whatever keeps it from opening is told and does not keep the node from anything else.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { toProblem } from '../../../contract/index.ts';
import type {
  NetworkGroup,
  NetworkPeer,
  NetworkStatus,
  NetworkStream,
  Problem,
  Settings,
  ShownTicket,
} from '../../../contract/index.ts';
import { idFrom, peerIdText, Refusal, toHex, UNIVERSE } from '../../../protocol/bytes/index.ts';
import type { Member } from '../../../protocol/group/index.ts';
import { createAlarm } from '../../alarm.ts';
import type { Store } from '../../store/index.ts';
import type { NetworkPorts, OpenNetwork } from './open.ts';
import { createOwnQuote } from './own-quote.ts';
import type { OwnQuoteOptions } from './own-quote.ts';
import { createOwnTickets } from './own-tickets.ts';
import { viewGroup, viewPeers, viewStream } from './view.ts';

export interface NetworkOptions extends Omit<NetworkPorts, 'settings'> {
  readonly settings: () => Settings;
  readonly store: Store;
  /** This machine, if it is a TD. */
  readonly guest: OwnQuoteOptions['guest'];
  /** Changes the setting: no quote of this machine is shown any more. */
  readonly stopQuote: () => Promise<unknown>;
  /** `problems` may answer others. */
  readonly troubled: () => void;
}

export interface Network {
  status(): NetworkStatus;
  /** Errors: `NETWORK_OFF`. */
  peers(limit: number): { peers: NetworkPeer[]; more: boolean };
  groups(): { groups: NetworkGroup[] };
  streams(): { streams: NetworkStream[] };
  /** Errors: `NETWORK_OFF`, `GROUP_UNKNOWN`. */
  proof(group: string): { policy: string; checkpoint: string | null };
  /** Errors: `NETWORK_OFF`, `ADDRESS_FORMAT`, `PEER_UNREACHABLE`, `DIFFERENT_NETWORK`, `SYNC_FAILED`. */
  connect(address: string): Promise<{ peer: string; added: number }>;
  /** Errors: `NETWORK_OFF`. */
  deny(peer: string, minutes: number, reason: string): void;
  /** What this node says of itself, now and at every start. */
  tags(tags: readonly string[]): Promise<NetworkStatus>;
  /**
   * Shows a JWT ticket of this node, now and at every start. Errors: `TICKET_FORMAT`, `TICKET_ALGORITHM`,
   * `TICKET_SUBJECT`, `TICKET_TIME`, `TICKETS_FULL`, `ENTRY_SIZE`, `ENTRY_FORMAT`.
   */
  present(ticket: string): Promise<ShownTicket>;
  /** A quote of this machine is not made anew either, until its setting says so again. Errors: `TICKET_UNKNOWN`. */
  withdraw(ticket: string): Promise<void>;
  /** Settings or the vault have changed: opens, closes, or opens anew with other settings. */
  review(): Promise<void>;
  /** Closes, so that others hear a signed goodbye, then does `work`; what takes too long to close does not keep it. */
  closedFor(work: () => void): Promise<void>;
  /** What is open, for those who build on it; null while it is not. */
  open(): OpenNetwork | null;
  /** This node as the member of a Group; null before there is an identity. */
  ownCard(): Member | null;
  problems(): readonly Problem[];
  close(): Promise<void>;
}

const TAGS = 'network/tags';
/** How long somebody who locks the node waits for its network to close, milliseconds. */
const PATIENCE = 5000;
/** A network that could not be opened is tried again after this, milliseconds. */
const AGAIN = 10_000;

export async function createNetwork(options: NetworkOptions): Promise<Network> {
  const { vault, settings, store, now, note, changed } = options;
  let open: OpenNetwork | null = null;
  let opening = false;
  let trouble: Refusal | null = null;
  let closed = false;
  let paused = false;
  /** The settings that the open network was opened with. */
  let openedWith = '';
  let work: Promise<void> = Promise.resolve();
  const stored = await store.getLocal(TAGS);
  let tags: string[] = Array.isArray(stored) ? stored.filter((tag) => typeof tag === 'string') : [];

  const tickets = await createOwnTickets({
    store,
    entry: () => open?.discovery.own ?? null,
    self() {
      const keys = vault.publicKeys();
      return keys === null ? null : toHex(keys.node);
    },
    now,
    note,
    changed,
  });
  const quote = createOwnQuote({
    guest: options.guest,
    entry: () => open?.discovery.own ?? null,
    self: () => vault.publicKeys()?.node ?? null,
    network: UNIVERSE,
    now,
    note,
    changed() {
      changed();
      options.troubled();
    },
  });

  const relevant = (): string => {
    const { network, networkListen, networkBootstrap, networkLocal, networkRelay } = settings();
    return JSON.stringify([network, networkListen, networkBootstrap, networkLocal, networkRelay]);
  };
  const wanted = (): boolean => !closed && !paused && settings().network && vault.state() === 'ready';

  const settle = async (): Promise<void> => {
    if (open !== null && (!wanted() || relevant() !== openedWith)) {
      const before = open;
      open = null;
      quote.review(false);
      await before.close();
      changed();
    }
    if (open !== null || !wanted()) {
      later.set(null);
      if (!settings().network && trouble !== null) {
        trouble = null;
        options.troubled();
      }
      quote.review(settings().networkQuote);
      return;
    }
    opening = true;
    changed();
    openedWith = relevant();
    try {
      const { openNetwork } = await import('./open.ts');
      open = await openNetwork({ ...options, settings: settings() });
      for (const tag of tags) open.discovery.own.addTag(idFrom(tag));
      tickets.show();
      quote.review(settings().networkQuote);
      trouble = null;
      later.set(null);
      note(`The network is open at ${open.universe.addresses().join(', ') || 'no address of its own'}.`);
    } catch (error) {
      const before = trouble?.message;
      trouble =
        error instanceof Refusal
          ? error
          : new Refusal('NETWORK_FAILED', `The network could not be opened: ${String(error)}`);
      if (trouble.message !== before) note(trouble.message);
      // what was in the way may go away by itself: a port that is still held, a disk that was full
      later.set(now() + AGAIN);
    } finally {
      opening = false;
      changed();
      options.troubled();
    }
  };
  const review = (): Promise<void> => {
    work = work.then(settle);
    const done = work;
    work = work.catch(() => undefined);
    return done;
  };

  const later = createAlarm(now, () => void review());

  const need = (): OpenNetwork => {
    if (open === null) throw new Refusal('NETWORK_OFF', 'The network of this node is not open.');
    return open;
  };
  const stateOf = (): NetworkStatus['state'] => {
    if (open !== null) return 'on';
    if (!settings().network) return 'off';
    if (vault.state() !== 'ready') return 'locked';
    return trouble !== null && !opening ? 'failed' : 'opening';
  };

  const status = (): NetworkStatus => {
    const keys = vault.publicKeys();
    const stats = open?.universe.stats();
    const found = open?.discovery.stats();
    return {
      state: stateOf(),
      problem: trouble === null ? null : toProblem(trouble.code, trouble.message, trouble.details),
      peer: keys === null ? null : toHex(keys.node),
      peerId: keys === null ? null : peerIdText(keys.node),
      network: toHex(UNIVERSE),
      addresses: [...(open?.universe.addresses() ?? [])],
      reach: stats?.reach ?? 'none',
      known: found?.peers ?? 0,
      connected: open?.universe.connected().length ?? 0,
      refused: [
        ...Object.entries(found?.refused ?? {}).map(([code, count]) => ({ code, count })),
        ...(stats === undefined || stats.refused === 0
          ? []
          : [{ code: 'CONNECTION_RATE', count: stats.refused }]),
      ],
      skew: found?.skew ?? null,
      twin: found?.twin ?? null,
      tags: [...tags],
      tickets: tickets.list(),
    };
  };

  return {
    status,
    peers: (limit) => viewPeers(need(), new Map(tags.map((tag) => [toHex(idFrom(tag)), tag])), limit),
    groups() {
      const here = open;
      return { groups: here === null ? [] : here.groups.list().map((group) => viewGroup(group, here)) };
    },
    streams: () => ({ streams: open === null ? [] : open.streams.stats().map(viewStream) }),
    proof(id) {
      const group = need()
        .groups.list()
        .find((one) => toHex(one.id) === id);
      if (group === undefined) throw new Refusal('GROUP_UNKNOWN', 'This node is in no Group with that id.');
      const { checkpoint } = group.status();
      return {
        policy: group.policy(),
        checkpoint: checkpoint === null ? null : new TextDecoder().decode(checkpoint.note),
      };
    },
    async connect(address) {
      const here = need();
      const peer = here.peerOf(address);
      await here.discovery.introduce(peer, [address]);
      const { accepted } = await here.discovery.sync(peer);
      // a first measurement at once; later ones come by themselves
      await here.discovery.ping(peer).catch(() => undefined);
      changed();
      return { peer, added: accepted };
    },
    deny(peer, minutes, reason) {
      need().universe.deny(peer, minutes * 60_000, reason, 'person');
      changed();
    },
    async tags(next) {
      const before = tags;
      tags = [...new Set(next.map((tag) => tag.trim()).filter((tag) => tag !== ''))];
      await store.putLocal(TAGS, tags);
      for (const tag of before) if (!tags.includes(tag)) open?.discovery.own.removeTag(idFrom(tag));
      for (const tag of tags) if (!before.includes(tag)) open?.discovery.own.addTag(idFrom(tag));
      changed();
      return status();
    },
    async present(ticket) {
      const shown = await tickets.present(ticket);
      changed();
      return shown;
    },
    async withdraw(ticket) {
      if (quote.shows(ticket)) await options.stopQuote();
      else await tickets.withdraw(ticket);
      changed();
    },
    review,
    async closedFor(task) {
      paused = true;
      const late = new AbortController();
      const shut = review().catch((error: unknown) => note(String(error)));
      try {
        await Promise.race([shut, sleep(PATIENCE, undefined, late)]);
        task();
      } finally {
        late.abort();
        paused = false;
      }
    },
    open: () => open,
    ownCard() {
      const keys = vault.publicKeys();
      return keys === null ? null : { node: keys.node, log: keys.log, cosigner: keys.cosigner };
    },
    problems: () =>
      [trouble, quote.problem()].flatMap((one) =>
        one === null ? [] : [toProblem(one.code, one.message, one.details)],
      ),
    async close() {
      closed = true;
      await review();
    },
  };
}
