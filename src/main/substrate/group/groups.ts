/**
 * The Groups of one node: joins them, answers those who offer a bond, and keeps bonds with the members of each. One
 * protocol handler, one file, one set of bonds for all.
 */
import { Refusal, sameBytes, toHex } from '../../../protocol/bytes/index.ts';
import type { UniqueId } from '../../../protocol/bytes/index.ts';
import { groupId, HEARTBEAT, membershipDigest } from '../../../protocol/group/index.ts';
import { nodeHashes } from '../../hashes.ts';
import type { GroupStore } from '../../store/index.ts';
import { CLOSE } from '../universe/index.ts';
import type { Link, Universe } from '../universe/index.ts';
import { acceptBond, BondClosed, GROUP_PROTOCOL, offerBond, readOffer, runBond } from './bond.ts';
import type { Bond, BondTerms, LiveBond } from './bond.ts';
import type { MemberSigner } from './checkpoints.ts';
import { openGroup } from './group.ts';
import type { RunningGroup } from './running.ts';
import type { Group, GroupConfig } from './types.ts';

export interface GroupsOptions {
  readonly universe: Universe;
  /** The network this node is in. */
  readonly network: UniqueId;
  readonly store: GroupStore;
  readonly signer: MemberSigner;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** A sentence for the activity log. */
  readonly note: (sentence: string) => void;
  /** The status of some Group may be different; often, under load. */
  readonly changed?: () => void;
}

/** A bond as the screens show it. */
export interface BondInfo {
  readonly group: UniqueId;
  readonly peer: string;
  readonly since: number;
  /** Milliseconds; null before the first heartbeat was answered. */
  readonly rtt: number | null;
}

export interface Groups {
  /**
   * Joins a Group, or answers the handle of one that is joined already; one that has stopped here is opened anew.
   * Errors: `MEMBERS_*`, `STORE_*`.
   */
  join<Answer>(config: GroupConfig<Answer>): Promise<Group<Answer>>;
  list(): readonly Group<unknown>[];
  bonds(): readonly BondInfo[];
  /** Tickets of a peer have changed: its bonds are judged again, at once. */
  review(peer: string): void;
  close(): Promise<void>;
}

/** Waits between two attempts to bond, milliseconds: doubled from the first to the last. */
const FIRST_RETRY = 100;
const LAST_RETRY = 5000;
/** Who leaves the Group keeps its bonds for this long, to hear that it has left. */
const FAREWELL = 1000;
/** How long the member with the larger key leaves it to the other one to dial. */
const YIELD = 400;

interface Joined {
  readonly group: RunningGroup<unknown>;
  readonly terms: BondTerms;
  readonly bonds: Map<string, Bond>;
  readonly dials: Map<string, { timer: NodeJS.Timeout; wait: number; busy: boolean }>;
  leaving: boolean;
}

export async function openGroups(options: GroupsOptions): Promise<Groups> {
  const { universe, network, store, signer, now, note } = options;
  const { self } = universe;
  const joined = new Map<string, Joined>();
  const joining = new Map<string, Promise<Group<unknown>>>();
  /** Groups that are being left. */
  const ending = new Map<string, Promise<void>>();
  let closed = false;

  // ---- bonds ----
  const settle = (one: Joined, bond: LiveBond): void => {
    one.bonds.set(bond.peer, bond);
    const ended = async (): Promise<void> => {
      await bond.link.closed;
      if (one.bonds.get(bond.peer) !== bond) return;
      one.bonds.delete(bond.peer);
      one.group.unbonded(bond.peer);
      // who fell silent is reached over a new connection, not over the one that is stuck
      if (bond.link.reason()?.code === CLOSE.timeout)
        void universe.disconnect(bond.peer).catch(() => undefined);
      seek(one);
    };
    void ended();
    runBond(bond, one.terms, (frame) => one.group.receive(bond.peer, frame));
    one.group.bonded(bond.peer);
  };

  /** Dials every member that is not bonded with; gives up on nobody as long as it is one, and lets go of who left. */
  const seek = (one: Joined): void => {
    if (one.leaving) return;
    for (const bond of one.bonds.values()) {
      if (!one.group.hasLeft(bond.peer)) continue;
      const part = (): void => {
        if (one.group.hasLeft(bond.peer)) void bond.close(CLOSE.groupNotAllowed);
      };
      setTimeout(part, FAREWELL).unref();
    }
    const wanted = new Set(one.group.peers());
    for (const [peer, dial] of one.dials) {
      if (wanted.has(peer) && !one.bonds.has(peer)) continue;
      clearTimeout(dial.timer);
      one.dials.delete(peer);
    }
    for (const peer of wanted) {
      if (one.bonds.has(peer) || one.dials.has(peer)) continue;
      // both would dial at the same moment: the smaller key goes first
      const wait = self < peer ? 0 : YIELD;
      const dial = { timer: setTimeout(() => void attempt(one, peer), wait), wait: FIRST_RETRY, busy: false };
      dial.timer.unref();
      one.dials.set(peer, dial);
    }
  };

  const attempt = async (one: Joined, peer: string): Promise<void> => {
    const dial = one.dials.get(peer);
    if (dial === undefined || dial.busy || one.leaving) return;
    if (one.bonds.has(peer)) return void one.dials.delete(peer);
    dial.busy = true;
    try {
      const link = await universe.open(peer, GROUP_PROTOCOL);
      const bond = await offerBond(link, one.terms, one.group.listing());
      if (one.bonds.has(peer) || one.leaving) await bond.close(CLOSE.alreadyBonded);
      else settle(one, bond);
      one.dials.delete(peer);
    } catch (error) {
      dial.busy = false;
      const permanent = error instanceof BondClosed && !passing.has(error.close);
      if (permanent) note(`${peer.slice(0, 12)}… refuses the bond (${error.close}).`);
      if (one.dials.get(peer) !== dial || one.leaving) return;
      // the other one was quicker
      if (one.bonds.has(peer)) return void one.dials.delete(peer);
      dial.wait = Math.min(LAST_RETRY, permanent ? LAST_RETRY : dial.wait * 2);
      dial.timer = setTimeout(() => void attempt(one, peer), dial.wait * (0.75 + Math.random() / 2));
      dial.timer.unref();
    }
  };

  const welcome = async (link: Link): Promise<void> => {
    const offer = await readOffer(link);
    if (!sameBytes(offer.network, network)) return link.close(CLOSE.differentNetwork);
    const one = joined.get(toHex(offer.group));
    if (one === undefined || one.leaving) return link.close(CLOSE.groupNotFound);
    if (!one.group.isMember(link.peer, offer.listing)) return link.close(CLOSE.groupNotAllowed);
    if (one.bonds.has(link.peer) || (one.dials.get(link.peer)?.busy === true && self < link.peer))
      return link.close(CLOSE.alreadyBonded);
    const bond = await acceptBond(link, one.terms, offer);
    // it may have been left meanwhile, and nobody would ever end this bond
    if (one.leaving) return link.close(CLOSE.groupNotFound);
    if (one.bonds.has(link.peer)) return link.close(CLOSE.alreadyBonded);
    settle(one, bond);
    const dial = one.dials.get(link.peer);
    if (dial !== undefined && !dial.busy) {
      clearTimeout(dial.timer);
      one.dials.delete(link.peer);
    }
    return undefined;
  };

  const stopServing = await universe.serve(
    GROUP_PROTOCOL,
    (link) => {
      welcome(link).catch((error: unknown) => {
        if (!(error instanceof Refusal)) note(`A bond failed: ${String(error)}`);
      });
    },
    64,
  );

  const open = async <Answer>(id: UniqueId, config: GroupConfig<Answer>): Promise<Group<Answer>> => {
    const key = toHex(id);
    await ending.get(key);
    const log = await store.open(id);
    const terms: BondTerms = {
      network,
      group: id,
      secret: config.secret,
      genesis: membershipDigest(nodeHashes, config.genesis),
      heartbeat: config.heartbeat ?? HEARTBEAT,
      self,
      now,
      admit: config.admit ?? (() => null),
    };
    const bonds = new Map<string, Bond>();
    const ports = {
      id,
      self,
      log,
      signer,
      bond: (peer: string) => bonds.get(peer) ?? null,
      membersChanged: () => {
        const one = joined.get(key);
        if (one !== undefined) queueMicrotask(() => seek(one));
      },
      now,
      note,
    };
    const group = await openGroup(config, ports);
    const one: Joined = {
      group: group as RunningGroup<unknown>,
      terms,
      bonds,
      dials: new Map(),
      leaving: false,
    };
    joined.set(key, one);
    if (options.changed !== undefined) group.changes(options.changed);
    seek(one);
    const ended = Promise.withResolvers<void>();
    const leave = async (): Promise<void> => {
      if (one.leaving) return;
      one.leaving = true;
      // whoever joins from now on begins anew, once this has ended
      joining.delete(key);
      ending.set(key, ended.promise);
      for (const { timer } of one.dials.values()) clearTimeout(timer);
      await group.close();
      for (const bond of bonds.values()) bond.send({ kind: 'departure' });
      await Promise.all([...bonds.values()].map((bond) => bond.close(CLOSE.gracefulShutdown)));
      joined.delete(key);
      ending.delete(key);
      ended.resolve();
    };
    return { ...group, close: leave };
  };

  const join = <Answer>(config: GroupConfig<Answer>): Promise<Group<Answer>> => {
    if (closed) return Promise.reject(new Refusal('GROUP_CLOSED', 'The Groups of this node are closed.'));
    const id = groupId({
      secret: config.secret,
      heartbeat: config.heartbeat ?? HEARTBEAT,
      machine: config.machine.signature,
      sync: config.machine.sync,
      validators: config.validators ?? [],
    });
    const key = toHex(id);
    // the id folds what the machine is, so whoever asks with the same id means the same kind of answers
    const known = joining.get(key) as Promise<Group<Answer>> | undefined;
    if (known !== undefined) return known.then((group) => again(group, config));
    const opening = open(id, config);
    joining.set(key, opening as Promise<Group<unknown>>);
    opening.catch(() => joining.delete(key));
    return opening;
  };
  const again = async <Answer>(group: Group<Answer>, config: GroupConfig<Answer>): Promise<Group<Answer>> => {
    if (group.status().stopped === null) return group;
    await group.close();
    return join(config);
  };

  return {
    join,
    list: () => [...joined.values()].map(({ group }) => group),
    bonds: () =>
      [...joined.values()].flatMap(({ group, bonds }) =>
        [...bonds.values()].map((bond) => ({
          group: group.id,
          peer: bond.peer,
          since: bond.since,
          rtt: bond.rtt(),
        })),
      ),
    review(peer) {
      for (const { bonds, terms } of joined.values()) {
        const bond = bonds.get(peer);
        if (bond === undefined) continue;
        try {
          terms.admit(peer);
        } catch {
          void bond.close(CLOSE.groupNotAllowed);
        }
      }
    },
    async close() {
      if (closed) return;
      closed = true;
      await stopServing();
      const groups = await Promise.allSettled(joining.values());
      for (const one of groups) if (one.status === 'fulfilled') await one.value.close();
    },
  };
}

/** Refusals that pass: the other side is not there yet, or was quicker. */
const passing = new Set<number>([
  CLOSE.groupNotFound,
  CLOSE.alreadyBonded,
  CLOSE.unexpectedClose,
  CLOSE.gracefulShutdown,
  CLOSE.timeout,
  CLOSE.cancelled,
]);
