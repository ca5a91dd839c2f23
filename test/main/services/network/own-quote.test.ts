/** The quote that a node shows of its machine: fresh, bound to its key, renewed in time; and why there is none. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { QuoteSource } from '../../../../src/main/attestation/index.ts';
import { createOwnQuote, QUOTE_LIFETIME } from '../../../../src/main/services/network/own-quote.ts';
import { createOwnEntry } from '../../../../src/main/substrate/discovery/own-entry.ts';
import type { OwnEntry } from '../../../../src/main/substrate/discovery/index.ts';
import { parseQuote, readTdReport } from '../../../../src/protocol/attestation/index.ts';
import { Refusal, toHex, UNIVERSE } from '../../../../src/protocol/bytes/index.ts';
import { readTdxTicket, TDX_CLASS, tdxReportData } from '../../../../src/protocol/ticket/index.ts';
import { buildQuote, V4 } from '../../../vectors/factory/scene.ts';
import { NO_ENGINE, openReadyNode } from '../../../node.ts';
import { scratch } from '../../../scratch.ts';
import { eventually } from '../../substrate/universe/support.ts';

const PEER = new Uint8Array(32).fill(0xbb);
/** A machine in a TD, whose quotes are made up. */
const guest = (): QuoteSource & { asked: number; refuses: Refusal | null } => ({
  name: 'guest',
  asked: 0,
  refuses: null,
  look: async () => ({ state: 'in-td', available: true, detail: 'made up' }),
  async quote(reportData) {
    this.asked += 1;
    if (this.refuses !== null) throw this.refuses;
    return { quote: buildQuote(V4, { td: { reportData } }), origin: 'made up', bound: true };
  },
});

describe('the quote of this machine', () => {
  let now = 0;
  beforeEach(() => {
    now = 1_795_000_000_000;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => void vi.useRealTimers());

  const newEntry = (): OwnEntry =>
    createOwnEntry({
      network: UNIVERSE,
      peer: PEER,
      sign: () => new Uint8Array(64),
      now: () => now,
      lastStart: null,
      started: () => undefined,
      addresses: () => [],
      changed: () => undefined,
    });
  function open(machine = guest()) {
    const state = { entry: newEntry() as OwnEntry | null, changes: 0, notes: [] as string[] };
    const own = createOwnQuote({
      guest: machine,
      entry: () => state.entry,
      self: () => PEER,
      network: UNIVERSE,
      now: () => now,
      note: (sentence) => state.notes.push(sentence),
      changed: () => (state.changes += 1),
    });
    const tickets = () => (state.entry?.entry().tickets ?? []).map(({ data }) => readTdxTicket(data));
    const settled = (changes: number) => vi.waitFor(() => expect(state.changes).toBe(changes));
    const later = (ms: number): void => {
      now += ms;
      vi.advanceTimersByTime(ms);
    };
    return { own, machine, state, tickets, settled, later };
  }

  it('speaks for the key of the node in its network, until a day from now', async () => {
    const { own, state, tickets, settled } = open();
    own.review(true);
    await settled(1);
    const [ticket] = tickets();
    expect(tickets()).toHaveLength(1);
    expect(state.entry!.entry().tickets[0]!.class).toEqual(TDX_CLASS);
    expect(ticket!.extra).toEqual({
      peer: PEER,
      network: UNIVERSE,
      startedAt: now / 1000,
      quotedAt: now / 1000,
      expires: now / 1000 + QUOTE_LIFETIME,
    });
    const { body, bodyType } = parseQuote(ticket!.quote, 'any');
    expect(readTdReport(body, bodyType).reportData).toBe(toHex(tdxReportData(ticket!.extra)));
    // asked again, it is there
    own.review(true);
    expect(tickets()).toHaveLength(1);
  });

  it('is made anew half-way to its end, in place of the old one', async () => {
    const { own, machine, tickets, settled, later } = open();
    own.review(true);
    await settled(1);
    const { quotedAt } = tickets()[0]!.extra;
    later((QUOTE_LIFETIME / 2) * 1000);
    await settled(2);
    expect(tickets().map(({ extra }) => extra.quotedAt)).toEqual([quotedAt + QUOTE_LIFETIME / 2]);
    expect(machine.asked).toBe(2);
  });

  it('that cannot be made is a problem, told once and tried again', async () => {
    const machine = guest();
    machine.refuses = new Refusal('GUEST_BUSY', 'Others ask for quotes.');
    const { own, state, tickets, settled, later } = open(machine);
    own.review(true);
    await settled(1);
    expect([own.problem()?.code, tickets().length]).toEqual(['GUEST_BUSY', 0]);
    later(60_000);
    await settled(2);
    expect(state.notes).toHaveLength(1);
    machine.refuses = null;
    later(60_000);
    await settled(3);
    expect([own.problem(), tickets().length]).toEqual([null, 1]);
    // when a fresh one cannot be had, the old one stays
    machine.refuses = new Refusal('GUEST_BUSY', 'Others ask for quotes.');
    later((QUOTE_LIFETIME / 2) * 1000);
    await settled(4);
    expect([own.problem()?.code, tickets().length]).toEqual(['GUEST_BUSY', 1]);
  });

  it('that was made for something else is not shown', async () => {
    const machine = guest();
    machine.quote = async () => ({ quote: buildQuote(V4), origin: 'a file', bound: false });
    const { own, tickets, settled } = open(machine);
    own.review(true);
    await settled(1);
    expect([own.problem()?.code, tickets().length]).toEqual(['TICKET_BINDING', 0]);
  });

  it('leaves the entry when a person wants it no more, and is no problem then', async () => {
    const { own, tickets, settled, later, machine } = open();
    own.review(true);
    await settled(1);
    own.review(false);
    expect([own.problem(), tickets().length]).toEqual([null, 0]);
    later(QUOTE_LIFETIME * 1000);
    expect(machine.asked).toBe(1);
  });

  it('goes into the entry of a network that was opened anew, also while it was made', async () => {
    const { own, state, tickets, settled } = open();
    own.review(true);
    const first = state.entry!;
    state.entry = null;
    own.review(false);
    state.entry = newEntry();
    own.review(true);
    await settled(2);
    expect([first.entry().tickets.length, tickets().length]).toEqual([0, 1]);
  });
});

describe('a node in a TD', () => {
  const LOOPBACK = { ...NO_ENGINE, networkListen: '/ip4/127.0.0.1/tcp/0' };

  it('shows its quote to others while its setting says so', async () => {
    const a = await openReadyNode(scratch(), LOOPBACK);
    const b = await openReadyNode(scratch(), { ...LOOPBACK, networkQuote: true }, guest());
    for (const { client } of [a, b]) {
      await client.settings.set({ network: true });
      await eventually('an open network', async () => (await client.network.status()).state === 'on');
    }
    const { addresses, peer } = await b.client.network.status();
    await a.client.network.connect({ address: addresses[0]! });
    const shown = () => a.client.network.peers({}).then(({ peers }) => peers[0]?.tickets ?? []);
    const [ticket] = await eventually('the ticket', async () => {
      const tickets = await shown();
      return tickets.length > 0 && tickets;
    });
    expect(ticket).toMatchObject({ kind: 'tdx' });
    expect(ticket!.expires).toBeGreaterThan(Date.now());
    const info = a.node.network.open()!.discovery.peers()[0]!;
    expect(toHex(readTdxTicket(info.tickets[0]!.data).extra.peer)).toBe(peer);
    expect((await b.client.network.status()).tickets).toMatchObject([{ kind: 'tdx', state: 'shown' }]);
    await b.client.settings.set({ networkQuote: false });
    await eventually('its end', async () => (await shown()).length === 0);
    // withdrawn like any other ticket, it does not come back by itself
    await b.client.settings.set({ networkQuote: true });
    const [again] = await eventually('another', async () => {
      const { tickets } = await b.client.network.status();
      return tickets.length > 0 && tickets;
    });
    await b.client.network.withdraw({ ticket: again!.id });
    await eventually('its end', async () => (await b.client.network.status()).tickets.length === 0);
    expect((await b.client.settings.get()).networkQuote).toBe(false);
  });

  it('that is none says so as a standing problem, as long as it is asked for one', async () => {
    const none = guest();
    none.refuses = new Refusal('GUEST_NOT_IN_TD', 'This machine is not in a TD.');
    const { client } = await openReadyNode(
      scratch(),
      { ...LOOPBACK, network: true, networkQuote: true },
      none,
    );
    const codes = async () => (await client.settings.about()).problems.map(({ code }) => code);
    await eventually('the problem', async () => (await codes()).includes('GUEST_NOT_IN_TD'));
    expect((await client.network.status()).state).toBe('on');
    await client.settings.set({ networkQuote: false });
    await eventually('its end', async () => !(await codes()).includes('GUEST_NOT_IN_TD'));
  });
});
