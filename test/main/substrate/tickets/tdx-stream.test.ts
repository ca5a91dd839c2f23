/** A stream for machines in a TD only, over real libp2p: the seeds' `tdx::stream_consumer` (coalition.md 3.7, 13). */
import { describe, expect, it } from 'vitest';
import { defineStream, minimumOf, textCodec } from '../../../../src/main/substrate/stream/index.ts';
import { CLOSE } from '../../../../src/main/substrate/universe/index.ts';
import type { TdxExtra, Ticket } from '../../../../src/protocol/ticket/index.ts';
import { T0 } from '../../../vectors/factory/scene.ts';
import type { QuoteVariant } from '../../../vectors/factory/scene.ts';
import { NETWORK } from '../discovery/support.ts';
import { nodes, take } from '../stream/support.ts';
import type { StreamNode } from '../stream/support.ts';
import { eventually } from '../universe/support.ts';
import { collateral, measured, ticketOf, validator, verifier } from './tdx-tickets.ts';

const SECURE = defineStream({
  tag: 'test.Secure/1',
  codec: textCodec,
  consumer: { tickets: [validator] },
});
const FROM_SECURE = defineStream({
  tag: 'test.FromSecure/1',
  codec: textCodec,
  producer: { tickets: [validator] },
});

/** The time of the factory's certificates, from the start of the test on. */
const begun = performance.now();
const now = (): number => T0 * 1000 + Math.floor(performance.now() - begun);
const judging = (more: Parameters<typeof verifier>[0] = {}) => ({
  streams: { now, tickets: { quotes: verifier({ now, ...more }) } },
});

const ticket = ({ keys }: StreamNode, variant: QuoteVariant = {}, change: Partial<TdxExtra> = {}): Ticket =>
  ticketOf({ peer: keys.key, network: NETWORK, ...change }, variant);

describe('tdx::stream_consumer', () => {
  it('only a node with the right MR_TD, RTMR1 and RTMR2 and a ticket of its own is subscribed, and data flows', async () => {
    const [host, good, bare, thief, ...wrong] = await nodes(7, judging());
    good!.discovery.own.addTicket(ticket(good!));
    for (const [i, name] of (['mrTd', 'rtmr1', 'rtmr2'] as const).entries())
      wrong[i]!.discovery.own.addTicket(ticket(wrong[i]!, { td: { [name]: measured(0x12) } }));
    thief!.discovery.own.addTicket(ticket(good!));
    const producer = host!.streams.produce(SECURE);
    const consumer = good!.streams.consume(SECURE);
    const others = [...wrong, bare!, thief!].map((node) => node.streams.consume(SECURE));
    await producer.send('for a TD that is known');
    expect(await take(consumer, 1)).toEqual(['for a TD that is known']);
    for (const other of others)
      await eventually('a refusal', () => other.stats().channels[0]?.closed === CLOSE.streamNotAllowed);
    expect(producer.stats().channels).toMatchObject([{ peer: good!.self, datums: 1 }]);
    expect(others.map((other) => other.stats().datums)).toEqual([0, 0, 0, 0, 0]);
  });

  it('has a consumer wait while its quote is being verified, and lets it in then', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let asked = 0;
    const [host, good] = await nodes(
      2,
      judging({
        collateral: {
          async collateralFor() {
            asked += 1;
            await promise;
            return { collateral, origin: 'test' };
          },
        },
      }),
    );
    good!.discovery.own.addTicket(ticket(good!));
    const producer = host!.streams.produce(SECURE);
    const consumer = good!.streams.consume(SECURE);
    await eventually('the question for collateral', () => asked > 0);
    await eventually('the question for the stream', () =>
      host!.universe
        .stats()
        .connections.some(({ protocols }) => protocols.some((name) => name.includes('stream'))),
    );
    expect(producer.stats().channels).toEqual([]);
    expect(consumer.stats().channels).toMatchObject([{ state: 'connecting', closed: null }]);
    resolve();
    await producer.send('after all');
    expect(await take(consumer, 1)).toEqual(['after all']);
  });

  it('has a consumer listen to such machines only', async () => {
    const [listener, good, wrong] = await nodes(3, judging());
    good!.discovery.own.addTicket(ticket(good!));
    wrong!.discovery.own.addTicket(ticket(wrong!, { td: { rtmr2: measured(0x12) } }));
    const [right] = [good!, wrong!].map((node) => node.streams.produce(FROM_SECURE));
    const consumer = listener!.streams.consume(FROM_SECURE);
    await right!.send('from a TD that is known');
    expect(await consumer.take()).toEqual({ from: good!.self, datum: 'from a TD that is known' });
    await eventually(
      'both are known',
      () => listener!.discovery.peers({ stream: FROM_SECURE.id }).length === 2,
    );
    expect(consumer.stats().channels.map(({ peer }) => peer)).toEqual([good!.self]);
  });

  it.each([
    ['producer', SECURE],
    ['consumer', FROM_SECURE],
  ] as const)(
    'tdx_%s_ticket_expiry: disconnects at the moment at which the ticket ends',
    async (_side, stream) => {
      const [one, two] = await nodes(2, judging());
      const expires = Math.ceil(now() / 1000) + 2;
      // on each side somebody checks whoever shows one
      for (const node of [one!, two!]) node.discovery.own.addTicket(ticket(node, {}, { expires }));
      const producer = one!.streams.produce(stream);
      const consumer = two!.streams.consume(stream);
      await Promise.all([producer.when.subscribed(), consumer.when.subscribed()]);
      await Promise.all([producer.when.unsubscribed(), consumer.when.unsubscribed()]);
      expect(now()).toBeGreaterThanOrEqual(expires * 1000);
    },
  );

  it('tdx_multiple_validators: one kernel or another, and a ticket of each kind', async () => {
    const [host, first, other, neither] = await nodes(4, judging());
    const two = {
      ...validator,
      baseline: {},
      variants: [0xb1, 0xb2].map((byte) => ({ rtmr2: measured(byte) })),
    };
    const { rtmr2: _any, ...kernel } = validator.baseline;
    const stream = defineStream({
      tag: 'test.Several/1',
      codec: textCodec,
      producer: { onlineWhen: minimumOf(2) },
      consumer: { tickets: [two, { ...validator, baseline: kernel }] },
    });
    first!.discovery.own.addTicket(ticket(first!, { td: { rtmr2: measured(0xb1) } }));
    other!.discovery.own.addTicket(ticket(other!, { td: { rtmr2: measured(0xb2) } }));
    neither!.discovery.own.addTicket(ticket(neither!, { td: { rtmr2: measured(0xb3) } }));
    const producer = host!.streams.produce(stream);
    const [a, b, c] = [first!, other!, neither!].map((node) => node.streams.consume(stream));
    await producer.send('to both');
    expect(await Promise.all([take(a!, 1), take(b!, 1)])).toEqual([['to both'], ['to both']]);
    await eventually('a refusal', () => c!.stats().channels[0]?.closed === CLOSE.streamNotAllowed);
  });
});
