import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/message-port';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Client } from '../../../../src/main/api/index.ts';
import { mayConnect, serveWindow } from '../../../../src/main/hosts/desktop/connect.ts';
import { openNode } from '../../../../src/main/node/index.ts';
import { passphraseSeal } from '../../../../src/main/store/index.ts';
import { MessageChannelMain } from '../../../fakes/electron/ports.ts';
import type { MessagePortMain } from '../../../fakes/electron/ports.ts';
import { scratch } from '../../../scratch.ts';

const ours = { detached: false, parent: null, origin: 'app://muster' };

describe('a frame that asks for a port', () => {
  it('must be there, attached, at the top, and ours', () => {
    expect(mayConnect(ours)).toBe(true);
    expect(mayConnect(null)).toBe(false);
    expect(mayConnect({ ...ours, detached: true })).toBe(false);
    expect(mayConnect({ ...ours, parent: ours as never })).toBe(false);
    for (const origin of ['null', '', 'app://muster.evil', 'app://other', 'https://muster'])
      expect(mayConnect({ ...ours, origin })).toBe(false);
  });
});

describe('a port of the window', () => {
  it('that is taken back ends what was streaming over it', async () => {
    const node = await openNode({ folder: join(scratch(), 'data'), host: 'test', seal: passphraseSeal() });
    onTestFinished(() => node.close());
    const watch = vi.spyOn(node.events, 'watch');
    const ipc = new EventEmitter();
    const handed: MessagePortMain[] = [];
    const frame = {
      ...ours,
      postMessage: (_: string, __: unknown, [port]: MessagePortMain[]) => handed.push(port!),
    };
    const takeBack = serveWindow({
      ipc: ipc as never,
      createChannel: () => new MessageChannelMain() as never,
      node,
      isWindow: (contents) => (contents as unknown) === 'window',
    });
    ipc.emit('muster:connect', { sender: 'another window', senderFrame: frame });
    expect(handed).toHaveLength(0);
    ipc.emit('muster:connect', { sender: 'window', senderFrame: frame });
    const [port] = handed;
    // this end stands for the page's
    port!.start();
    const client: Client = createORPCClient(new RPCLink({ port: port as never }));
    const events = await client.events.watch();
    expect((await events.next()).value).toMatchObject({ kind: 'snapshot' });
    const [[, signal] = []] = watch.mock.calls;
    expect(signal?.aborted).toBe(false);
    takeBack();
    expect(signal?.aborted).toBe(true);
    await expect(events.next()).rejects.toThrow();
  });
});
