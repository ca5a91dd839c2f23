/**
 * The gate: which peers their tickets admit (coalition.md 3.3, 3.4, 3.6). A peer is judged once for each set of
 * tickets, and again when a ticket ends, comes into force or is taken back; whoever watches hears at once. Signatures
 * are checked on the spot, quotes in their own time.
 */
import { Refusal, sameBytes, settle } from '../../../protocol/bytes/index.ts';
import {
  checkValidator,
  classesOf,
  earliest,
  planAdmission,
  ticketIdOf,
  validatorSignature,
} from '../../../protocol/ticket/index.ts';
import type { Judgement, QuoteWanted, Ticket } from '../../../protocol/ticket/index.ts';
import { createAlarm } from '../../alarm.ts';
import type { Alarm } from '../../alarm.ts';
import { nodeHashes } from '../../hashes.ts';
import type { Gate, GateOptions, Standing, StandingChange } from './types.ts';

interface Held {
  /** As the source gave them, and their ids. */
  tickets: readonly Ticket[];
  ids: string;
  judgement: Judgement;
  judgedAt: number;
  /** Somebody has asked how the peer stands: its quotes go before those of strangers. */
  asked: boolean;
  readonly alarm: Alarm;
  /** Resolves when the quotes that were wanted are verified and the peer is judged again. */
  work: Promise<void> | null;
}

/** Peers that are refused are forgotten beyond this many; those that are admitted are not. */
const MOST = 4096;

/** Errors: `VALIDATOR_FORMAT`, `TICKET_ALGORITHM`, `TICKET_KEY_FORMAT`. */
export function createGate(options: GateOptions): Gate {
  const { validators, network, source, check, now, revoked, quotes } = options;
  for (const validator of validators) checkValidator(validator);
  const signatures = validators.map(validatorSignature);
  const classes = validators.flatMap(classesOf);
  const held = new Map<string, Held>();
  const handlers = new Set<(change: StandingChange) => void>();
  let closed = false;

  const judgeNow = (peer: string, tickets: readonly Ticket[]): Judgement =>
    settle(
      planAdmission(validators, tickets, {
        hashes: nodeHashes,
        peer,
        network,
        now: now(),
        revoked: revoked === undefined ? undefined : (id) => revoked.has(id),
        finding: quotes === undefined ? undefined : (wanted) => quotes.known(wanted),
      }),
      check,
    );

  const isAskedFor = (ticket: Ticket): boolean => classes.some((one) => sameBytes(one, ticket.class));

  const forget = (peer: string): void => {
    held.get(peer)?.alarm.set(null);
    held.delete(peer);
  };

  /** Judges a peer anew, whatever is remembered. */
  const rejudge = (peer: string): Judgement => {
    const tickets = source.ticketsOf(peer);
    const judgement = judgeNow(peer, tickets);
    const before = held.get(peer);
    // of whom nothing was known and nothing is there, nothing need be remembered
    if (closed || (before === undefined && tickets.length === 0 && !judgement.ok)) return judgement;
    const was = before?.judgement ?? null;
    const fresh = { tickets, ids: idsOf(tickets), judgement, judgedAt: now() };
    const one: Held = before ?? {
      ...fresh,
      alarm: createAlarm(now, () => void rejudge(peer)),
      asked: false,
      work: null,
    };
    Object.assign(one, fresh);
    held.set(peer, one);
    one.alarm.set(dueOf(judgement));
    if (judgement.wanted.length > 0 && one.work === null) one.work = verify(peer, one, judgement.wanted);
    if (tickets.length === 0 && !judgement.ok) forget(peer);
    else if (before === undefined && held.size > MOST) makeRoom(peer);
    tell(peer, was, judgement);
    return judgement;
  };

  const verify = async (peer: string, one: Held, wanted: readonly QuoteWanted[]): Promise<void> => {
    if (quotes === undefined) return;
    await Promise.all(wanted.map((quote) => quotes.verify(quote, one.asked)));
    one.work = null;
    if (!closed && held.get(peer) === one) rejudge(peer);
  };

  const makeRoom = (newest: string): void => {
    const refused = [...held].filter(([peer, { judgement }]) => !judgement.ok && peer !== newest);
    const [peer] = refused.find(([, { asked }]) => !asked) ?? refused[0] ?? [];
    if (peer !== undefined) forget(peer);
  };

  const tell = (peer: string, before: Judgement | null, after: Judgement): void => {
    const [was, is] = [before === null ? null : standingOf(before), standingOf(after)];
    if (was !== null && JSON.stringify(was) === JSON.stringify(is)) return;
    const change: StandingChange = {
      peer,
      standing: is,
      ended: was?.state === 'admitted' && is.state !== 'admitted',
    };
    for (const handler of handlers) handler(change);
  };

  /** The judgement that holds now: the one that is remembered, unless tickets or time have moved on. */
  const current = (peer: string): Judgement => {
    const one = held.get(peer);
    if (one === undefined) return rejudge(peer);
    const at = now();
    const due = dueOf(one.judgement);
    if (at < one.judgedAt || (due !== null && due <= at)) return rejudge(peer);
    const tickets = source.ticketsOf(peer);
    if (tickets === one.tickets) return one.judgement;
    if (idsOf(tickets) !== one.ids) return rejudge(peer);
    one.tickets = tickets;
    return one.judgement;
  };

  /** The same for somebody who waits for it. */
  const ask = (peer: string): Judgement => {
    const judgement = current(peer);
    const one = held.get(peer);
    if (one === undefined || one.asked) return judgement;
    one.asked = true;
    for (const quote of judgement.wanted) void quotes?.verify(quote, true);
    return judgement;
  };

  const stops = [
    source.subscribe((peer) => {
      // strangers are judged as well, so that their quotes are verified when they come
      if (held.has(peer) || source.ticketsOf(peer).some(isAskedFor)) current(peer);
    }),
    revoked?.subscribe(() => {
      for (const peer of held.keys()) rejudge(peer);
    }),
  ];

  return {
    signatures: () => signatures,
    admit(peer) {
      const judgement = ask(peer);
      if (judgement.ok) return judgement.until;
      throw new Refusal(judgement.code, judgement.why);
    },
    async judge(peer) {
      let judgement = ask(peer);
      while (!judgement.ok && judgement.code === 'TICKET_PENDING') {
        const work = held.get(peer)?.work;
        if (work == null || quotes === undefined) break;
        await work;
        judgement = current(peer);
      }
      return judgement;
    },
    standing: (peer) => standingOf(ask(peer)),
    watch(handler) {
      handlers.add(handler);
      return () => void handlers.delete(handler);
    },
    close() {
      closed = true;
      for (const stop of stops) stop?.();
      for (const peer of held.keys()) forget(peer);
      handlers.clear();
    },
  };
}

const idsOf = (tickets: readonly Ticket[]): string =>
  tickets.map((ticket) => Buffer.from(ticketIdOf(ticket)).toString('latin1')).join('');

/** When a judgement has to be made anew. */
const dueOf = (judgement: Judgement): number | null =>
  earliest([judgement.ok ? judgement.until : null, judgement.review]);

function standingOf(judgement: Judgement): Standing {
  if (judgement.ok) return { state: 'admitted', until: judgement.until };
  const { code, why } = judgement;
  return { state: code === 'TICKET_PENDING' ? 'pending' : 'refused', code, why };
}
