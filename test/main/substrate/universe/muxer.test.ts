/** What a stream of data costs the way back: window updates in steps, not one for each piece. */
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { eventually, universe } from './support.ts';

const PROTOCOL = '/muster/test/1';

/** A port that leads to another one, and how many bytes came back over it. */
async function countingPort(to: number) {
  let back = 0;
  const server = createServer((socket) => {
    const target = connect(to, '127.0.0.1');
    socket.pipe(target);
    target.on('data', (data) => (back += data.length));
    target.pipe(socket);
    for (const one of [socket, target]) one.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, back: () => back };
}

it('a thousand small frames are answered with a few packets, and more than a window goes through', async () => {
  const [a, b] = [await universe(), await universe()];
  let heard = 0;
  await b.serve(PROTOCOL, (link) => link.receive(() => void heard++));
  const counting = await countingPort(Number(/tcp\/(\d+)/.exec(b.addresses()[0]!)![1]));
  await a.learn(b.self, [b.addresses()[0]!.replace(/tcp\/\d+/, `tcp/${counting.port}`)]);
  const link = await a.open(b.self, PROTOCOL);
  link.send(0);
  await eventually('the first frame', () => heard === 1);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const before = counting.back();
  for (let n = 1; n <= 1000; n++) {
    link.send(new Uint8Array(1000));
    await eventually('the frame', () => heard === n + 1 || n % 50 !== 0);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await eventually('all of them', () => heard === 1001);
  // each of a thousand updates would have 30 bytes: 12, their length and their tag
  expect(counting.back() - before).toBeLessThan(3000);
  for (let n = 0; n < 64; n++) {
    link.send(new Uint8Array(64 * 1024));
    await link.drained();
  }
  await eventually('four megabytes', () => heard === 1065);
});
