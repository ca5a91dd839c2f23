/** Links over real libp2p streams, and what a peer without manners does to them. */
import type { Ed25519PeerId, Stream } from '@libp2p/interface';
import { describe, expect, it } from 'vitest';
import { CLOSE, createLink, encodeFrame, MAX_QUEUED } from '../../../../src/main/substrate/universe/index.ts';
import type { Closed, Link, LinkLimits, Universe } from '../../../../src/main/substrate/universe/index.ts';
import { Refusal, toHex } from '../../../../src/protocol/bytes/index.ts';
import { addressOf, eventually, introduce, pause, stranger, universe } from './support.ts';

const PROTOCOL = '/muster/test/1';

/** Two ends of one link. */
async function pair(): Promise<{ a: Link; b: Link; left: Universe; right: Universe }> {
  const [left, right] = await Promise.all([universe(), universe()]);
  const { promise, resolve } = Promise.withResolvers<Link>();
  await right.serve(PROTOCOL, resolve);
  await introduce(left, right);
  const a = await left.open(right.self, PROTOCOL);
  return { a, b: await promise, left, right };
}

/** A link of ours, and the bare stream at its other end. */
async function against(limits?: LinkLimits): Promise<{ link: Link; stream: Stream; node: Universe }> {
  const node = await universe();
  const attacker = await stranger();
  const { promise, resolve } = Promise.withResolvers<Link>();
  if (limits === undefined) {
    await node.serve(PROTOCOL, resolve);
    const stream = await attacker.dialProtocol(addressOf(node), PROTOCOL);
    return { stream, link: await promise, node };
  }
  // limits of its own: the link is made here, on the side of another bare node
  const victim = await stranger();
  await victim.handle(PROTOCOL, (stream) => resolve(createLink(stream, 'peer', PROTOCOL, limits)));
  const stream = await attacker.dialProtocol(victim.getMultiaddrs()[0]!, PROTOCOL);
  return { stream, link: await promise, node };
}

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return 'none';
  } catch (error) {
    return error instanceof Refusal ? error.code : String(error);
  }
};
const within = <T>(promise: Promise<T>, milliseconds = 5000): Promise<T | 'late'> =>
  Promise.race([promise, pause(milliseconds).then(() => 'late' as const)]);

describe('a link', () => {
  it('carries frames both ways in order', async () => {
    const { a, b } = await pair();
    const heard: unknown[] = [];
    b.receive((frame) => {
      heard.push(frame);
      b.send(['echo', frame]);
    });
    const echoes: unknown[] = [];
    a.receive((frame) => void echoes.push(frame));
    for (let i = 0; i < 2000; i++) a.send(i);
    await eventually('all echoes', () => echoes.length === 2000);
    expect(heard).toEqual(Array.from({ length: 2000 }, (_, i) => i));
    expect(echoes.at(-1)).toEqual(['echo', 1999]);
    expect(b.stats().framesIn).toBe(2000);
    expect(a.stats().bytesOut).toBe(b.stats().bytesIn);
  });

  it('tells the other end why it closed, and says so once', async () => {
    const { a, b } = await pair();
    await a.close(CLOSE.noCapacity);
    await a.close(CLOSE.success);
    expect(await within(b.closed)).toEqual({ code: CLOSE.noCapacity, by: 'peer' } satisfies Closed);
    expect(await a.closed).toEqual({ code: CLOSE.noCapacity, by: 'here' });
    expect(a.reason()?.code).toBe(CLOSE.noCapacity);
    expect(a.send('too late')).toBe(true);
  });

  it('hands over what came before the end, to a receiver and to next', async () => {
    const { a, b } = await pair();
    for (let i = 0; i < 10; i++) b.send(i);
    await b.close(CLOSE.success);
    await pause(100);
    // closed by now, and nothing has been taken yet
    expect(await within(a.closed)).toEqual({ code: CLOSE.success, by: 'peer' });
    expect(await a.next(1000)).toBe(0);
    expect(await a.next(1000)).toBe(1);
    const rest: unknown[] = [];
    a.receive((frame) => void rest.push(frame));
    expect(rest).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);

    const second = await pair();
    const slow: unknown[] = [];
    second.a.receive(async (frame) => {
      await pause(10);
      slow.push(frame);
    });
    let closedAfter = 0;
    void second.a.closed.then(() => (closedAfter = slow.length));
    for (let i = 0; i < 10; i++) second.b.send(i);
    await second.b.close(CLOSE.gracefulShutdown);
    expect(await within(second.a.closed)).toEqual({ code: CLOSE.gracefulShutdown, by: 'peer' });
    expect([slow.length, closedAfter]).toEqual([10, 10]);
  });

  it('refuses to wait for frames that will not come', async () => {
    const { a, b, left } = await pair();
    expect(await codeOf(a.next(30))).toBe('LINK_TIMEOUT');
    const waiting = codeOf(a.next(5000));
    await b.close(CLOSE.cancelled);
    expect(await waiting).toBe('LINK_CLOSED');
    expect(await codeOf(a.next(5000))).toBe('LINK_CLOSED');
    expect(await codeOf(left.open('00'.repeat(32), PROTOCOL))).toBe('PEER_UNREACHABLE');
  });

  it('with a receiver that is now slow, now quick, brings a hundred megabytes whole', async () => {
    const { a, b } = await pair();
    const block = new Uint8Array(256 * 1024);
    let next = 0;
    b.receive((frame) => {
      const [count] = frame as [number, Uint8Array];
      if (count !== next) throw new Error(`frame ${count} instead of ${next}`);
      next += 1;
      // eight of them at once, then a rest in which windows and buffers fill up
      return count % 8 === 0 ? pause(8) : undefined;
    });
    for (let i = 0; i < 400; i++) if (!a.send([i, block])) await a.drained();
    await eventually('all frames', () => next === 400 || b.reason() !== null, 20_000);
    expect([next, b.reason()]).toEqual([400, null]);
  });

  it('holds the sender back while the receiver is slow, and loses nothing', async () => {
    const { a, b } = await pair();
    const block = new Uint8Array(256 * 1024);
    const FRAMES = 80;
    let taken = 0;
    let mostWaiting = 0;
    b.receive(async () => {
      await pause(5);
      taken += 1;
    });
    let held = 0;
    for (let i = 0; i < FRAMES; i++) {
      if (!a.send(block)) {
        held += 1;
        await a.drained();
      }
      mostWaiting = Math.max(mostWaiting, i + 1 - taken);
    }
    expect(held).toBeGreaterThan(0);
    // windows, buffers and read-ahead together are far below what was sent
    expect(mostWaiting * block.length).toBeLessThan(8 * 1024 * 1024);
    await eventually('all frames', () => taken === FRAMES, 20_000);
    expect(a.reason()).toBeNull();
  });

  it('ends with tooSlow when the peer takes nothing at all', async () => {
    const { link, stream } = await against();
    stream.pause();
    const block = new Uint8Array(512 * 1024);
    for (let i = 0; i < 100 && link.reason() === null; i++) {
      link.send(block);
      await pause(1);
    }
    expect(link.reason()).toEqual({ code: CLOSE.tooSlow, by: 'here' });
    expect(link.stats().bytesOut).toBeLessThan(MAX_QUEUED + 8 * 1024 * 1024);
    await eventually('the reset', () => stream.status !== 'open');
  });

  it('ends with tooSlow when one turn queues too much', async () => {
    const { a } = await pair();
    const block = new Uint8Array(1024 * 1024 - 16);
    for (let i = 0; i < 64; i++) a.send(block);
    expect(a.reason()).toEqual({ code: CLOSE.tooSlow, by: 'here' });
  });

  it('does not hold up everything else for a flood of tiny frames', async () => {
    const { a, b } = await pair();
    let taken = 0;
    b.receive(() => void taken++);
    for (let i = 0; i < 100_000; i++) a.send(1);
    let most = 0;
    for (let before = 0; taken < 100_000; before = taken) {
      await new Promise((resolve) => setImmediate(resolve));
      most = Math.max(most, taken - before);
    }
    // of one turn of the loop
    console.log('MOST', most);
    expect(most).toBeLessThan(5000);
  });
});

describe('a peer without manners', () => {
  it.each([
    ['a length beyond the limit', Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 0])],
    ['a frame that is not CBOR', Buffer.from([0, 0, 0, 2, 0xff, 0xff])],
    ['an empty frame', Buffer.from([0, 0, 0, 0])],
    ['an indefinite length', Buffer.from([0, 0, 0, 3, 0x9f, 0x01, 0xff])],
    ['a tag', Buffer.from([0, 0, 0, 2, 0xc1, 0x00])],
    ['bottomless nesting', Buffer.concat([Buffer.from([0, 1, 0, 0]), Buffer.alloc(65_536, 0x81)])],
    ['a web request', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
  ])('that sends %s is closed as a violation', async (_what, bytes) => {
    const { link, stream } = await against();
    link.receive(() => undefined);
    let answer = Buffer.alloc(0);
    stream.addEventListener('message', ({ data }) => {
      answer = Buffer.concat([answer, data.subarray()]);
    });
    stream.send(bytes);
    expect(await within(link.closed)).toEqual({ code: CLOSE.protocolViolation, by: 'here' });
    await eventually('the reason', () => answer.equals(encodeFrame({ close: CLOSE.protocolViolation })));
  });

  it('that sends one byte at a time is cut off when the frame is due, not kept for ever', async () => {
    const { link, stream } = await against({ stall: 400 });
    link.receive(() => undefined);
    const frame = encodeFrame(new Uint8Array(1000));
    let sent = 0;
    for (const byte of frame) {
      if (link.reason() !== null || stream.status !== 'open') break;
      stream.send(Uint8Array.of(byte));
      sent += 1;
      await pause(20);
    }
    expect(link.reason()).toEqual({ code: CLOSE.protocolViolation, by: 'here' });
    expect(sent).toBeLessThan(frame.length / 2);
  });

  it('that is slow over many whole frames is left alone', async () => {
    const { link, stream } = await against({ stall: 600 });
    let heard = 0;
    link.receive(() => void heard++);
    const frame = encodeFrame('abc');
    for (let i = 0; i < 24; i++) {
      // every piece ends one frame and begins the next
      stream.send(Buffer.concat([frame.subarray(3), frame.subarray(0, 3)]).subarray(i === 0 ? 5 : 0));
      await pause(80);
    }
    await eventually('the last whole frame', () => heard === 23);
    expect(link.reason()).toBeNull();
  });

  it('that stops in the middle of a frame ends the link, and what was whole is heard', async () => {
    const { link, stream } = await against();
    const heard: unknown[] = [];
    link.receive((frame) => void heard.push(frame));
    stream.send(Buffer.concat([encodeFrame('whole'), encodeFrame('cut off').subarray(0, 6)]));
    await stream.close();
    expect(await within(link.closed)).toEqual({ code: CLOSE.unexpectedClose, by: 'network' });
    expect(heard).toEqual(['whole']);
  });

  it('that sends without end to a receiver that is busy is held back', async () => {
    const { link, stream } = await against();
    let release = (): void => undefined;
    const blocked = new Promise<void>((resolve) => (release = resolve));
    let heard = 0;
    link.receive(() => {
      heard += 1;
      return blocked;
    });
    const block = encodeFrame(new Uint8Array(60_000));
    const FRAMES = 400;
    for (let i = 0; i < FRAMES; i++) stream.send(block);
    await pause(500);
    // one window at most, whatever is offered
    expect(link.stats().bytesIn).toBeLessThan(1024 * 1024);
    expect(heard).toBe(1);
    release();
    await eventually('the rest', () => heard === FRAMES, 20_000);
    expect(link.reason()).toBeNull();
  });

  it('that closes while its frames are held back is still heard to the end', async () => {
    const { link, stream } = await against();
    const FRAMES = 30;
    for (let i = 0; i < FRAMES; i++) stream.send(encodeFrame([i, new Uint8Array(20_000)]));
    stream.send(encodeFrame({ close: CLOSE.gracefulShutdown }));
    await stream.close();
    await pause(100);
    const heard: unknown[] = [];
    link.receive(async (frame) => {
      await pause(1);
      heard.push((frame as unknown[])[0]);
    });
    await eventually('all frames', () => heard.length === FRAMES);
    expect(heard).toEqual(Array.from({ length: FRAMES }, (_, i) => i));
  });

  it('that is gone while the receiver is busy does not leave the link open for ever', async () => {
    const { link, stream } = await against({ grace: 300 });
    let waited = false;
    link.receive(async () => {
      while (link.send(new Uint8Array(500_000)));
      await link.drained();
      waited = true;
      await new Promise(() => undefined);
    });
    stream.pause();
    stream.send(encodeFrame('go'));
    await pause(100);
    expect(waited).toBe(false);
    stream.abort(new Error('gone'));
    expect(await within(link.closed)).toEqual({ code: CLOSE.unexpectedClose, by: 'network' });
    expect(waited).toBe(true);
  });

  const noWord = { code: CLOSE.unexpectedClose, by: 'network' };
  it.each([
    ['resets', noWord, (stream: Stream) => stream.abort(new Error('no'))],
    ['ends', noWord, (stream: Stream) => void stream.close()],
    [
      'says why and ends',
      { code: CLOSE.noCapacity, by: 'peer' },
      (stream: Stream) => {
        stream.send(encodeFrame({ close: CLOSE.noCapacity }));
        void stream.close();
      },
    ],
  ])('that %s as soon as a stream is there leaves no link open', async (_, why, refuse) => {
    const node = await universe();
    const other = await stranger();
    await other.handle(PROTOCOL, refuse);
    const peer = toHex((other.peerId as Ed25519PeerId).publicKey.raw);
    await node.learn(peer, other.getMultiaddrs().map(String));
    for (let i = 0; i < 10; i++) {
      // the refusal may be there before the link is
      const link = await node.open(peer, PROTOCOL).catch(() => null);
      if (link === null) continue;
      link.receive(() => undefined);
      expect(await within(link.closed)).toEqual(why);
    }
  });

  it('that keeps its half open after our end is reset', async () => {
    const { link, stream } = await against({ grace: 300 });
    await link.close(CLOSE.success);
    await eventually('the reset', () => stream.status !== 'open', 2000);
  });

  it('that is only eager, and opens forty streams the moment it is connected, gets them all', async () => {
    const [a, b] = [await universe(), await universe()];
    await b.serve(PROTOCOL, (link) => link.receive((frame) => void link.send(frame)), 64);
    await introduce(a, b);
    const links = await Promise.all(Array.from({ length: 40 }, () => a.open(b.self, PROTOCOL)));
    const answers = links.map(async (link, i) => {
      link.send(i);
      return link.next(3000);
    });
    expect(await Promise.all(answers)).toEqual(links.map((_, i) => i));
    expect(a.connected()).toEqual([b.self]);
  });

  it('that opens 10,000 streams gets a few, and others are served meanwhile', async () => {
    const node = await universe();
    const friend = await universe();
    const attacker = await stranger();
    let open = 0;
    let most = 0;
    await node.serve(PROTOCOL, (link) => {
      open += 1;
      most = Math.max(most, open);
      void link.closed.then(() => open--);
      link.receive((frame) => void link.send(frame));
    });
    await introduce(friend, node);
    const memory = process.memoryUsage().heapUsed;
    const connection = await attacker.dial(addressOf(node));
    let opened = 0;
    const attack = (async () => {
      const until = performance.now() + 8000;
      for (let i = 0; i < 10_000 && (opened <= 1000 || performance.now() < until); i += 50)
        await Promise.all(
          Array.from({ length: 50 }, () =>
            connection
              .newStream(PROTOCOL, { maxOutboundStreams: 20_000, signal: AbortSignal.timeout(500) })
              .then(
                () => void opened++,
                () => undefined,
              ),
          ),
        );
    })();
    for (let i = 0; i < 20; i++) {
      const link = await friend.open(node.self, PROTOCOL);
      link.send(i);
      expect(await link.next(5000)).toBe(i);
      await link.close(CLOSE.success);
      await pause(20);
    }
    await attack;
    // opened as far as the attacker can see; all but a few were reset at once
    expect(opened).toBeGreaterThan(1000);
    expect(node.stats().connections.reduce((sum, { streams }) => sum + streams, 0)).toBeLessThan(600);
    // four for the attacker, one for the friend
    expect(most).toBeLessThanOrEqual(5);
    expect(process.memoryUsage().heapUsed - memory).toBeLessThan(200 * 1024 * 1024);
    await attacker.stop();
  });
});
