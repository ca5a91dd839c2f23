import { describe, expect, it } from 'vitest';
import { idFrom } from '../../../../src/protocol/bytes/index.ts';
import { CLOSE } from '../../../../src/main/substrate/universe/index.ts';
import { createRevokedSet } from '../../../../src/main/substrate/tickets/index.ts';
import { revocationIds } from '../../../../src/protocol/ticket/index.ts';
import { nodeHashes } from '../../../../src/main/hashes.ts';
import { hasTag, minimumOf } from '../../../../src/main/substrate/stream/index.ts';
import { jwt, jwtTicket, newIssuer, tokenOf } from '../../../protocol/ticket/tickets.ts';
import { eventually, pause } from '../universe/support.ts';
import { LINES, nodes, take } from './support.ts';
import type { StreamNode } from './support.ts';

const EU = idFrom('eu');
const FAST = idFrom('fast');

describe('requirements', () => {
  it('require_chaining: all of them must hold', async () => {
    const [one, two, three] = await nodes(3);
    two!.discovery.own.addTag(EU);
    three!.discovery.own.addTag(EU);
    three!.discovery.own.addTag(FAST);
    const producer = one!.streams.produce(LINES, { require: [hasTag(EU), hasTag(FAST)] });
    const refused = two!.streams.consume(LINES);
    const admitted = three!.streams.consume(LINES);
    await admitted.when.subscribed();
    await eventually('the refusal', () => {
      const [channel] = refused.stats().channels;
      return channel?.closed === CLOSE.streamNotAllowed && channel.state === 'terminated';
    });
    expect(producer.stats().channels.map(({ peer }) => peer)).toEqual([three!.self]);
    expect(refused.stats()).toMatchObject({ datums: 0, channels: [{ reconnects: 0 }] });
  });

  it('by_tag: a consumer hears only producers with the tag that it asks for', async () => {
    const [one, two, three] = await nodes(3);
    one!.discovery.own.addTag(EU);
    const wanted = one!.streams.produce(LINES);
    const other = two!.streams.produce(LINES);
    const consumer = three!.streams.consume(LINES, { require: [hasTag(EU)] });
    await wanted.send('from the EU');
    expect(await consumer.take()).toEqual({ from: one!.self, datum: 'from the EU' });
    await pause(200);
    expect(other.online()).toBe(false);
    expect(consumer.stats().channels).toHaveLength(1);
  });

  it('dynamic_tag_reevaluation: a consumer drops a producer that loses its tag, and comes back with it', async () => {
    const [one, two] = await nodes(2);
    one!.discovery.own.addTag(EU);
    one!.streams.produce(LINES);
    const consumer = two!.streams.consume(LINES, { require: [hasTag(EU)] });
    for (let round = 0; round < 2; round++) {
      await consumer.when.subscribed();
      one!.discovery.own.removeTag(EU);
      await consumer.when.unsubscribed();
      one!.discovery.own.addTag(EU);
    }
    await consumer.when.subscribed();
  });

  it('dynamic_tag_reevaluation: a producer drops a consumer that loses its tag, which comes back with it', async () => {
    const [one, two] = await nodes(2);
    two!.discovery.own.addTag(EU);
    const producer = one!.streams.produce(LINES, { require: [hasTag(EU)] });
    const consumer = two!.streams.consume(LINES);
    for (let round = 0; round < 2; round++) {
      await producer.when.subscribed();
      two!.discovery.own.removeTag(EU);
      await producer.when.unsubscribed();
      await consumer.when.unsubscribed();
      two!.discovery.own.addTag(EU);
    }
    await producer.when.subscribed();
  });

  it('require_rtt_accepts_fast_peers: on either side', async () => {
    const [one, two] = await nodes(2);
    const producer = one!.streams.produce(LINES, { maxRtt: 60_000 });
    const consumer = two!.streams.consume(LINES, { maxRtt: 60_000 });
    await producer.send('quick');
    expect(await take(consumer, 1)).toEqual(['quick']);
    await eventually('a measurement', () => one!.discovery.rtt(two!.self) !== null);
    await pause(100);
    expect(producer.online()).toBe(true);
  });

  it('require_rtt_rejects_slow_peers: as soon as they are measured, on either side', async () => {
    const [one, two] = await nodes(2);
    // nobody is as quick as this
    const producer = one!.streams.produce(LINES, { maxRtt: 0.000_1 });
    const consumer = two!.streams.consume(LINES);
    await eventually('the refusal', () => consumer.stats().channels[0]?.closed === CLOSE.streamNotAllowed);
    expect(producer.online()).toBe(false);
    await producer.close();
    one!.streams.produce(LINES);
    const picky = two!.streams.consume(LINES, { require: [({ rtt }) => (rtt?.smoothed ?? 0) < 0.000_1] });
    await eventually('a measurement', () => two!.discovery.rtt(one!.self) !== null);
    await eventually('no producer', () => picky.stats().channels.length === 0);
  });
});

describe('tickets', () => {
  const issuer = newIssuer();
  const admitting = { tickets: [jwt([issuer.key])] };

  /** A ticket for a node that lasts for so many milliseconds. */
  const ticket = (node: StreamNode, milliseconds: number, by = issuer) =>
    jwtTicket(tokenOf(by, { sub: node.self, exp: Math.ceil((Date.now() + milliseconds) / 1000) }));

  it('by_jwt_ticket: a valid one is accepted, one that has expired or is missing is refused', async () => {
    const [one, two, three, four] = await nodes(4);
    two!.discovery.own.addTicket(ticket(two!, 60_000));
    three!.discovery.own.addTicket(ticket(three!, -5000));
    const producer = one!.streams.produce(LINES, admitting);
    const [valid, expired, missing] = [two!, three!, four!].map((node) => node.streams.consume(LINES));
    await valid!.when.subscribed();
    for (const consumer of [expired!, missing!])
      await eventually('a refusal', () => consumer.stats().channels[0]?.closed === CLOSE.streamNotAllowed);
    expect(producer.stats().channels.map(({ peer }) => peer)).toEqual([two!.self]);
    // with a ticket of its own it is let in
    four!.discovery.own.addTicket(ticket(four!, 60_000));
    await missing!.when.subscribed();
  });

  it('by_jwt_ticket: a consumer asks its producers for one as well', async () => {
    const [one, two] = await nodes(2);
    const producer = one!.streams.produce(LINES);
    const consumer = two!.streams.consume(LINES, admitting);
    await pause(200);
    expect(producer.online()).toBe(false);
    one!.discovery.own.addTicket(ticket(one!, 60_000));
    await consumer.when.subscribed();
  });

  it('producer_ticket_expiry: a producer disconnects a consumer at the moment at which its ticket ends, and a new one brings it back', async () => {
    const [one, two] = await nodes(2);
    two!.discovery.own.addTicket(ticket(two!, 1500));
    const producer = one!.streams.produce(LINES, admitting);
    const consumer = two!.streams.consume(LINES);
    await producer.when.subscribed();
    await producer.when.unsubscribed();
    await eventually('the refusal', () => consumer.stats().channels[0]?.closed === CLOSE.streamNotAllowed);
    two!.discovery.own.addTicket(ticket(two!, 60_000));
    await producer.when.subscribed();
  });

  it('consumer_ticket_expiry: a consumer leaves a producer at the moment at which its ticket ends', async () => {
    const [one, two] = await nodes(2);
    const end = Math.ceil((Date.now() + 1500) / 1000) * 1000;
    one!.discovery.own.addTicket(ticket(one!, 1500));
    const producer = one!.streams.produce(LINES);
    const consumer = two!.streams.consume(LINES, admitting);
    await consumer.when.subscribed();
    await consumer.when.unsubscribed();
    expect(Date.now()).toBeGreaterThanOrEqual(end);
    await producer.when.unsubscribed();
    one!.discovery.own.addTicket(ticket(one!, 60_000));
    await consumer.when.subscribed();
  });

  it('producer_multiple_validators: all must be content, and the first that ends disconnects', async () => {
    const [one, two, three] = await nodes(3);
    const second = newIssuer();
    const both = { tickets: [jwt([issuer.key]), jwt([second.key])] };
    two!.discovery.own.addTicket(ticket(two!, 60_000));
    two!.discovery.own.addTicket(ticket(two!, 2500, second));
    three!.discovery.own.addTicket(ticket(three!, 60_000));
    const producer = one!.streams.produce(LINES, both);
    two!.streams.consume(LINES);
    const half = three!.streams.consume(LINES);
    await producer.when.subscribed();
    await eventually('a refusal', () => half.stats().channels[0]?.closed === CLOSE.streamNotAllowed);
    expect(producer.stats().channels.map(({ peer }) => peer)).toEqual([two!.self]);
    await producer.when.unsubscribed();
    three!.discovery.own.addTicket(ticket(three!, 60_000, second));
    await half.when.subscribed();
  });

  it('consumer_multiple_validators: a producer must satisfy all of them', async () => {
    const [one, two, three] = await nodes(3);
    const second = newIssuer();
    for (const by of [issuer, second]) one!.discovery.own.addTicket(ticket(one!, 60_000, by));
    two!.discovery.own.addTicket(ticket(two!, 60_000, second));
    const producer = one!.streams.produce(LINES);
    two!.streams.produce(LINES);
    await eventually('both are known', () => three!.discovery.peers({ stream: LINES.id }).length === 2);
    const consumer = three!.streams.consume(LINES, { tickets: [jwt([issuer.key]), jwt([second.key])] });
    await consumer.when.subscribed();
    expect(consumer.stats().channels.map(({ peer }) => peer)).toEqual([one!.self]);
    two!.discovery.own.addTicket(ticket(two!, 60_000));
    await consumer.when.subscribed(minimumOf(2));
    // one connection each, however often its tickets were looked at
    expect(producer.stats().channels).toHaveLength(1);
  });

  it('revocation: disconnects at once, on either side', async () => {
    const revoked = createRevokedSet();
    const [one, two, three] = await nodes(3, { streams: { tickets: { revoked } } });
    const given = ticket(two!, 60_000);
    two!.discovery.own.addTicket(given);
    const producer = one!.streams.produce(LINES, admitting);
    two!.streams.produce(LINES);
    two!.streams.consume(LINES);
    const consumer = three!.streams.consume(LINES, admitting);
    await Promise.all([producer.when.subscribed(), consumer.when.subscribed()]);
    revoked.add(...revocationIds(nodeHashes, given));
    await Promise.all([producer.when.unsubscribed(), consumer.when.unsubscribed()]);
  });
});
