/** A message leaves in one piece: one call of the system, and one packet where it fits into one. */
import { Socket } from 'node:net';
import { expect, it, vi } from 'vitest';
import { eventually, universe } from './support.ts';

const PROTOCOL = '/muster/test/1';

it.each([300, 20_000])(
  'a hundred frames of %i bytes are a hundred writes, and a few of what else there is',
  async (size) => {
    const [a, b] = [await universe(), await universe()];
    let heard = 0;
    await b.serve(PROTOCOL, (link) => link.receive(() => void heard++));
    await a.learn(b.self, b.addresses());
    const link = await a.open(b.self, PROTOCOL);
    link.send(0);
    await eventually('the first frame', () => heard === 1);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const write = vi.spyOn(Socket.prototype, 'write');
    for (let n = 1; n <= 100; n++) {
      link.send(new Uint8Array(size));
      await eventually('the frame', () => heard === n + 1);
    }
    const writes = write.mock.calls.length;
    write.mockRestore();
    expect(writes).toBeGreaterThanOrEqual(100);
    // window updates, a ping perhaps
    expect(writes).toBeLessThan(150);
  },
);
