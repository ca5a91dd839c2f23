import { getEventListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { CLOSE, peerIdOf, withDeadline } from '../../../../src/main/substrate/universe/index.ts';
import { eventually, introduce, LOOPBACK, nodeKey, pause, universe } from './support.ts';

const PROTOCOL = '/muster/test/1';

describe('a universe', () => {
  it('is named by its key, in hex and as libp2p writes it', async () => {
    const keys = nodeKey();
    const node = await universe({ keys });
    expect(node.self).toBe(keys.hex);
    expect(node.addresses()).toEqual([
      expect.stringMatching(new RegExp(`^/ip4/127.0.0.1/tcp/\\d+/p2p/${peerIdOf(keys.hex).toString()}$`)),
    ]);
  });

  it('says in a sentence that it cannot listen', async () => {
    const first = await universe();
    const taken = (first.addresses()[0] ?? '').replace(/\/p2p\/.*/, '');
    await expect(universe({ listen: [taken] })).rejects.toMatchObject({ code: 'LISTEN_FAILED' });
    await expect(universe({ bootstrap: ['/ip4/127.0.0.1/tcp/1'] })).rejects.toMatchObject({
      code: 'ADDRESS_FORMAT',
    });
  });

  it('stays connected with its bootstrap peers, whoever starts first and whoever is lost', async () => {
    const keys = nodeKey();
    const first = await universe({ keys });
    const [address = ''] = first.addresses();
    const listen = [address.replace(/\/p2p\/.*/, '')];
    const node = await universe({ bootstrap: [address], limits: { retry: { first: 50, longest: 200 } } });
    await eventually('the connection', () => node.connected().length === 1);
    await first.close();
    await eventually('the loss', () => node.connected().length === 0);
    await universe({ keys, listen });
    await eventually('the connection again', () => node.connected().length === 1);
  });

  it('tells who came and who went', async () => {
    const [a, b] = [await universe(), await universe()];
    const events: string[] = [];
    const stop = a.watch((event) => {
      if ('peer' in event && event.peer === b.self) events.push(event.kind);
    });
    await introduce(b, a);
    await b.connect(a.self);
    await eventually('the first event', () => events.includes('connected'));
    await b.disconnect(a.self);
    await eventually('the second', () => events.includes('disconnected'));
    stop();
    await b.connect(a.self);
    await pause(100);
    expect(events).toEqual(['connected', 'disconnected']);
  });

  it('shows its connections and their traffic', async () => {
    const [a, b] = [await universe(), await universe()];
    await b.serve(PROTOCOL, (link) => link.receive((frame) => void link.send(frame)));
    await introduce(a, b);
    const link = await a.open(b.self, PROTOCOL);
    link.send(new Uint8Array(1000));
    await link.next(1000);
    const open = a.stats();
    expect(open.connections).toMatchObject([{ peer: b.self, direction: 'outbound', relayed: false }]);
    expect(open.connections[0]?.protocols).toContain(PROTOCOL);
    expect(Date.now() - (open.connections[0]?.since ?? 0)).toBeLessThan(10_000);
    expect(open.traffic.get(b.self)?.links).toBe(1);
    expect(open.traffic.get(b.self)?.bytesOut).toBeGreaterThan(1000);
    await link.close(CLOSE.success);
    await eventually('the end of the link', () => a.stats().traffic.get(b.self)?.links === 0);
    expect(a.stats().traffic.get(b.self)?.bytesIn).toBeGreaterThan(1000);
    expect(open.reach).toBe('private');
    await eventually('what others see', () => a.stats().observed.length === 1);
    expect(a.stats().observed).toEqual([{ address: '/ip4/127.0.0.1', peers: 1 }]);
  });

  it('keeps a bounded number of addresses of a peer that changes them all the time', async () => {
    const node = await universe();
    const { hex } = nodeKey();
    for (let round = 0; round < 20; round++)
      await node.learn(
        hex,
        Array.from({ length: 40 }, (_, i) => `/ip4/10.0.${round}.${i}/tcp/1`),
      );
    await expect(node.learn(hex, ['/nonsense'])).rejects.toMatchObject({ code: 'ADDRESS_FORMAT' });
    await expect(node.learn('xyz', [LOOPBACK])).rejects.toMatchObject({ code: 'PEER_FORMAT' });
    await node.learn(hex, []);
  });

  it('ends links with a reason when it closes', async () => {
    const [a, b] = [await universe(), await universe()];
    const { promise, resolve } = Promise.withResolvers<unknown>();
    await b.serve(PROTOCOL, (link) => {
      link.receive(() => undefined);
      void link.closed.then(resolve);
    });
    await introduce(a, b);
    const link = await a.open(b.self, PROTOCOL);
    link.send(1);
    await pause(50);
    await a.close();
    expect(await promise).toEqual({ code: CLOSE.gracefulShutdown, by: 'peer' });
    await expect(a.open(b.self, PROTOCOL)).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' });
    await a.close();
  });

  it('gives up a dial when it is told to, or when it takes too long', async () => {
    const node = await universe({ limits: { dial: 300 } });
    const { hex } = nodeKey();
    // TEST-NET-1: nobody answers there
    await node.learn(hex, ['/ip4/192.0.2.1/tcp/9']);
    // the library by itself would go on for five seconds, and for ten with the product's own limit
    const late = pause(4500).then(() => 'late');
    await expect(Promise.race([node.open(hex, PROTOCOL), late])).rejects.toMatchObject({
      code: 'PEER_UNREACHABLE',
    });
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    await expect(node.open(hex, PROTOCOL, controller.signal)).rejects.toMatchObject({
      code: 'PEER_UNREACHABLE',
    });
  });
});

describe('a deadline', () => {
  it('aborts the work in time, or with its parent, and leaves nothing behind', async () => {
    const hang = (signal: AbortSignal): Promise<string> =>
      new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason as Error)),
      );
    const parent = new AbortController();
    await expect(withDeadline(20, parent.signal, hang)).rejects.toMatchObject({ name: 'TimeoutError' });
    const pending = withDeadline(10_000, parent.signal, hang);
    expect(getEventListeners(parent.signal, 'abort')).toHaveLength(1);
    parent.abort(new Error('enough'));
    await expect(pending).rejects.toThrow('enough');
    await expect(withDeadline(10_000, parent.signal, hang.bind(null))).rejects.toBeDefined();
    expect(getEventListeners(parent.signal, 'abort')).toHaveLength(0);
  });

  it('costs no memory per link, where a composed signal would', async () => {
    const [a, b] = [await universe(), await universe()];
    await b.serve(PROTOCOL, (link) => link.receive(() => undefined));
    await introduce(a, b);
    const forever = new AbortController();
    const round = async (): Promise<void> => {
      const link = await a.open(b.self, PROTOCOL, forever.signal);
      await link.close(CLOSE.success);
    };
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const heap = async (): Promise<number> => {
      // libp2p's own timeouts of the last streams run out first
      await pause(300);
      for (let i = 0; i < 3; i++) {
        collect();
        await pause(30);
      }
      return process.memoryUsage().heapUsed;
    };
    for (let i = 0; i < 200; i++) await round();
    const before = await heap();
    for (let i = 0; i < 700; i++) await round();
    const grown = (await heap()) - before;
    expect(getEventListeners(forever.signal, 'abort')).toHaveLength(0);
    console.log(`heap after 700 links more: ${Math.round(grown / 1024)} KiB`);
    // a composed signal left about 2 KiB each
    expect(grown).toBeLessThan(1024 * 1024);
  });
});
