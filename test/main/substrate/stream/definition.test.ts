/** Streams as they are declared: both sides are built from the declaration and from nothing else (coalition.md 3.3, 13). */
import { p256 } from '@noble/curves/nist.js';
import { describe, expect, it } from 'vitest';
import {
  defineStream,
  hasTag,
  jsonCodec,
  minimumOf,
  textCodec,
} from '../../../../src/main/substrate/stream/index.ts';
import type { Consumer } from '../../../../src/main/substrate/stream/index.ts';
import { nodeHashes } from '../../../../src/main/hashes.ts';
import { CLOSE } from '../../../../src/main/substrate/universe/index.ts';
import { idFrom, utf8 } from '../../../../src/protocol/bytes/index.ts';
import { allOf } from '../../../../src/protocol/ticket/index.ts';
import { jwt, jwtTicket, newIssuer, tokenOf } from '../../../protocol/ticket/tickets.ts';
import type { TestIssuer } from '../../../protocol/ticket/tickets.ts';
import { codeOf } from '../../../refusal.ts';
import { eventually } from '../universe/support.ts';
import { ORACLE, PRICES, READ, TRUSTED, WRITTEN } from './declared.ts';
import { nodes, take } from './support.ts';
import type { StreamNode } from './support.ts';

const codec = textCodec;
const issuer = newIssuer();
const second = newIssuer();

const ticket = (node: StreamNode, by: TestIssuer = issuer, claims: object = {}, seconds = 60) =>
  jwtTicket(tokenOf(by, { sub: node.self, exp: Math.ceil(Date.now() / 1000) + seconds, ...claims }));

/** The producer refuses it, or it does not listen to the producer. */
const keptOut = async (consumer: Consumer<unknown>): Promise<void> => {
  await eventually('a refusal', () => consumer.stats().channels[0]?.closed === CLOSE.streamNotAllowed);
  expect(consumer.stats().datums).toBe(0);
};
const producersOf = (consumer: Consumer<unknown>): string[] =>
  consumer.stats().channels.map(({ peer }) => peer);

describe('stream_def: a declared stream', () => {
  it('stream_macro_simple: both sides meet by its tag alone', async () => {
    const [one, two] = await nodes(2);
    const simple = defineStream({ tag: 'test.Simple/1', codec });
    const consumer = two!.streams.consume(simple);
    await one!.streams.produce(simple).send('hello');
    expect(await take(consumer, 1)).toEqual(['hello']);
  });

  it('stream_macro_named: its id is the hash of its tag, and its tag its name', async () => {
    const [one] = await nodes(1);
    const named = defineStream({ tag: 'named.stream', codec });
    const sides = [one!.streams.produce(named), one!.streams.consume(named)];
    expect(sides.map(({ id }) => id)).toEqual([idFrom('named.stream'), idFrom('named.stream')]);
    expect(sides.map((side) => side.stats().name)).toEqual(['named.stream', 'named.stream']);
  });

  it('stream_macro_const_id: an id of its own, whatever the datums are called', async () => {
    const [one, two] = await nodes(2);
    const own = defineStream({ id: idFrom('const.stream'), tag: 'test.Line/1', codec });
    const other = defineStream({ tag: 'test.Line/1', codec });
    const [consumer, elsewhere] = [two!.streams.consume(own), two!.streams.consume(other)];
    await one!.streams.produce(own).send('by its id');
    expect(await take(consumer, 1)).toEqual(['by its id']);
    expect(elsewhere.tryTake()).toBeNull();
    expect(own.id).toEqual(idFrom('const.stream'));
  });

  it('stream_macro_codec: the form of its datums, judged as they come in', async () => {
    const [one, two] = await nodes(2);
    const points = defineStream({
      tag: 'test.Point/1',
      codec: jsonCodec((value) => ({ x: Number((value as { x: unknown }).x) })),
    });
    const consumer = two!.streams.consume(points);
    await one!.streams.produce(points).send({ x: 1.5 });
    expect(await take(consumer, 1)).toEqual([{ x: 1.5 }]);
  });

  it('stream_macro_configured: requirements, online conditions and limits of either side', async () => {
    const [one, two, three] = await nodes(3);
    const configured = defineStream({
      tag: 'test.Configured/1',
      codec,
      producer: { require: [() => true], onlineWhen: minimumOf(1).withTags(TRUSTED), maxConsumers: 2 },
      consumer: { require: [() => true], maxRtt: 60_000, onlineWhen: minimumOf(1) },
    });
    const consumer = two!.streams.consume(configured);
    expect(consumer.online()).toBe(false);
    const producer = one!.streams.produce(configured);
    await Promise.all([consumer.when.online(), producer.when.subscribed()]);
    // somebody is there, and nobody whom its condition counts
    expect(producer.online()).toBe(false);
    two!.discovery.own.addTag(TRUSTED);
    await producer.send('now');
    expect(await take(consumer, 1)).toEqual(['now']);
    three!.streams.consume(configured);
    await producer.when.subscribed(minimumOf(2));
    const third = three!.streams.consume(configured);
    await eventually('no room', () => third.stats().channels[0]?.closed === CLOSE.noCapacity);
  });

  it('stream_macro_producer_only and stream_macro_consumer_only: one side each, which meet', async () => {
    const [one, two] = await nodes(2);
    // what cannot be read is not consumed, what cannot be written is not produced: neither passes the compiler
    // @ts-expect-error no decoder
    const unread = (): unknown => one!.streams.consume(WRITTEN);
    // @ts-expect-error no encoder
    const unwritten = (): unknown => two!.streams.produce(READ);
    expect([unread, unwritten]).toHaveLength(2);
    const consumer = two!.streams.consume(READ);
    await one!.streams.produce(WRITTEN).send('one way');
    expect(await take(consumer, 1)).toEqual(['one way']);
  });

  it('stream_macro_producer_require: a producer sends to consumers with the tag only', async () => {
    const [one, two, three] = await nodes(3);
    two!.discovery.own.addTag(TRUSTED);
    const tagged = defineStream({
      tag: 'test.ForTrusted/1',
      codec,
      consumer: { require: [hasTag(TRUSTED)] },
    });
    const producer = one!.streams.produce(tagged);
    const [trusted, other] = [two!.streams.consume(tagged), three!.streams.consume(tagged)];
    await producer.send('for the trusted');
    expect(await take(trusted, 1)).toEqual(['for the trusted']);
    await keptOut(other);
  });

  it('stream_macro_consumer_require: a consumer listens to producers with the tag only', async () => {
    const [one, two, three] = await nodes(3);
    two!.discovery.own.addTag(TRUSTED);
    const tagged = defineStream({
      tag: 'test.FromTrusted/1',
      codec,
      producer: { require: [hasTag(TRUSTED)] },
    });
    const consumer = one!.streams.consume(tagged);
    const [trusted, other] = [two!.streams.produce(tagged), three!.streams.produce(tagged)];
    await trusted.send('from the trusted');
    expect(await take(consumer, 1)).toEqual(['from the trusted']);
    await eventually('both are known', () => one!.discovery.peers({ stream: tagged.id }).length === 2);
    expect(producersOf(consumer)).toEqual([two!.self]);
    expect(other.online()).toBe(false);
  });

  it('stream_macro_require_ticket: both sides show one; without, or with one that has expired, nobody meets', async () => {
    const [one, two, three, four, five] = await nodes(5);
    const asked = { tickets: [jwt([issuer.key])] };
    const guarded = defineStream({ tag: 'test.Guarded/1', codec, producer: asked, consumer: asked });
    one!.discovery.own.addTicket(ticket(one!));
    two!.discovery.own.addTicket(ticket(two!));
    three!.discovery.own.addTicket(ticket(three!, issuer, {}, -10));
    const producer = one!.streams.produce(guarded);
    const unticketed = five!.streams.produce(guarded);
    const [valid, expired, missing] = [two!, three!, four!].map((node) => node.streams.consume(guarded));
    await valid!.when.subscribed();
    await keptOut(expired!);
    await keptOut(missing!);
    await producer.send('between those with tickets');
    expect(await take(valid!, 1)).toEqual(['between those with tickets']);
    await eventually('both are known', () => two!.discovery.peers({ stream: guarded.id }).length === 2);
    expect(producersOf(valid!)).toEqual([one!.self]);
    expect(unticketed.online()).toBe(false);
  });

  it('stream_macro_producer_require_ticket: a producer asks its consumers for one, and shows none', async () => {
    const [one, two, three] = await nodes(3);
    const guarded = defineStream({
      tag: 'test.ForTicketed/1',
      codec,
      consumer: { tickets: [jwt([issuer.key])] },
    });
    two!.discovery.own.addTicket(ticket(two!));
    const producer = one!.streams.produce(guarded);
    const [valid, missing] = [two!.streams.consume(guarded), three!.streams.consume(guarded)];
    await producer.send('for one with a ticket');
    expect(await take(valid, 1)).toEqual(['for one with a ticket']);
    await keptOut(missing);
  });

  it('stream_macro_consumer_require_ticket: a consumer asks its producers for one, and shows none', async () => {
    const [one, two, three] = await nodes(3);
    const guarded = defineStream({
      tag: 'test.FromTicketed/1',
      codec,
      producer: { tickets: [jwt([issuer.key])] },
    });
    two!.discovery.own.addTicket(ticket(two!));
    const consumer = one!.streams.consume(guarded);
    const [valid, missing] = [two!.streams.produce(guarded), three!.streams.produce(guarded)];
    await valid.send('from one with a ticket');
    expect(await take(consumer, 1)).toEqual(['from one with a ticket']);
    await eventually('both are known', () => one!.discovery.peers({ stream: guarded.id }).length === 2);
    expect(producersOf(consumer)).toEqual([two!.self]);
    expect(missing.online()).toBe(false);
  });

  it('stream_macro_multiple_require_ticket: one ticket of each issuer, and no fewer', async () => {
    const [one, two, three, four] = await nodes(4);
    const guarded = defineStream({
      tag: 'test.TwiceGuarded/1',
      codec,
      consumer: { tickets: [jwt([issuer.key]), jwt([second.key])] },
    });
    for (const by of [issuer, second]) two!.discovery.own.addTicket(ticket(two!, by));
    three!.discovery.own.addTicket(ticket(three!, issuer));
    four!.discovery.own.addTicket(ticket(four!, second));
    const producer = one!.streams.produce(guarded);
    const [both, first, other] = [two!, three!, four!].map((node) => node.streams.consume(guarded));
    await both!.when.subscribed();
    await keptOut(first!);
    await keptOut(other!);
    await producer.send('for both');
    expect(await take(both!, 1)).toEqual(['for both']);
  });

  it('is tightened by the options of a node, never loosened', async () => {
    const [one, two, three] = await nodes(3);
    const guarded = defineStream({
      tag: 'test.Tightened/1',
      codec,
      consumer: { tickets: [jwt([issuer.key])], require: [hasTag(TRUSTED)] },
    });
    for (const node of [two!, three!]) node.discovery.own.addTag(TRUSTED);
    two!.discovery.own.addTicket(ticket(two!));
    const producer = one!.streams.produce(guarded, { require: [], tickets: [jwt([second.key])] });
    const [half, none] = [two!.streams.consume(guarded), three!.streams.consume(guarded)];
    await keptOut(half);
    await keptOut(none);
    two!.discovery.own.addTicket(ticket(two!, second));
    await half.when.subscribed();
    expect(producer.stats().channels.map(({ peer }) => peer)).toEqual([two!.self]);
  });

  it('is refused where it is declared when a validator is none', () => {
    for (const side of ['producer', 'consumer'] as const)
      expect(
        codeOf(() => defineStream({ tag: 'test.Broken/1', codec, [side]: { tickets: [allOf(jwt([]))] } })),
      ).toBe('VALIDATOR_FORMAT');
  });
});

describe('a declaration in a module that both nodes load', () => {
  const secret = nodeHashes.sha256(utf8('the oracle of the tests'));
  /** Signs with the private half of the key that the module names. */
  const oracle: TestIssuer = {
    alg: 'ES256',
    key: ORACLE,
    sign: (text) => p256.sign(utf8(text), secret, { prehash: true, lowS: false, format: 'compact' }),
  };

  it('stream_macro_module: carries all that the sides share', async () => {
    const [one, two, three, four] = await nodes(4);
    for (const node of [two!, three!]) node.discovery.own.addTag(TRUSTED);
    one!.discovery.own.addTicket(ticket(one!, oracle, { iss: 'the oracle' }));
    const producer = one!.streams.produce(PRICES);
    const first = two!.streams.consume(PRICES);
    await first.when.online();
    expect(producer.online()).toBe(false);
    const other = three!.streams.consume(PRICES);
    await Promise.all([other.when.online(), producer.when.online()]);
    await keptOut(four!.streams.consume(PRICES));
    const price = { pair: 'tea/coffee', cents: 251 };
    await producer.send(price);
    expect(await Promise.all([take(first, 1), take(other, 1)])).toEqual([[price], [price]]);
  });

  it('es256_asymmetric_tickets: the hex of a P-256 key in the module says who may produce', async () => {
    const [one, two, three, four] = await nodes(4);
    const forger = newIssuer('ES256');
    one!.discovery.own.addTicket(ticket(one!, oracle, { iss: 'the oracle' }));
    two!.discovery.own.addTicket(ticket(two!, forger, { iss: 'the oracle' }));
    three!.discovery.own.addTicket(ticket(three!, oracle, { iss: 'somebody else' }));
    four!.discovery.own.addTag(TRUSTED);
    const [real] = [one!, two!, three!].map((node) =>
      node.streams.produce(PRICES, { onlineWhen: minimumOf(1) }),
    );
    const consumer = four!.streams.consume(PRICES);
    const price = { pair: 'tea/coffee', cents: 249 };
    await real!.send(price);
    expect(await consumer.take()).toEqual({ from: one!.self, datum: price });
    await eventually('all are known', () => four!.discovery.peers({ stream: PRICES.id }).length === 3);
    expect(producersOf(consumer)).toEqual([one!.self]);
  });
});
