import { describe, expect, it } from 'vitest';
import { idFrom } from '../../../../src/protocol/bytes/index.ts';
import {
  bytesCodec,
  canonicalCodec,
  defineStream,
  jsonCodec,
  minimumOf,
} from '../../../../src/main/substrate/stream/index.ts';
import { member, silent } from '../discovery/support.ts';
import { eventually, pause } from '../universe/support.ts';
import { LINES, meet, nodes, numbered, streamNode, take } from './support.ts';

describe('a stream', () => {
  it('send_recv: carries what is sent to every consumer, in the order of the connection', async () => {
    const [one, two, three] = await nodes(3);
    const producer = one!.streams.produce(LINES, { onlineWhen: minimumOf(2) });
    const consumers = [two!, three!].map((node) => node.streams.consume(LINES));
    for (const line of numbered(500)) await producer.send(line);
    for (const consumer of consumers) expect(await take(consumer, 500)).toEqual(numbered(500));
    expect(producer.trySend('one more')).toEqual({ ok: true });
    expect(await consumers[0]!.take()).toEqual({ from: one!.self, datum: 'one more' });
    expect(consumers[0]!.tryTake()).toBeNull();
  });

  it('has a consumer that joins late hear only what comes later', async () => {
    const [one, two, three] = await nodes(3);
    const producer = one!.streams.produce(LINES);
    const early = two!.streams.consume(LINES);
    await producer.send('before');
    expect(await take(early, 1)).toEqual(['before']);
    const late = three!.streams.consume(LINES);
    await producer.when.subscribed(minimumOf(2));
    await producer.send('after');
    expect(await take(late, 1)).toEqual(['after']);
  });

  it('subscription_triggers_catalog_sync: a consumer that the producer does not know syncs and is let in', async () => {
    const one = await streamNode({ settings: silent });
    const producer = one.streams.produce(LINES);
    const two = await streamNode({ settings: silent });
    // only the consumer learns of the producer
    await two.universe.learn(one.self, one.universe.addresses());
    two.discovery.accept(one.discovery.own.current());
    expect(one.discovery.isKnown(two.self)).toBe(false);
    const consumer = two.streams.consume(LINES);
    await producer.send('hello');
    expect(await take(consumer, 1)).toEqual(['hello']);
    expect(one.discovery.isKnown(two.self)).toBe(true);
  });

  it('custom_stream_id: two streams of one datum type do not mix', async () => {
    const [one, two] = await nodes(2);
    const { codec } = LINES;
    const a = defineStream({ id: idFrom('stream a'), codec });
    const b = defineStream({ id: idFrom('stream b'), tag: LINES.name, codec });
    expect(defineStream({ tag: 'stream a', codec }).id).toEqual(a.id);
    const [inA, inB] = [two!.streams.consume(a), two!.streams.consume(b)];
    await one!.streams.produce(a).send('for a');
    await one!.streams.produce(b).send('for b');
    expect(await take(inA, 1)).toEqual(['for a']);
    expect(await take(inB, 1)).toEqual(['for b']);
    expect([inA.tryTake(), inB.tryTake()]).toEqual([null, null]);
  });

  it('custom_datum_encoding: datums travel in any form that a codec gives them', async () => {
    const [one, two] = await nodes(2);
    const json = defineStream({
      tag: 'test.Point/1',
      codec: jsonCodec((value) => {
        const { x, y } = value as { x: number; y: number };
        return { x, y };
      }),
    });
    const canonical = defineStream({
      tag: 'test.Pair/1',
      codec: canonicalCodec<readonly [string, number]>({
        encode: (pair) => pair,
        decode: (value) => {
          if (!Array.isArray(value)) throw new Error('no pair');
          return [String(value[0]), Number(value[1])];
        },
      }),
    });
    const raw = defineStream({ tag: 'test.Raw/1', codec: bytesCodec });
    const points = two!.streams.consume(json);
    const pairs = two!.streams.consume(canonical);
    const blobs = two!.streams.consume(raw);
    await one!.streams.produce(json).send({ x: 1.5, y: -2 });
    await one!.streams.produce(canonical).send(['seven', 7]);
    const blob = new Uint8Array(1_000_000).map((_, i) => i);
    await one!.streams.produce(raw).send(blob);
    expect(await take(points, 1)).toEqual([{ x: 1.5, y: -2 }]);
    expect(await take(pairs, 1)).toEqual([['seven', 7]]);
    expect(Buffer.compare((await take(blobs, 1))[0]!, blob)).toBe(0);
  });

  it('multiple_producers_one_stream: a second producer on a node shares the sink of the first', async () => {
    const [one, two] = await nodes(2);
    const first = one!.streams.produce(LINES);
    const second = one!.streams.produce(LINES, { maxConsumers: 0 });
    const consumer = two!.streams.consume(LINES);
    await first.send('by the first');
    await second.send('by the second');
    expect(await take(consumer, 2)).toEqual(['by the first', 'by the second']);
    expect(second.stats().channels).toHaveLength(1);
    // the stream is there until both are closed
    await first.close();
    expect(first.trySend('x')).toEqual({ ok: false, why: 'closed', datum: 'x' });
    await expect(first.send('x')).rejects.toMatchObject({ code: 'STREAM_CLOSED', datum: 'x' });
    await second.send('still here');
    expect(await take(consumer, 1)).toEqual(['still here']);
    await second.close();
    await consumer.when.unsubscribed();
    expect(one!.discovery.own.current().entry.streams).toEqual([]);
  });

  it('hands one consumer what several nodes produce', async () => {
    const [one, two, three] = await nodes(3);
    const consumer = three!.streams.consume(LINES, { onlineWhen: minimumOf(2) });
    const producers = [one!, two!].map((node) => node.streams.produce(LINES));
    await consumer.when.online();
    await Promise.all(producers.map((producer, i) => producer.send(`from ${i}`)));
    expect((await take(consumer, 2)).toSorted()).toEqual(['from 0', 'from 1']);
  });

  it('max_subs: turns away whoever is too many, and takes them when there is room again', async () => {
    const [one, two, three] = await nodes(3);
    const producer = one!.streams.produce(LINES, { maxConsumers: 1 });
    const first = two!.streams.consume(LINES);
    await producer.when.subscribed();
    const second = three!.streams.consume(LINES, { retry: { first: 50, longest: 100 } });
    await eventually('the refusal', () => second.stats().channels[0]?.closed === 10509);
    expect(producer.stats().channels.map(({ peer }) => peer)).toEqual([two!.self]);
    await first.close();
    await second.when.subscribed();
  });

  it('stats::producer, stats::consumer: counted on both sides', async () => {
    const [one, two] = await nodes(2);
    const producer = one!.streams.produce(LINES);
    const consumer = two!.streams.consume(LINES);
    const before = Date.now();
    for (const line of ['a', 'bb', 'ccc']) await producer.send(line);
    await take(consumer, 3);
    expect(producer.stats()).toMatchObject({
      side: 'producer',
      name: 'test.Line/1',
      online: true,
      datums: 3,
      bytes: 6,
      drops: 0,
    });
    expect(consumer.stats()).toMatchObject({ side: 'consumer', online: true, datums: 3, bytes: 6 });
    expect(producer.stats().channels).toMatchObject([
      {
        peer: two!.self,
        state: 'connected',
        datums: 3,
        bytes: 6,
        waiting: 0,
        drops: 0,
        reconnects: 0,
        closed: null,
      },
    ]);
    expect(consumer.stats().channels).toMatchObject([
      { peer: one!.self, state: 'connected', datums: 3, bytes: 6, drops: 0, reconnects: 0, closed: null },
    ]);
    expect(Math.abs(consumer.stats().channels[0]!.since - before)).toBeLessThan(10_000);
    expect(one!.streams.stats()).toEqual([producer.stats()]);
    expect(two!.streams.stats()).toEqual([consumer.stats()]);
  });

  it('comes back after a lost connection, and counts it', async () => {
    const [one, two] = await nodes(2);
    const producer = one!.streams.produce(LINES);
    const consumer = two!.streams.consume(LINES, { retry: { first: 50 } });
    await producer.send('before');
    await take(consumer, 1);
    await two!.universe.disconnect(one!.self);
    await eventually('a second connection', () => consumer.stats().channels[0]?.reconnects === 1);
    await producer.when.subscribed();
    await producer.send('after');
    expect(await take(consumer, 1)).toEqual(['after']);
    expect(producer.stats().channels[0]?.reconnects).toBe(1);
  });

  it('is found again when it ends and begins anew at once', async () => {
    const [one, two] = await nodes(2);
    const consumer = two!.streams.consume(LINES);
    const producer = one!.streams.produce(LINES);
    await producer.send('old');
    await producer.close();
    await one!.streams.produce(LINES).send('new');
    expect(await take(consumer, 2)).toEqual(['old', 'new']);
  });

  it('lets what is buffered leave before it closes', async () => {
    const [one, two] = await nodes(2);
    const producer = one!.streams.produce(LINES);
    const consumer = two!.streams.consume(LINES, { buffer: 10_000 });
    await producer.when.online();
    for (const line of numbered(1000)) producer.trySend(line);
    await producer.close();
    expect(await take(consumer, 1000)).toEqual(numbered(1000));
  });

  it('ends every wait when it is closed', async () => {
    const one = await streamNode();
    const producer = one.streams.produce(LINES);
    const consumer = one.streams.consume(LINES);
    const waits = [producer.send('never'), producer.when.online(), consumer.when.subscribed()];
    const took = consumer.take();
    await one.streams.close();
    for (const wait of waits) await expect(wait).rejects.toMatchObject({ code: 'STREAM_CLOSED' });
    expect(await took).toBeNull();
    expect(await take(consumer, 1)).toEqual([]);
    expect(() => one.streams.produce(LINES)).toThrow(expect.objectContaining({ code: 'STREAM_CLOSED' }));
  });

  it('gives a wait up with its signal, and the datum back', async () => {
    const one = await streamNode();
    const producer = one.streams.produce(LINES);
    const consumer = one.streams.consume(LINES);
    const stop = new AbortController();
    const sending = producer.send('kept', stop.signal);
    const taking = consumer.take(stop.signal);
    stop.abort();
    await expect(sending).rejects.toMatchObject({ code: 'CANCELLED', datum: 'kept' });
    await expect(taking).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(producer.send('x', stop.signal)).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('refuses a datum that is larger than any frame, and a stream without a name', async () => {
    const one = await streamNode();
    const raw = defineStream({ tag: 'test.Raw/1', codec: bytesCodec });
    const producer = one.streams.produce(raw, { onlineWhen: minimumOf(0) });
    const large = new Uint8Array(1024 * 1024);
    await expect(producer.send(large)).rejects.toMatchObject({ code: 'STREAM_DATUM_SIZE' });
    expect(() => producer.trySend(large)).toThrow(expect.objectContaining({ code: 'STREAM_DATUM_SIZE' }));
    expect(() => defineStream({ tag: '', codec: bytesCodec })).toThrow(
      expect.objectContaining({ code: 'STREAM_DEFINITION' }),
    );
  });

  it('stays within its network', async () => {
    const one = await streamNode();
    const other = await member({ network: idFrom('another network') });
    await other.universe.learn(one.self, one.universe.addresses());
    const producer = one.streams.produce(LINES);
    const link = await other.universe.open(one.self, '/muster/stream/1');
    link.send([idFrom('another network'), LINES.id, {}]);
    expect((await link.closed).code).toBe(101);
    await pause(50);
    expect(producer.stats().channels).toEqual([]);
  });
});

describe('a stream is online', () => {
  it('online_when: a producer with enough consumers, a consumer with enough producers', async () => {
    const [one, two, three] = await nodes(3);
    const eu = idFrom('eu');
    three!.discovery.own.addTag(eu);
    const producer = one!.streams.produce(LINES, { onlineWhen: minimumOf(1).withTags(eu) });
    const second = two!.streams.produce(LINES, {
      onlineWhen: minimumOf(1).withPredicate(({ peer }) => peer === three!.self),
    });
    const waits = two!.streams.consume(LINES, { onlineWhen: minimumOf(1) });
    await waits.when.online();
    await producer.when.subscribed();
    expect([producer.online(), second.online()]).toEqual([false, false]);
    const consumer = three!.streams.consume(LINES, { onlineWhen: minimumOf(2) });
    await Promise.all([producer.when.online(), second.when.online(), consumer.when.online()]);
    await second.close();
    await consumer.when.offline();
    expect(consumer.online()).toBe(false);
  });

  it('online_when_catalog_removal: not any more once its peers have left the catalogue', async () => {
    const [one, two] = await nodes(2);
    const producer = one!.streams.produce(LINES);
    const consumer = two!.streams.consume(LINES, { onlineWhen: minimumOf(1) });
    await Promise.all([producer.when.online(), consumer.when.online()]);
    // it says goodbye, and keeps its links
    await two!.discovery.close();
    await producer.when.offline();
    expect(producer.stats().channels).toEqual([]);
    expect(producer.trySend('x')).toMatchObject({ ok: false, why: 'offline' });
  });

  it('online_when_default_is_immediate: a consumer at once, a producer with its first consumer', async () => {
    const [one, two] = await nodes(2);
    const producer = one!.streams.produce(LINES);
    expect(producer.online()).toBe(false);
    const consumer = two!.streams.consume(LINES);
    expect(consumer.online()).toBe(true);
    await producer.when.online();
  });

  it('send_fails_if_offline: trySend hands the datum back, send waits', async () => {
    const [one, two] = await nodes(2);
    const producer = one!.streams.produce(LINES);
    expect(producer.trySend('x')).toEqual({ ok: false, why: 'offline', datum: 'x' });
    const sending = producer.send('waits');
    const consumer = two!.streams.consume(LINES);
    await sending;
    expect(await take(consumer, 1)).toEqual(['waits']);
  });

  it('when::smoke: conditions resolve, revert and resolve again', async () => {
    const [one, two, three] = await nodes(3);
    const producer = one!.streams.produce(LINES);
    for (let round = 0; round < 2; round++) {
      const first = two!.streams.consume(LINES);
      await Promise.all([producer.when.online(), producer.when.subscribed(), first.when.subscribed()]);
      const second = three!.streams.consume(LINES);
      await producer.when.subscribed(minimumOf(2));
      await second.close();
      await producer.when.unsubscribed(minimumOf(2));
      await producer.when.subscribed(minimumOf(2).unmet());
      expect(producer.online()).toBe(true);
      await first.close();
      await Promise.all([producer.when.offline(), producer.when.unsubscribed()]);
    }
  });

  it('tells what reached nobody when it may send without consumers', async () => {
    const one = await streamNode();
    const lost: string[] = [];
    const producer = one.streams.produce(LINES, {
      onlineWhen: minimumOf(0),
      undelivered: (line) => void lost.push(line),
    });
    await producer.send('a');
    producer.trySend('b');
    expect(lost).toEqual(['a', 'b']);
  });
});

describe('two strangers', () => {
  it('find each other by name alone', async () => {
    const [one, two] = await Promise.all([streamNode(), streamNode()]);
    const consumer = two.streams.consume(LINES);
    const producer = one.streams.produce(LINES);
    await meet(two, one);
    await producer.send('found');
    expect(await take(consumer, 1)).toEqual(['found']);
  });
});
