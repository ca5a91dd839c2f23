/** The CLI's link to a running node: its Unix socket, whose permissions are the authentication. */
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import { WebSocket } from 'ws';
import { Refusal } from '../../../protocol/bytes/index.ts';
import { readRunFile } from '../../node/index.ts';
import type { Connection } from './command.ts';

/** Errors: `NODE_NOT_RUNNING`. */
export async function connectToNode(folder: string): Promise<Connection> {
  const run = readRunFile(folder);
  const away = (): Refusal => new Refusal('NODE_NOT_RUNNING', `No node is running on ${folder}.`);
  if (run === null) throw away();
  const socket = new WebSocket(`ws+unix:${run.socket}:/api/ws`, { maxPayload: 64 * 1024 * 1024 });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve());
    socket.once('error', () => reject(away()));
  });
  return {
    // ws speaks the browser's interface; its types are its own
    client: createORPCClient(new RPCLink({ websocket: socket as unknown as globalThis.WebSocket })),
    close: () => socket.terminate(),
  };
}
