/** The gate: judged once for each set of tickets, again when time or tickets move on, and heard at once. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createRevokedSet, ticketsIn } from '../../../../src/main/substrate/tickets/index.ts';
import type { QuoteVerifier } from '../../../../src/main/substrate/tickets/index.ts';
import { nodeHashes } from '../../../../src/main/hashes.ts';
import { toHex, UNIVERSE } from '../../../../src/protocol/bytes/index.ts';
import {
  revocationIds,
  TDX_CLASS,
  tdxReportData,
  ticketId,
  validatorSignature,
  writeTdxTicket,
} from '../../../../src/protocol/ticket/index.ts';
import type { QuoteFinding, TdxExtra, Ticket } from '../../../../src/protocol/ticket/index.ts';
import { jwt, jwtTicket, newIssuer, tokenOf } from '../../../protocol/ticket/tickets.ts';
import { codeOf } from '../../../refusal.ts';
import { gateOf, newBoard } from './board.ts';

const T = 1_760_000_000;
const PEER = 'bb'.repeat(32);
const issuer = newIssuer();
const second = newIssuer('ES256');
const ticket = (exp: number | undefined, more: object = {}): Ticket =>
  jwtTicket(tokenOf(issuer, { sub: PEER, iat: T - 10, ...(exp === undefined ? {} : { exp }), ...more }));
const validator = jwt([issuer.key]);

beforeEach(() => {
  vi.useFakeTimers({ now: T * 1000 });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a gate', () => {
  it('admits by a ticket, until it ends', () => {
    const board = newBoard();
    const gate = gateOf([validator], board);
    expect(codeOf(() => gate.admit(PEER))).toBe('TICKET_MISSING');
    board.put(PEER, ticket(T + 60));
    expect(gate.admit(PEER)).toBe((T + 60) * 1000);
    expect(gate.standing(PEER)).toEqual({ state: 'admitted', until: (T + 60) * 1000 });
    expect(gate.signatures()).toEqual([validatorSignature(validator)]);
  });

  it('asks for nothing without validators', () => {
    const gate = gateOf([], newBoard());
    expect([gate.admit(PEER), gate.signatures()]).toEqual([null, []]);
  });

  it('refuses validators that are none', () => {
    expect(codeOf(() => gateOf([jwt([])], newBoard()))).toBe('VALIDATOR_FORMAT');
  });

  it('checks the signatures of a set of tickets once', () => {
    const board = newBoard();
    let checks = 0;
    const gate = gateOf([validator], board, { check: () => (checks += 1) > 0 });
    board.put(PEER, ticket(T + 60), ticket(T + 30));
    for (let i = 0; i < 5; i++) gate.admit(PEER);
    // the same tickets in another list are the same tickets
    board.put(PEER, ...board.ticketsOf(PEER));
    gate.admit(PEER);
    expect(checks).toBe(2);
    board.put(PEER, ticket(T + 90));
    gate.admit(PEER);
    expect(checks).toBe(3);
  });

  it('tells that a ticket has ended, at that moment', () => {
    const board = newBoard();
    const gate = gateOf([validator], board);
    board.put(PEER, ticket(T + 60));
    gate.changes.length = 0;
    vi.advanceTimersByTime(59_999);
    expect(gate.changes).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(gate.changes).toMatchObject([{ peer: PEER, ended: true, standing: { code: 'TICKET_TIME' } }]);
  });

  it('tells that another ticket goes on where one ends', () => {
    const board = newBoard();
    const gate = gateOf([validator, jwt([second.key])], board);
    const other = (exp: number): Ticket => jwtTicket(tokenOf(second, { sub: PEER, exp }));
    board.put(PEER, ticket(T + 60), other(T + 30));
    expect(gate.admit(PEER)).toBe((T + 30) * 1000);
    board.put(PEER, ticket(T + 60), other(T + 30), other(T + 90));
    expect(gate.admit(PEER)).toBe((T + 60) * 1000);
    vi.advanceTimersByTime(60_000);
    expect(gate.changes.map(({ ended }) => ended)).toEqual([false, false, true]);
  });

  it('admits by itself when a ticket comes into force', () => {
    const board = newBoard();
    const gate = gateOf([validator], board);
    board.put(PEER, ticket(T + 60, { nbf: T + 20 }));
    expect(gate.changes).toMatchObject([{ standing: { state: 'refused', code: 'TICKET_TIME' } }]);
    vi.advanceTimersByTime(20_000);
    expect(gate.changes.at(-1)).toMatchObject({ ended: false, standing: { state: 'admitted' } });
  });

  it('ends when the ticket leaves the entry', () => {
    const board = newBoard();
    const gate = gateOf([validator], board);
    board.put(PEER, ticket(undefined), ticket(T + 60));
    expect(gate.admit(PEER)).toBe((T + 60) * 1000);
    board.put(PEER);
    expect(gate.changes.at(-1)).toMatchObject({ ended: true, standing: { code: 'TICKET_MISSING' } });
    expect(codeOf(() => gate.admit(PEER))).toBe('TICKET_MISSING');
  });

  it('ends when the ticket is taken back, by any of its ids', () => {
    const signed = ticket(T + 60, { jti: 'the id' });
    for (const id of [...revocationIds(nodeHashes, signed), ticketId(nodeHashes, 'the id')]) {
      const board = newBoard();
      const revoked = createRevokedSet();
      const gate = gateOf([validator], board, { revoked });
      board.put(PEER, signed);
      revoked.add(new Uint8Array(32));
      expect(gate.admit(PEER)).not.toBeNull();
      revoked.add(id);
      expect(gate.changes.at(-1)).toMatchObject({ ended: true, standing: { code: 'TICKET_REVOKED' } });
    }
  });

  it('is never late, even if its alarm is: who asks is told by the clock', () => {
    const board = newBoard();
    let now = T * 1000;
    const gate = gateOf([validator], board, { now: () => now });
    board.put(PEER, ticket(T + 60));
    expect(gate.admit(PEER)).not.toBeNull();
    now = (T + 60) * 1000;
    expect(codeOf(() => gate.admit(PEER))).toBe('TICKET_TIME');
    // a clock that is set back brings back what had ended
    now = T * 1000;
    expect(gate.admit(PEER)).toBe((T + 60) * 1000);
  });

  it('survives an end far away, and none at all', () => {
    const board = newBoard();
    const gate = gateOf([jwt([issuer.key], { allowNonExpiring: true })], board);
    const far = T + 3 * 365 * 86_400;
    board.put(PEER, ticket(far));
    vi.advanceTimersByTime(1000 * 86_400 * 1000);
    expect(gate.changes).toHaveLength(1);
    vi.advanceTimersByTime(far * 1000 - Date.now());
    expect(gate.changes.at(-1)).toMatchObject({ ended: true });
    board.put(PEER, ticket(undefined));
    expect(gate.admit(PEER)).toBeNull();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('remembers no strangers without tickets, and lets go of refused ones beyond thousands', () => {
    const board = newBoard();
    const revoked = createRevokedSet();
    let looks = 0;
    const counting = { ...board, ticketsOf: (peer: string) => ((looks += 1), board.ticketsOf(peer)) };
    const gate = gateOf([validator], counting, { revoked });
    board.put(PEER, ticket(T + 60));
    for (let i = 0; i < 5000; i++) {
      const peer = i.toString(16).padStart(64, '0');
      expect(codeOf(() => gate.admit(peer))).toBe('TICKET_MISSING');
      if (i > 10) board.put(peer, jwtTicket('no'));
    }
    looks = 0;
    revoked.add(new Uint8Array(32));
    expect(looks).toBe(4096);
    expect(gate.admit(PEER)).toBe((T + 60) * 1000);
  });

  it('says nothing any more when it is closed, and leaves no timer behind', () => {
    const board = newBoard();
    const gate = gateOf([validator], board);
    board.put(PEER, ticket(T + 60));
    gate.close();
    board.put(PEER);
    expect(gate.changes).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a gate with a verifier of quotes', () => {
  const extra: TdxExtra = {
    peer: new Uint8Array(32).fill(0xbb),
    network: UNIVERSE,
    startedAt: T,
    quotedAt: T,
    expires: null,
  };
  const tdx = { class: TDX_CLASS, data: writeTdxTicket({ quote: Uint8Array.of(1), extra }) };
  const finding = (refused: QuoteFinding['refused'] = null): QuoteFinding => ({
    refused,
    simulated: false,
    report: { mrTd: '', rtmr: [], reportData: toHex(tdxReportData(extra)) },
    renew: Date.now() + 50_000,
    until: Date.now() + 100_000,
  });
  /** Answers what it is told to, after a second. */
  function slow() {
    let held: QuoteFinding | undefined;
    let running: Promise<QuoteFinding> | undefined;
    const state = { calls: 0, next: (): QuoteFinding => finding() };
    const quotes: QuoteVerifier = {
      known: () => (held !== undefined && held.until > Date.now() ? held : undefined),
      verify() {
        running ??= (async () => {
          state.calls += 1;
          await new Promise((resolve) => setTimeout(resolve, 1000));
          running = undefined;
          return (held = state.next());
        })();
        return running;
      },
    };
    return { quotes, state };
  }

  it('is pending first, judges when the verdict is there, and asks once', async () => {
    const { quotes, state } = slow();
    const board = newBoard();
    const gate = gateOf([{ kind: 'tdx', baseline: {}, variants: [] }], board, { quotes });
    board.put(PEER, tdx);
    expect(codeOf(() => gate.admit(PEER))).toBe('TICKET_PENDING');
    expect(gate.standing(PEER)).toMatchObject({ state: 'pending' });
    const judged = gate.judge(PEER);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await judged).toMatchObject({ ok: true, until: null });
    expect(gate.admit(PEER)).toBeNull();
    expect(state.calls).toBe(1);
    expect(gate.changes.map(({ standing }) => standing.state)).toEqual(['pending', 'admitted']);
  });

  it('has quotes verified again before their verdict runs out, without an interruption', async () => {
    const { quotes, state } = slow();
    const board = newBoard();
    const gate = gateOf([{ kind: 'tdx', baseline: {}, variants: [] }], board, { quotes });
    board.put(PEER, tdx);
    await vi.advanceTimersByTimeAsync(400_000);
    expect(state.calls).toBeGreaterThan(5);
    expect(gate.changes.map(({ standing }) => standing.state)).toEqual(['pending', 'admitted']);
    state.next = () => finding({ code: 'TICKET_QUOTE', why: 'Revoked.' });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(gate.changes.at(-1)).toMatchObject({ ended: true, standing: { code: 'TICKET_QUOTE' } });
  });

  it('without one is pending for ever, and says so', async () => {
    const board = newBoard();
    const gate = gateOf([{ kind: 'tdx', baseline: {}, variants: [] }], board);
    board.put(PEER, tdx);
    expect(await gate.judge(PEER)).toMatchObject({ ok: false, code: 'TICKET_PENDING' });
  });
});

describe('tickets in a catalogue', () => {
  it('are those of signed entries, and every event about a peer is passed on', () => {
    const tickets = [ticket(T + 60)];
    const entries = new Map([
      ['signed', { signed: true, tickets }],
      ['unsigned', { signed: false, tickets }],
    ]);
    let emit: (
      event: { kind: 'updated' | 'departed'; peer: { peer: string } } | { kind: 'lagged' },
    ) => void = () => undefined;
    const source = ticketsIn({
      peer: (peer) => entries.get(peer) ?? null,
      watch(handler) {
        emit = handler;
        return () => (emit = () => undefined);
      },
    });
    expect(['signed', 'unsigned', 'unknown'].map((peer) => source.ticketsOf(peer))).toEqual([
      tickets,
      [],
      [],
    ]);
    const heard: string[] = [];
    const stop = source.subscribe((peer) => heard.push(peer));
    emit({ kind: 'updated', peer: { peer: 'a' } });
    emit({ kind: 'lagged' });
    emit({ kind: 'departed', peer: { peer: 'b' } });
    stop();
    emit({ kind: 'updated', peer: { peer: 'c' } });
    expect(heard).toEqual(['a', 'b']);
  });
});
