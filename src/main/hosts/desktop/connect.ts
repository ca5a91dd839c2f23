/**
 * The window's way to the node: one message asks for a port, its sender is checked, and from then on everything
 * flows over that port (app.md 3, item 17). One port at a time: a page that asks again lost the one before.
 */
import type { IpcMain, MessageChannelMain, MessagePortMain, WebContents, WebFrameMain } from 'electron';
import { servePort } from '../../api/index.ts';
import type { MusterNode } from '../../node/index.ts';
import { ORIGIN } from './origin.ts';

/** The frame may be gone by the time its message is handled; then there is nobody to answer. */
export function mayConnect(
  frame: Pick<WebFrameMain, 'detached' | 'origin' | 'parent'> | null,
): frame is WebFrameMain {
  return frame !== null && !frame.detached && frame.parent === null && frame.origin === ORIGIN;
}

export interface ConnectPorts {
  readonly ipc: Pick<IpcMain, 'on'>;
  readonly createChannel: () => MessageChannelMain;
  readonly node: MusterNode;
  /** True for the contents of our own window. */
  readonly isWindow: (contents: WebContents) => boolean;
}

/** Hands out ports; answers how to take back the one that is out. */
export function serveWindow({ ipc, createChannel, node, isWindow }: ConnectPorts): () => void {
  let open: MessagePortMain | null = null;
  const close = (): void => {
    const closing = open;
    open = null;
    closing?.close();
    // the event is promised only to the other end; what streams over this port ends on it here too
    closing?.emit('close');
  };
  ipc.on('muster:connect', (event) => {
    // read at once: after the first pause the frame may be another one
    const frame = event.senderFrame;
    if (!isWindow(event.sender) || !mayConnect(frame)) {
      node.log.warn({ origin: frame?.origin ?? 'gone' }, 'a frame that is not the window asked for a port');
      return;
    }
    close();
    const { port1, port2 } = createChannel();
    open = port1;
    servePort(node, port1, { scopes: ['admin'], door: 'window' });
    port1.start();
    frame.postMessage('muster:port', null, [port2]);
  });
  return close;
}
