/** The tickets that a node shows because a person said so: what they open on another node, and which are refused. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Client } from '../../../../src/main/api/index.ts';
import type { MusterNode } from '../../../../src/main/node/index.ts';
import { createOwnTickets } from '../../../../src/main/services/network/own-tickets.ts';
import { createOwnEntry } from '../../../../src/main/substrate/discovery/own-entry.ts';
import { defineStream, textCodec } from '../../../../src/main/substrate/stream/index.ts';
import { idFrom, toHex } from '../../../../src/protocol/bytes/index.ts';
import type { Value } from '../../../../src/protocol/bytes/index.ts';
import { jwt, jwtTicket, newIssuer, tokenOf } from '../../../protocol/ticket/tickets.ts';
import { NO_ENGINE, openReadyNode } from '../../../node.ts';
import { scratch } from '../../../scratch.ts';
import { eventually } from '../../substrate/universe/support.ts';

interface Opened {
  readonly node: MusterNode;
  readonly client: Client;
  readonly peer: string;
  readonly address: string;
}

const turn = async (client: Client, network: boolean) => {
  await client.settings.set({ network });
  return eventually('the network', async () => {
    const status = await client.network.status();
    return status.state === (network ? 'on' : 'off') && status;
  });
};

async function opened(): Promise<Opened> {
  const ready = await openReadyNode(scratch(), { ...NO_ENGINE, networkListen: '/ip4/127.0.0.1/tcp/0' });
  const { peer, addresses } = await turn(ready.client, true);
  return { ...ready, peer: peer!, address: addresses[0]! };
}

const ISSUER = 'https://tickets.example';
const DAY = 86_400;
const seconds = (): number => Math.floor(Date.now() / 1000);

describe('a ticket that a node shows', () => {
  it('opens a stream of another node, also after a restart of the network, and no more once it is withdrawn', async () => {
    const [a, b] = [await opened(), await opened()];
    const issuer = newIssuer('ES256');
    const stream = defineStream({
      tag: 'test.Guarded/1',
      codec: textCodec,
      consumer: { tickets: [jwt([issuer.key], { issuers: [ISSUER], audiences: ['prices'] })] },
    });
    const producer = a.node.network.open()!.streams.produce(stream);
    const consume = () => b.node.network.open()!.streams.consume(stream);
    const refused = () =>
      eventually('a refusal', async () => {
        const { streams } = await b.client.network.streams();
        return streams[0]?.peers[0]?.ended === 'refused';
      });
    consume();
    await b.client.network.connect({ address: a.address });
    await refused();

    const exp = seconds() + DAY;
    const token = tokenOf(issuer, { iss: ISSUER, sub: b.peer, aud: ['prices', 'news'], exp });
    const shown = await b.client.network.present({ ticket: `\n  ${token}\n` });
    expect(shown).toMatchObject({
      kind: 'jwt',
      state: 'shown',
      issuer: ISSUER,
      audiences: ['prices', 'news'],
      expires: exp * 1000,
    });
    await producer.when.subscribed();
    // whoever knows this node sees it, and when it ends
    const { peers } = await a.client.network.peers({});
    expect(peers[0]!.tickets).toEqual([{ id: shown.id, kind: 'jwt', expires: exp * 1000 }]);

    const { tickets } = await turn(b.client, false);
    expect(tickets).toEqual([{ ...shown, state: 'kept' }]);
    expect((await turn(b.client, true)).tickets).toEqual([shown]);
    const consumer = consume();
    await b.client.network.connect({ address: a.address });
    await producer.when.subscribed();
    await producer.send('for the ticketed');
    expect((await consumer.take())?.datum).toBe('for the ticketed');

    await b.client.network.withdraw({ ticket: shown.id });
    await producer.when.unsubscribed();
    await refused();
    expect((await b.client.network.status()).tickets).toEqual([]);
    await turn(b.client, false);
    expect((await turn(b.client, true)).tickets).toEqual([]);
  });

  it('is refused where nobody would take it, and nothing is shown then', async () => {
    const { client } = await openReadyNode(scratch());
    const { peer } = await client.network.status();
    const issuer = newIssuer();
    const good = { iss: ISSUER, sub: peer, exp: seconds() + DAY };
    const refusals: [string, string][] = [
      ['', 'INPUT'],
      ['x'.repeat(9_001), 'INPUT'],
      ['   ', 'TICKET_FORMAT'],
      ['one.two', 'TICKET_FORMAT'],
      [tokenOf(issuer, good, { crit: ['b64'] }), 'TICKET_FORMAT'],
      [tokenOf(issuer, good, { alg: 'RS256' }), 'TICKET_ALGORITHM'],
      [tokenOf(issuer, { ...good, sub: 'ab'.repeat(32) }), 'TICKET_SUBJECT'],
      [tokenOf(issuer, { iss: ISSUER, exp: good.exp }), 'TICKET_SUBJECT'],
      [tokenOf(issuer, { ...good, exp: seconds() - 1 }), 'TICKET_TIME'],
    ];
    for (const [ticket, code] of refusals)
      await expect(client.network.present({ ticket }), code).rejects.toMatchObject({ data: { code } });
    await expect(client.network.withdraw({ ticket: 'ab'.repeat(32) })).rejects.toMatchObject({
      data: { code: 'TICKET_UNKNOWN' },
    });
    expect((await client.network.status()).tickets).toEqual([]);
  });

  it('is one of at most eight, with 8,192 characters in all', async () => {
    const { client } = await openReadyNode(scratch());
    const { peer } = await client.network.status();
    const issuer = newIssuer();
    const ticketOf = (more: object): string => tokenOf(issuer, { sub: peer, exp: seconds() + DAY, ...more });
    const full = (ticket: string) =>
      expect(client.network.present({ ticket })).rejects.toMatchObject({ data: { code: 'TICKETS_FULL' } });
    const long = await client.network.present({ ticket: ticketOf({ pad: 'x'.repeat(5_000) }) });
    await full(ticketOf({ pad: 'y'.repeat(5_000) }));
    await client.network.withdraw({ ticket: long.id });
    const eight = Array.from({ length: 8 }, (_, n) => ticketOf({ jti: `ticket ${n}` }));
    for (const ticket of eight) await client.network.present({ ticket });
    await client.network.present({ ticket: eight[3]! });
    expect((await client.network.status()).tickets).toHaveLength(8);
    await full(ticketOf({ jti: 'the ninth' }));
  });
});

describe('a ticket that has expired', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  it('leaves the entry, is not in that of a network that opens, and leaves the list when a fresh one comes', async () => {
    let now = 1_795_000_000_000;
    const self = 'cd'.repeat(32);
    const rows = new Map<string, unknown>();
    const entryAt = (room: number) =>
      createOwnEntry({
        network: idFrom('test'),
        peer: new Uint8Array(32),
        sign: () => new Uint8Array(64),
        now: () => now,
        lastStart: null,
        started: () => undefined,
        addresses: () => Array.from({ length: room }, (_, n) => `/${'a'.repeat(250)}${n}`),
        changed: () => undefined,
      });
    let entry = entryAt(0);
    const noted: string[] = [];
    let announced = 0;
    const own = () =>
      createOwnTickets({
        store: {
          getLocal: (key) => Promise.resolve(rows.get(key) as Value),
          putLocal: (key, value) => Promise.resolve(void rows.set(key, value)),
        },
        entry: () => entry,
        self: () => self,
        now: () => now,
        note: (sentence) => void noted.push(sentence),
        changed: () => (announced += 1),
      });
    const issuer = newIssuer();
    const endsIn = (after: number, more: object = {}): string =>
      tokenOf(issuer, { sub: self, exp: now / 1000 + after, ...more });
    const first = await own();
    const brief = await first.present(endsIn(60));
    const long = await first.present(endsIn(600));
    expect(entry.entry().tickets).toHaveLength(2);
    now += 60_000;
    expect(first.list().map(({ state }) => state)).toEqual(['expired', 'shown']);
    // it leaves the entry by itself, and whoever looks hears of it
    expect([entry.entry().tickets.length, announced]).toEqual([2, 0]);
    vi.advanceTimersByTime(60_000);
    expect([entry.entry().tickets.length, announced]).toEqual([1, 1]);
    expect(first.list()).toEqual([{ ...brief, state: 'expired' }, long]);

    // a node that starts anew
    entry = entryAt(0);
    const second = await own();
    second.show();
    expect(second.list()).toEqual([{ ...brief, state: 'expired' }, long]);
    expect(entry.entry().tickets).toHaveLength(1);
    const fresh = await second.present(endsIn(900));
    expect(second.list()).toEqual([long, fresh]);

    // what a program put there is listed and can be withdrawn like the rest
    const id = toHex(entry.addTicket(jwtTicket('of a program')));
    expect(second.list()).toHaveLength(3);
    await second.withdraw(id);
    expect(second.list()).toEqual([long, fresh]);

    // an entry without room keeps the network from nothing
    const large = await second.present(endsIn(900, { pad: 'x'.repeat(4_000) }));
    entry = entryAt(16);
    for (let n = 0; n < 128; n++) entry.addStream(idFrom(`stream ${n}`));
    for (let n = 0; n < 128; n++) entry.addGroup(idFrom(`group ${n}`));
    second.show();
    expect(second.list().map(({ state }) => state)).toEqual(['shown', 'shown', 'kept']);
    expect(noted[0]).toContain('A ticket of this node is not shown');
    await second.withdraw(large.id);
    expect(second.list()).toEqual([long, fresh]);
  });
});
