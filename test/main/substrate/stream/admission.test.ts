import { describe, expect, it, onTestFinished } from 'vitest';
import { createSignatureChecker } from '../../../../src/main/hashes.ts';
import { idFrom, Refusal } from '../../../../src/protocol/bytes/index.ts';
import { CLOSE } from '../../../../src/main/substrate/universe/index.ts';
import { createGate, createRevokedSet, ticketsIn } from '../../../../src/main/substrate/tickets/index.ts';
import type { Revocations } from '../../../../src/main/substrate/tickets/index.ts';
import { revocationIds } from '../../../../src/protocol/ticket/index.ts';
import { nodeHashes } from '../../../../src/main/hashes.ts';
import { hasTag } from '../../../../src/main/substrate/stream/index.ts';
import type { AdmissionOptions } from '../../../../src/main/substrate/stream/index.ts';
import { jwt, jwtTicket, newIssuer, tokenOf } from '../../../protocol/ticket/tickets.ts';
import { NETWORK } from '../discovery/support.ts';
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

  /** What a node needs to admit whoever holds a ticket of the issuer. */
  function gate(node: StreamNode, revoked?: Revocations): AdmissionOptions {
    const made = createGate({
      validators: [jwt([issuer.key])],
      network: NETWORK,
      source: ticketsIn(node.discovery),
      check: createSignatureChecker(),
      now: Date.now,
      revoked,
    });
    onTestFinished(() => made.close());
    return {
      admit: made.admit,
      admitChanged: (listener) => made.watch(({ peer }) => listener(peer)),
    };
  }
  /** A ticket for a node that lasts for so many milliseconds. */
  const ticket = (node: StreamNode, milliseconds: number) =>
    jwtTicket(tokenOf(issuer, { sub: node.self, exp: Math.ceil((Date.now() + milliseconds) / 1000) }));

  it('by_ticket: a valid one is accepted, one that has expired or is missing is refused', async () => {
    const [one, two, three, four] = await nodes(4);
    two!.discovery.own.addTicket(ticket(two!, 60_000));
    three!.discovery.own.addTicket(ticket(three!, -5000));
    const producer = one!.streams.produce(LINES, gate(one!));
    const [valid, expired, missing] = [two!, three!, four!].map((node) => node.streams.consume(LINES));
    await valid!.when.subscribed();
    for (const consumer of [expired!, missing!])
      await eventually('a refusal', () => consumer.stats().channels[0]?.closed === CLOSE.streamNotAllowed);
    expect(producer.stats().channels.map(({ peer }) => peer)).toEqual([two!.self]);
    // with a ticket of its own it is let in
    four!.discovery.own.addTicket(ticket(four!, 60_000));
    await missing!.when.subscribed();
  });

  it('by_ticket: a consumer asks its producers for one as well', async () => {
    const [one, two] = await nodes(2);
    const producer = one!.streams.produce(LINES);
    const consumer = two!.streams.consume(LINES, gate(two!));
    await pause(200);
    expect(producer.online()).toBe(false);
    one!.discovery.own.addTicket(ticket(one!, 60_000));
    await consumer.when.subscribed();
  });

  it('ticket_expiry: disconnects at the moment at which a ticket ends, and a new one brings it back', async () => {
    const [one, two] = await nodes(2);
    two!.discovery.own.addTicket(ticket(two!, 1500));
    const producer = one!.streams.produce(LINES, gate(one!));
    const consumer = two!.streams.consume(LINES);
    await producer.when.subscribed();
    await producer.when.unsubscribed();
    await eventually('the refusal', () => consumer.stats().channels[0]?.closed === CLOSE.streamNotAllowed);
    two!.discovery.own.addTicket(ticket(two!, 60_000));
    await producer.when.subscribed();
  });

  it('revocation: disconnects at once, on either side', async () => {
    const [one, two, three] = await nodes(3);
    const given = ticket(two!, 60_000);
    two!.discovery.own.addTicket(given);
    const revoked = createRevokedSet();
    const producer = one!.streams.produce(LINES, gate(one!, revoked));
    two!.streams.produce(LINES);
    two!.streams.consume(LINES);
    const consumer = three!.streams.consume(LINES, gate(three!, revoked));
    await Promise.all([producer.when.subscribed(), consumer.when.subscribed()]);
    revoked.add(...revocationIds(nodeHashes, given));
    await Promise.all([producer.when.unsubscribed(), consumer.when.unsubscribed()]);
  });

  it('expiry without a gate: whatever admit answers as the end is kept to', async () => {
    const [one, two] = await nodes(2);
    const until = Date.now() + 1200;
    const producer = one!.streams.produce(LINES, { admit: () => until });
    two!.streams.consume(LINES);
    await producer.when.subscribed();
    await producer.when.unsubscribed();
    expect(Date.now()).toBeGreaterThanOrEqual(until);
  });

  it('a producer waits for a quote that is being verified, and then decides', async () => {
    const [one, two] = await nodes(2);
    let verified = false;
    let tell: (peer: string) => void = () => undefined;
    const producer = one!.streams.produce(LINES, {
      admit: () => {
        if (!verified) throw new Refusal('TICKET_PENDING', 'The quote is being verified.');
        return null;
      },
      admitChanged: (listener) => {
        tell = listener;
        return () => undefined;
      },
    });
    const consumer = two!.streams.consume(LINES);
    await pause(300);
    expect(consumer.stats().channels).toMatchObject([{ state: 'connecting', closed: null }]);
    verified = true;
    tell(two!.self);
    await producer.when.subscribed();
  });
});
