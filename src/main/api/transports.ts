/**
 * Three transports, one router. A host chooses one and says who is calling; a transport is two functions (send a
 * message, hear one), so each of these is a few lines. All of them pass through the same serializer, so that what
 * works in process works over a socket.
 */
import { createORPCClient } from '@orpc/client';
import { RPCLink as PortLink } from '@orpc/client/message-port';
import type { SupportedMessagePort } from '@orpc/client/message-port';
import type { ContractRouterClient } from '@orpc/contract';
import { RPCHandler as PortHandler } from '@orpc/server/message-port';
import { RPCHandler as SocketHandler } from '@orpc/server/ws';
import type { WebSocket } from 'ws';
import type { Contract } from '../../contract/index.ts';
import type { MusterNode } from '../node/index.ts';
import type { Session } from './base.ts';
import { router } from './router.ts';

/** The typed client of the contract, over whatever link. */
export type Client = ContractRouterClient<Contract>;

const portHandler = new PortHandler(router);
const socketHandler = new SocketHandler(router);

/** Largest message a WebSocket may bring: a collateral file as base64url, with room. */
export const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;

/** Serves one MessagePort (of the desktop's window, or of a channel). The host starts and closes the port. */
export function servePort(node: MusterNode, port: SupportedMessagePort, session: Session): void {
  portHandler.upgrade(port, { context: { node, session } });
}

/** Serves one WebSocket until it closes. */
export function serveWebSocket(node: MusterNode, socket: WebSocket, session: Session): void {
  void socketHandler.upgrade(socket, { context: { node, session } });
}

type Listener = (event: { data: unknown }) => void;

/** One end of a channel inside this process; delivers in order, never re-entrantly. */
interface LocalPort {
  postMessage(data: unknown): void;
  addEventListener(type: string, listener: Listener): void;
}

function localChannel(): [LocalPort, LocalPort] {
  const heard: [Set<Listener>, Set<Listener>] = [new Set(), new Set()];
  const end = (mine: 0 | 1): LocalPort => ({
    postMessage: (data) =>
      queueMicrotask(() => heard[mine === 0 ? 1 : 0].forEach((listener) => listener({ data }))),
    addEventListener(type, listener) {
      if (type === 'message') heard[mine].add(listener);
    },
  });
  return [end(0), end(1)];
}

/** A client in this very process, through the same serializer as every other. */
export function connectInProcess(node: MusterNode, session: Session): Client {
  const [here, there] = localChannel();
  servePort(node, there as unknown as SupportedMessagePort, session);
  return createORPCClient(new PortLink({ port: here as unknown as SupportedMessagePort }));
}
