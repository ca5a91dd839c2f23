import { describe, expect, it } from 'vitest';
import { idFrom, utf8 } from '../../../../src/protocol/bytes/index.ts';
import { SYNC_PROTOCOL } from '../../../../src/main/substrate/discovery/index.ts';
import { CLOSE } from '../../../../src/main/substrate/universe/index.ts';
import type { Link } from '../../../../src/main/substrate/universe/index.ts';
import {
  bytesCodec,
  defineStream,
  MAX_DATUM,
  minimumOf,
  STREAM_PROTOCOL,
} from '../../../../src/main/substrate/stream/index.ts';
import { entryBy, NETWORK } from '../discovery/support.ts';
import { eventually, nodeKey, pause, universe } from '../universe/support.ts';
import { LINES, nodes, numbered, streamNode, take } from './support.ts';

const BLOBS = defineStream({ tag: 'test.Blob/1', codec: bytesCodec });
const blob = new Uint8Array(64 * 1024);
const MiB = 1024 * 1024;

describe('a consumer that lags', () => {
  it('slow consumer: is disconnected as too slow once its buffer was full for too long, and others go on', async () => {
    const [one, two, three] = await nodes(3);
    const producer = one!.streams.produce(BLOBS, { buffer: 64, patience: 1000, onlineWhen: minimumOf(2) });
    const slow = two!.streams.consume(BLOBS, { buffer: 4, retry: { first: 3_600_000, longest: 3_600_000 } });
    const quick = three!.streams.consume(BLOBS);
    let heard = 0;
    const listening = (async () => {
      for await (const _ of quick) heard += 1;
    })();
    await producer.when.online();
    let sent = 0;
    while (producer.stats().tooSlow === 0 && sent < 5000) {
      const outcome = producer.trySend(blob);
      if (outcome.ok) sent += 1;
      else if (outcome.why === 'offline') break;
      else await pause(5);
    }
    expect(producer.stats().tooSlow).toBe(1);
    // it hears why behind what came before, as soon as it reads on
    await take(slow, 16);
    await eventually('the reason', async () => {
      slow.tryTake();
      return slow.stats().channels[0]?.closed === CLOSE.tooSlow;
    });
    expect(producer.stats().channels.map(({ peer }) => peer)).toEqual([three!.self]);
    await eventually('all of it at the other', () => heard >= sent);
    await quick.close();
    await listening;
  });

  it('slow consumer: misses datums under the drop policy, counted, while others get all', async () => {
    const [one, two, three] = await nodes(3);
    const producer = one!.streams.produce(BLOBS, {
      buffer: 32,
      // enough for whoever reads, on a machine that is busy
      patience: 2000,
      lag: 'drop',
      onlineWhen: minimumOf(2),
    });
    const slow = two!.streams.consume(BLOBS, { buffer: 4 });
    const quick = three!.streams.consume(BLOBS);
    await producer.when.online();
    const heard = take(quick, 200);
    for (let i = 0; i < 200; i++) await producer.send(blob);
    expect(await heard).toHaveLength(200);
    const { drops, tooSlow, channels } = producer.stats();
    expect(drops).toBeGreaterThan(0);
    expect(tooSlow).toBe(0);
    expect(channels.find(({ peer }) => peer === two!.self)?.drops).toBe(drops);
    expect(channels.find(({ peer }) => peer === three!.self)?.drops).toBe(0);
    // it reads on, and hears again
    const rest = await take(slow, 200 - drops);
    expect(rest).toHaveLength(200 - drops);
    await producer.send(new Uint8Array([7]));
    expect(await take(slow, 1)).toEqual([new Uint8Array([7])]);
  });

  it('holds the producer back for as long as it has patience, and loses nothing', async () => {
    const [one, two] = await nodes(2);
    const producer = one!.streams.produce(BLOBS, { buffer: 16, patience: 60_000 });
    const consumer = two!.streams.consume(BLOBS, { buffer: 8 });
    await producer.when.online();
    let sent = 0;
    const sending = (async () => {
      for (; sent < 120; sent++) await producer.send(blob);
    })();
    await pause(600);
    expect(sent).toBeLessThan(120);
    expect(producer.trySend(blob)).toMatchObject({ ok: false, why: 'full' });
    await take(consumer, 120);
    await sending;
    expect(producer.stats()).toMatchObject({ datums: 120, drops: 0, tooSlow: 0 });
  });

  it('and takes nothing holds some 8 MiB of what is sent, and the rest waits at the producer', async () => {
    const [one, two] = await nodes(2);
    const producer = one!.streams.produce(BLOBS, { buffer: 4, patience: 60_000 });
    const consumer = two!.streams.consume(BLOBS);
    await producer.when.online();
    const large = new Uint8Array(MAX_DATUM);
    const sending = (async () => {
      for (let i = 0; i < 40; i++) await producer.send(large);
    })();
    await eventually('as much as may wait', () => consumer.stats().bytes >= 8 * MiB);
    await pause(1500);
    expect(consumer.stats().bytes).toBeLessThanOrEqual(16 * MiB);
    expect(await take(consumer, 40)).toHaveLength(40);
    await sending;
    expect(producer.stats()).toMatchObject({ datums: 40, drops: 0, tooSlow: 0 });
  });

  it('and says how many bytes may wait gets no more than one frame beyond them', async () => {
    const [one, two] = await nodes(2);
    const producer = one!.streams.produce(BLOBS, { patience: 60_000 });
    const consumer = two!.streams.consume(BLOBS, { bufferBytes: 3 * blob.length });
    await producer.when.online();
    const sending = (async () => {
      for (let i = 0; i < 200; i++) await producer.send(blob);
    })();
    await eventually('as much as may wait', () => consumer.stats().datums >= 3);
    await pause(1000);
    expect(consumer.stats().datums).toBe(3);
    expect(await take(consumer, 200)).toHaveLength(200);
    await sending;
  });

  it('overflows at once where there is no patience', async () => {
    const [one, two] = await nodes(2);
    const producer = one!.streams.produce(LINES, { buffer: 8, bufferBytes: 1024, patience: 0 });
    two!.streams.consume(LINES);
    await producer.when.online();
    for (let i = 0; i < 9; i++) producer.trySend(`line ${i}`);
    expect(producer.stats()).toMatchObject({ drops: 1, tooSlow: 1 });
  });
});

describe('a peer that misbehaves', () => {
  /** A node that speaks the protocol by hand. */
  const asking = async () => {
    const [one, two] = await nodes(2);
    const ask = async (frame: unknown) => {
      const link = await two!.universe.open(one!.self, STREAM_PROTOCOL);
      link.send(frame);
      return link;
    };
    return { one: one!, two: two!, ask };
  };

  it('and never reads costs its buffer and no more', async () => {
    const { one, ask } = await asking();
    const producer = one.streams.produce(BLOBS, { buffer: 16, bufferBytes: 1024 * 1024, patience: 100 });
    const link = await ask([NETWORK, BLOBS.id, {}]);
    await producer.when.online();
    for (let i = 0; i < 500 && producer.stats().tooSlow === 0; i++)
      await producer.send(blob).catch(() => undefined);
    expect(producer.stats().tooSlow).toBe(1);
    expect(producer.stats().channels).toEqual([]);
    await eventually(
      'the end of its link',
      () => one.universe.stats().connections[0]?.protocols.includes(STREAM_PROTOCOL) === false,
    );
    await link.close(CLOSE.cancelled);
  });

  it.each([
    ['another network', [idFrom('other'), LINES.id, {}], CLOSE.differentNetwork],
    ['no such stream', [NETWORK, idFrom('other'), {}], CLOSE.streamNotFound],
    ['criteria of another version', [NETWORK, LINES.id, { topic: 'x' }], CLOSE.protocolViolation],
    ['short ids', [new Uint8Array(3), LINES.id, {}], CLOSE.protocolViolation],
    ['no question at all', 'hello', CLOSE.protocolViolation],
    ['nothing in its place', [NETWORK, LINES.id, null], CLOSE.protocolViolation],
  ])('and asks for %s is told so', async (_name, frame, code) => {
    const { one, ask } = await asking();
    one.streams.produce(LINES);
    const link = await ask(frame);
    expect(await link.closed).toEqual({ code, by: 'peer' });
  });

  it('and speaks after it has asked is disconnected', async () => {
    const { one, ask } = await asking();
    const producer = one.streams.produce(LINES);
    const link = await ask([NETWORK, LINES.id, {}]);
    await producer.when.online();
    link.send(['more']);
    link.receive(() => undefined);
    expect((await link.closed).code).toBe(CLOSE.protocolViolation);
    await producer.when.offline();
  });

  it('and subscribes a hundred times gets no more than its share', async () => {
    const { one, ask } = await asking();
    const producer = one.streams.produce(LINES);
    const links = await Promise.all(Array.from({ length: 60 }, () => ask([NETWORK, LINES.id, {}])));
    await eventually(
      'the refusals',
      () => links.filter((link) => link.reason()?.code === CLOSE.noCapacity).length >= 40,
    );
    expect(producer.stats().channels.length).toBeLessThanOrEqual(8);
    for (const link of links) await link.close(CLOSE.cancelled);
  });

  it('undecodable datum: whoever sends one is left, and not tried again', async () => {
    const [one, two] = await nodes(2);
    const bad = one!.streams.produce(defineStream({ id: LINES.id, codec: bytesCodec }));
    const consumer = two!.streams.consume(LINES, { retry: { first: 10, longest: 20 } });
    await bad.send(new TextEncoder().encode('good'));
    await bad.send(new Uint8Array([0xff, 0xfe]));
    await eventually('the end', () => consumer.stats().channels[0]?.state === 'terminated');
    expect(await take(consumer, 1)).toEqual(['good']);
    await pause(300);
    expect(consumer.stats().channels).toMatchObject([
      { state: 'terminated', reconnects: 0, closed: CLOSE.protocolViolation, datums: 1 },
    ]);
    expect(bad.online()).toBe(false);
  });

  it.each([
    ['a frame that is no list of datums', { not: 'a list' }],
    ['an empty list', []],
    ['a list of other things', ['text']],
    ['too many datums at once', Array.from({ length: 300 }, () => new Uint8Array(1))],
  ])('and produces %s is left', async (_name, frame) => {
    const [one, two] = await nodes(2);
    await one!.streams.close();
    await one!.universe.serve(STREAM_PROTOCOL, (link) => {
      void (async () => {
        await link.next(1000);
        link.send([NETWORK, LINES.id]);
        link.send(frame);
      })();
    });
    one!.discovery.own.addStream(LINES.id);
    const consumer = two!.streams.consume(LINES);
    await eventually('the end', () => consumer.stats().channels[0]?.closed === CLOSE.protocolViolation);
    expect(consumer.tryTake()).toBeNull();
  });

  it('and comes again and again fills no more of the inbox than who stays', async () => {
    const [one, two] = await nodes(2);
    await one!.streams.close();
    const frame = Array.from({ length: 12 }, () => blob);
    await one!.universe.serve(
      STREAM_PROTOCOL,
      (link) =>
        void (async () => {
          await link.next(10_000);
          link.send([NETWORK, BLOBS.id]);
          link.send(frame);
          await link.close(CLOSE.success);
        })(),
      16,
    );
    one!.discovery.own.addStream(BLOBS.id);
    const consumer = two!.streams.consume(BLOBS, {
      bufferBytes: blob.length,
      retry: { first: 10, longest: 20 },
    });
    await eventually('three visits', () => (consumer.stats().channels[0]?.reconnects ?? 0) >= 2);
    await pause(100);
    expect(consumer.stats().datums).toBe(frame.length);
    // there is room again
    expect(await take(consumer, 2 * frame.length)).toHaveLength(2 * frame.length);
  });

  it.each([
    ['does not answer at all', () => undefined],
    [
      'wants to know who asks, and then lists entries without end',
      (link: Link) => link.close(CLOSE.unknownPeer),
    ],
    [
      'sends what nobody takes',
      (link: Link) => {
        link.send([NETWORK, LINES.id]);
        for (let i = 0; i < 20; i++) link.send(numbered(100).map(utf8));
      },
    ],
  ])('and %s does not keep the consumer from closing', async (_name, answer) => {
    const { discovery, streams } = await streamNode();
    const keys = nodeKey();
    const producer = await universe({ keys });
    const entry = () => entryBy(keys, { streams: [LINES.id], addresses: producer.addresses().toSorted() });
    let visits = 0;
    await producer.serve(STREAM_PROTOCOL, (link) => {
      visits += 1;
      void answer(link);
    });
    const list = async (link: Link): Promise<void> => {
      while (link.reason() === null) {
        const { bytes, sig } = entry();
        link.send([NETWORK, [[bytes, sig]], true]);
        await pause(1000);
      }
    };
    await producer.serve(SYNC_PROTOCOL, (link) => void list(link));
    discovery.accept(entry());
    streams.consume(LINES, { buffer: 4 });
    await eventually('the question', () => visits > 0);
    // time to get into what comes then
    await pause(1000);
    // before, it waited for the end of a list that has none
    await streams.close();
  });

  it('and dies is looked for, with waits that grow, until time is up', async () => {
    const [one, two] = await nodes(2);
    one!.streams.produce(LINES);
    const consumer = two!.streams.consume(LINES, { retry: { first: 20, longest: 80, total: 400 } });
    await consumer.when.subscribed();
    // a break of the line; its entry stays for a while
    await one!.universe.close();
    await consumer.when.unsubscribed();
    await eventually('the giving up', () => {
      const [channel] = consumer.stats().channels;
      return channel === undefined || channel.state === 'terminated';
    });
  });
});

describe('many', () => {
  it('streams and consumers between two nodes end without a trace', async () => {
    const [one, two] = await nodes(2);
    const defined = Array.from({ length: 30 }, (_, i) =>
      defineStream({ tag: `test.Many${i}/1`, codec: LINES.codec }),
    );
    const producers = defined.map((stream) => one!.streams.produce(stream));
    const consumers = defined.map((stream) => two!.streams.consume(stream));
    await Promise.all(producers.map((producer, i) => producer.send(`for ${i}`)));
    for (const [i, consumer] of consumers.entries()) expect(await take(consumer, 1)).toEqual([`for ${i}`]);
    await Promise.all(consumers.map((consumer) => consumer.close()));
    await Promise.all(producers.map((producer) => producer.when.unsubscribed()));
    await one!.streams.close();
    const open = (): boolean =>
      [one!, two!].some((node) =>
        node.universe.stats().connections.some(({ protocols }) => protocols.includes(STREAM_PROTOCOL)),
      );
    await eventually('the end of all links', () => !open());
    expect(one!.discovery.own.current().entry.streams).toEqual([]);
  });

  it('datums of a busy producer leave in few frames', async () => {
    const one = await streamNode();
    const [, two] = [one, await streamNode()];
    await two.universe.learn(one.self, one.universe.addresses());
    await two.discovery.sync(one.self);
    const producer = one.streams.produce(LINES);
    const link = await two.universe.open(one.self, STREAM_PROTOCOL);
    link.send([NETWORK, LINES.id, {}]);
    const frames: unknown[][] = [];
    link.receive((frame) => void frames.push(frame as unknown[]));
    await producer.when.online();
    for (const line of numbered(1000)) await producer.send(line);
    await eventually('all', () => frames.slice(1).flat().length === 1000);
    expect(frames.length).toBeLessThan(20);
  });
});
