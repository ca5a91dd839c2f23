/**
 * A bond: the authenticated link between two members of a Group (coalition.md 3.4). Tickets are judged on both
 * sides first, then both prove that they hold the Group's secret, and that they mean the same first members. Any
 * frame counts as a sign of life; a bond that misses ten heartbeats is dead.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { fromHex, Refusal } from '../../../protocol/bytes/index.ts';
import { bondId, bondProof, NONCE_BYTES } from '../../../protocol/group/index.ts';
import type { BondEnds, Heartbeat } from '../../../protocol/group/index.ts';
import { CLOSE } from '../universe/index.ts';
import type { CloseCode, Link } from '../universe/index.ts';
import { readFrame, toFrame } from './frames.ts';
import type { GroupFrame } from './frames.ts';

export const GROUP_PROTOCOL = '/muster/group/1';
/** A handshake takes no longer than this, milliseconds. */
export const HANDSHAKE = 2000;

export interface BondTerms {
  readonly network: Uint8Array;
  readonly group: Uint8Array;
  readonly secret: Uint8Array;
  /** SHA-256 of the first members. */
  readonly genesis: Uint8Array;
  readonly heartbeat: Heartbeat;
  /** This node, hex. */
  readonly self: string;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Whether the peer's tickets let it in; answers until when (Unix ms), null: without end. Throws a Refusal. */
  readonly admit: (peer: string) => number | null;
}

export interface Bond {
  readonly peer: string;
  /** The same on both sides. */
  readonly id: Uint8Array;
  readonly since: number;
  /** Round trip of the last heartbeat, milliseconds; null before the first. */
  rtt(): number | null;
  send(frame: GroupFrame): boolean;
  /** As `Link.post`. */
  post(frame: Uint8Array): boolean;
  drained(): Promise<void>;
  close(code: CloseCode): Promise<void>;
  readonly link: Link;
}

/**
 * The side that dialled. `listing`: the newest change of members that it knows, so that a member which has not seen
 * it yet learns that this one is a member. Errors: `BOND_REFUSED` with the code of the closing, `LINK_TIMEOUT`.
 */
export async function offerBond(link: Link, terms: BondTerms, listing: Uint8Array): Promise<LiveBond> {
  return shaking(link, async () => {
    terms.admit(link.peer);
    const initiatorNonce = randomBytes(NONCE_BYTES);
    link.send([terms.network, terms.group, terms.genesis, initiatorNonce, listing]);
    const answer = fieldsOf(await link.next(HANDSHAKE), 2);
    const ends: BondEnds = {
      group: terms.group,
      initiator: terms.self,
      acceptor: link.peer,
      initiatorNonce,
      acceptorNonce: bytesOf(answer[0], NONCE_BYTES),
    };
    checkProof(bytesOf(answer[1], 32), terms, ends, link.peer);
    link.send([bondProof(terms.secret, ends, terms.self)]);
    // the acceptor says the last word, so that both know the bond or neither does
    fieldsOf(await link.next(HANDSHAKE), 0);
    return liveBond(link, bondId(ends), terms.now());
  });
}

export interface BondOffer {
  readonly network: Uint8Array;
  readonly group: Uint8Array;
  readonly genesis: Uint8Array;
  readonly nonce: Uint8Array;
  /** A change of members, still to be checked; empty: none. */
  readonly listing: Uint8Array;
}

/** What a dialling member asks for, read before its Group is known. Errors: `LINK_TIMEOUT`, `BOND_FORMAT`. */
export async function readOffer(link: Link): Promise<BondOffer> {
  return shaking(link, async () => {
    const [network, group, genesis, nonce, listing] = fieldsOf(await link.next(HANDSHAKE), 5);
    if (!(listing instanceof Uint8Array)) throw malformed();
    return {
      listing,
      network: bytesOf(network, 32),
      group: bytesOf(group, 32),
      genesis: bytesOf(genesis, 32),
      nonce: bytesOf(nonce, NONCE_BYTES),
    };
  });
}

/** The side that was dialled, once it has found the Group. Errors: as `offerBond`. */
export async function acceptBond(link: Link, terms: BondTerms, offer: BondOffer): Promise<LiveBond> {
  return shaking(link, async () => {
    terms.admit(link.peer);
    if (!timingSafeEqual(offer.genesis, terms.genesis))
      throw new BondClosed(CLOSE.invalidHandshake, 'The peer means other first members.');
    const ends: BondEnds = {
      group: terms.group,
      initiator: link.peer,
      acceptor: terms.self,
      initiatorNonce: offer.nonce,
      acceptorNonce: randomBytes(NONCE_BYTES),
    };
    link.send([ends.acceptorNonce, bondProof(terms.secret, ends, terms.self)]);
    checkProof(bytesOf(fieldsOf(await link.next(HANDSHAKE), 1)[0], 32), terms, ends, link.peer);
    link.send([]);
    return liveBond(link, bondId(ends), terms.now());
  });
}

/** Runs the bond: hands frames to `receive`, keeps the heartbeat, ends it when the tickets do. */
export function runBond(
  bond: LiveBond,
  terms: BondTerms,
  receive: (frame: GroupFrame) => void | Promise<void>,
): void {
  const { heartbeat } = terms;
  let heard = performance.now();
  let pings = 0;
  let pingedAt = 0;
  let timer: NodeJS.Timeout;
  const beat = (): void => {
    const now = performance.now();
    if (now - heard > heartbeat.interval * heartbeat.maxMissed) return void bond.close(CLOSE.timeout);
    try {
      const until = terms.admit(bond.peer);
      if (until !== null && until <= terms.now()) return void bond.close(CLOSE.groupNotAllowed);
    } catch {
      return void bond.close(CLOSE.groupNotAllowed);
    }
    pings += 1;
    pingedAt = now;
    bond.send({ kind: 'ping', count: pings });
    timer = setTimeout(beat, heartbeat.interval - Math.random() * heartbeat.jitter);
  };
  beat();
  void bond.link.closed.then(() => clearTimeout(timer));
  bond.link.receive((value) => {
    heard = performance.now();
    const frame = readFrame(value);
    switch (frame.kind) {
      case 'ping':
        bond.send({ kind: 'pong', count: frame.count });
        return undefined;
      case 'pong':
        if (frame.count === pings) bond.measured = heard - pingedAt;
        return undefined;
      default:
        return receive(frame);
    }
  });
}

/** A bond whose heartbeat `runBond` keeps. */
export interface LiveBond extends Bond {
  measured: number | null;
}

function liveBond(link: Link, id: Uint8Array, since: number): LiveBond {
  const bond: LiveBond = {
    peer: link.peer,
    id,
    since,
    measured: null,
    rtt: () => bond.measured,
    send: (frame) => link.send(toFrame(frame)),
    post: link.post,
    drained: () => link.drained(),
    close: (code) => link.close(code),
    link,
  };
  return bond;
}

/** A handshake that ends with a code of its own. */
export class BondClosed extends Refusal {
  readonly close: CloseCode;
  constructor(close: CloseCode, message: string) {
    super('BOND_REFUSED', message, { close });
    this.close = close;
  }
}

async function shaking<T>(link: Link, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BondClosed) await link.close(error.close);
    else if (error instanceof Refusal && error.code === 'LINK_CLOSED')
      throw new BondClosed(
        (link.reason()?.code ?? CLOSE.unexpectedClose) as CloseCode,
        `The peer closed the bond (${link.reason()?.code ?? 0}).`,
      );
    else if (error instanceof Refusal && error.code === 'LINK_TIMEOUT') await link.close(CLOSE.timeout);
    else if (error instanceof Refusal && error.code === 'BOND_FORMAT')
      await link.close(CLOSE.protocolViolation);
    // whatever else refuses a member does so by its tickets
    else if (error instanceof Refusal) await link.close(CLOSE.groupNotAllowed);
    else await link.close(CLOSE.unexpectedClose);
    throw error;
  }
}

function checkProof(proof: Uint8Array, terms: BondTerms, ends: BondEnds, sender: string): void {
  fromHex(sender, 32);
  if (!timingSafeEqual(proof, bondProof(terms.secret, ends, sender)))
    throw new BondClosed(CLOSE.invalidProof, 'The peer does not hold the secret of this Group.');
}

function fieldsOf(frame: unknown, length: number): readonly unknown[] {
  if (!Array.isArray(frame) || frame.length !== length) throw malformed();
  return frame as unknown[];
}

function bytesOf(value: unknown, length: number): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length !== length) throw malformed();
  return value;
}

const malformed = (): Refusal => new Refusal('BOND_FORMAT', 'The handshake is malformed.');
