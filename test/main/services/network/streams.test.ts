/** Streams of real nodes, as their faces show them, and the tickets that a node's own Chronicle gives out and revokes. */
import { describe, expect, it } from 'vitest';
import type { Client } from '../../../../src/main/api/index.ts';
import type { MusterNode } from '../../../../src/main/node/index.ts';
import { bytesCodec, defineStream, textCodec } from '../../../../src/main/substrate/stream/index.ts';
import type { StreamDefinition } from '../../../../src/main/substrate/stream/index.ts';
import { fromHex, idFrom, toHex } from '../../../../src/protocol/bytes/index.ts';
import { ticketsRoot } from '../../../../src/protocol/coalition/index.ts';
import { readJwtKey } from '../../../../src/protocol/ticket/index.ts';
import { jwt, jwtTicket } from '../../../protocol/ticket/tickets.ts';
import { NO_ENGINE, openReadyNode, PASSPHRASE } from '../../../node.ts';
import { scratch } from '../../../scratch.ts';
import { eventually } from '../../substrate/universe/support.ts';

interface Opened {
  readonly node: MusterNode;
  readonly client: Client;
  readonly peer: string;
  readonly address: string;
}

const turnOn = async (client: Client) => {
  await client.settings.set({ network: true });
  return eventually('the network', async () => {
    const status = await client.network.status();
    return status.state === 'on' && status;
  });
};

async function opened(): Promise<Opened> {
  const { node, client } = await openReadyNode(scratch(), {
    ...NO_ENGINE,
    networkListen: '/ip4/127.0.0.1/tcp/0',
  });
  const { peer, addresses } = await turnOn(client);
  return { node, client, peer: peer!, address: addresses[0]! };
}

const streamsOf = ({ node }: Opened) => node.network.open()!.streams;
const shownBy = async ({ client }: Opened) => (await client.network.streams()).streams;

describe('the streams of a node', () => {
  it('are shown with both sides, their peers and what has flowed', async () => {
    const [a, b] = [await opened(), await opened()];
    expect(await shownBy(a)).toEqual([]);
    const prices = defineStream({ tag: 'test.Price/1', codec: textCodec });
    const unnamed = defineStream({ id: idFrom('unnamed'), codec: textCodec });
    const before = Date.now();
    const producer = streamsOf(a).produce(prices);
    const consumer = streamsOf(b).consume(prices);
    streamsOf(b).consume(unnamed);
    expect(await shownBy(a)).toMatchObject([
      {
        id: toHex(prices.id),
        name: 'test.Price/1',
        side: 'producer',
        online: false,
        peers: [],
        connected: 0,
      },
    ]);
    await b.client.network.connect({ address: a.address });
    for (const price of ['tea 251', 'coffee 30', 'milk 9']) await producer.send(price);
    for (let i = 0; i < 3; i++) await consumer.take();

    const [sent] = await shownBy(a);
    expect(sent).toMatchObject({
      online: true,
      datums: 3,
      bytes: 22,
      missed: 0,
      tooSlow: 0,
      connected: 1,
      more: 0,
    });
    expect(sent!.since).toBeGreaterThanOrEqual(before);
    expect(sent!.peers).toMatchObject([
      {
        peer: b.peer,
        state: 'connected',
        datums: 3,
        bytes: 22,
        waiting: 0,
        missed: 0,
        reconnects: 0,
        ended: null,
      },
    ]);
    expect(await shownBy(b)).toMatchObject([
      {
        name: 'test.Price/1',
        side: 'consumer',
        datums: 3,
        peers: [{ peer: a.peer, state: 'connected', datums: 3 }],
      },
      { id: toHex(unnamed.id), name: null, side: 'consumer', online: true, datums: 0, peers: [] },
    ]);
    await consumer.close();
    await eventually('the end of one', async () => (await shownBy(b)).length === 1);
  });

  it('are told to the faces as they change', async () => {
    const [a, b] = [await opened(), await opened()];
    const lines = defineStream({ tag: 'test.Line/1', codec: textCodec });
    const producer = streamsOf(a).produce(lines);
    streamsOf(b).consume(lines);
    await b.client.network.connect({ address: a.address });
    await producer.when.subscribed();
    const stopping = new AbortController();
    const told = (async () => {
      for await (const { event } of b.node.events.watch(undefined, stopping.signal)) {
        if (event.kind !== 'changed' || event.topic !== 'network') continue;
        if ((await shownBy(b))[0]?.datums === 1) return;
      }
    })();
    await producer.send('one');
    await told;
    stopping.abort();
  });

  it('end with the network, which shows none then', async () => {
    const a = await opened();
    const lines = defineStream({ tag: 'test.Line/1', codec: textCodec });
    const producer = streamsOf(a).produce(lines);
    await a.client.settings.set({ network: false });
    await eventually('the end', async () => (await a.client.network.status()).state === 'off');
    expect(await shownBy(a)).toEqual([]);
    expect(producer.trySend('too late')).toMatchObject({ ok: false, why: 'closed' });
  });

  it('end with the keys, and others hear a signed goodbye, also while one of them is slow to listen', async () => {
    const [a, b] = [await opened(), await opened()];
    const blocks = defineStream({ tag: 'test.Block/1', codec: bytesCodec });
    const producer = streamsOf(a).produce(blocks);
    streamsOf(b).consume(blocks, { buffer: 4 });
    await b.client.network.connect({ address: a.address });
    await producer.when.subscribed();
    for (let i = 0; i < 700; i++) producer.trySend(new Uint8Array(10_000));
    const departed: string[] = [];
    b.node.network.open()!.discovery.watch((event) => {
      if (event.kind === 'departed' && event.peer.peer === a.peer) departed.push(event.reason);
    });
    expect((await a.client.identity.lock()).state).toBe('locked');
    await eventually('the goodbye', () => departed.length > 0);
    expect(departed).toEqual(['goodbye']);
    expect((await a.client.network.status()).state).toBe('locked');
    await a.client.identity.unlock({ passphrase: PASSPHRASE });
    await eventually('the network', async () => (await a.client.network.status()).state === 'on');
  });
});

describe('the tickets that a coalition issues', () => {
  /** For whoever holds a ticket of the coalition of this node. */
  async function guarded({ client }: Opened): Promise<StreamDefinition<string>> {
    const { current: coalition } = await client.coalition.get();
    const { keys } = coalition!.config.ticketIssuer!;
    return defineStream({
      tag: 'test.Guarded/1',
      codec: textCodec,
      consumer: {
        tickets: [
          jwt(
            keys.map((key) => readJwtKey('EdDSA', key)),
            { issuers: [toHex(ticketsRoot(fromHex(coalition!.id)))] },
          ),
        ],
      },
    });
  }

  it('open its streams, and no more once they are revoked in its Chronicle', async () => {
    const [a, b] = [await opened(), await opened()];
    const stream = await guarded(a);
    const { ticket, token } = await a.client.tickets.issue({ peer: b.peer });
    const producer = streamsOf(a).produce(stream);
    const consumer = streamsOf(b).consume(stream);
    await b.client.network.connect({ address: a.address });
    await eventually('a refusal', async () => (await shownBy(b))[0]?.peers[0]?.ended === 'refused');
    b.node.network.open()!.discovery.own.addTicket(jwtTicket(token));
    await producer.send('for the ticketed');
    expect((await consumer.take())?.datum).toBe('for the ticketed');

    await a.client.tickets.revoke({ id: ticket.id, reason: 'The rack was sold.' });
    await producer.when.unsubscribed();
    await eventually('the end', async () => (await shownBy(b))[0]?.peers[0]?.ended === 'refused');
    // what was revoked is known at the next start as well
    await consumer.close();
    await a.client.settings.set({ network: false });
    await eventually('the end', async () => (await a.client.network.status()).state === 'off');
    const again = await turnOn(a.client);
    const anew = streamsOf(a).produce(stream);
    await b.client.network.connect({ address: again.addresses[0]! });
    streamsOf(b).consume(stream);
    await eventually('the refusal', async () => (await shownBy(b))[0]?.peers[0]?.ended === 'refused');
    expect(anew.stats().channels).toEqual([]);
    const second = await a.client.tickets.issue({ peer: b.peer });
    b.node.network.open()!.discovery.own.addTicket(jwtTicket(second.token));
    await anew.when.subscribed();
  });
});
