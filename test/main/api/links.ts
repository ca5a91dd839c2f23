/** The three transports, each as a way to reach a node with given scopes. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MessageChannel } from 'node:worker_threads';
import { createORPCClient } from '@orpc/client';
import { RPCLink as PortLink } from '@orpc/client/message-port';
import { RPCLink as SocketLink } from '@orpc/client/websocket';
import { onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { connectInProcess, servePort, serveWebSocket } from '../../../src/main/api/index.ts';
import type { Client, Session } from '../../../src/main/api/index.ts';
import type { MusterNode } from '../../../src/main/node/index.ts';

export type Connect = (node: MusterNode, session: Session) => Promise<Client>;

const overPort: Connect = async (node, session) => {
  const { port1, port2 } = new MessageChannel();
  servePort(node, port1, session);
  port1.start();
  port2.start();
  onTestFinished(() => {
    port1.close();
    port2.close();
  });
  return createORPCClient(new PortLink({ port: port2 }));
};

const overWebSocket: Connect = async (node, session) => {
  const server = createServer();
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => serveWebSocket(node, socket, session));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  onTestFinished(() => {
    socket.terminate();
    for (const open of sockets.clients) open.terminate();
    server.close();
  });
  return createORPCClient(new SocketLink({ websocket: socket as unknown as globalThis.WebSocket }));
};

export const transports: readonly (readonly [name: string, connect: Connect])[] = [
  ['MessagePort', overPort],
  ['WebSocket', overWebSocket],
  ['in process', async (node, session) => connectInProcess(node, session)],
];
