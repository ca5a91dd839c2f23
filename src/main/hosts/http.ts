/** The few HTTP gestures that the console and the command line's socket share. */
import type { Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket, WebSocketServer } from 'ws';
import { Refusal } from '../../protocol/bytes/index.ts';
import { serveWebSocket } from '../api/index.ts';
import type { Session } from '../api/index.ts';
import type { MusterNode } from '../node/index.ts';

export function answer(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.setHeader('cache-control', 'no-store');
  response.end(`${text}\n`);
}

export function refuseUpgrade(socket: Duplex, status: 401 | 403): void {
  socket.end(
    `HTTP/1.1 ${status} ${status === 401 ? 'Unauthorized' : 'Forbidden'}\r\nConnection: close\r\n\r\n`,
  );
}

export function listen(
  server: Server,
  where: { host: string; port: number } | { path: string },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE' && 'port' in where
          ? new Refusal('PORT_IN_USE', `Port ${where.port} is taken by another program.`)
          : error,
      ),
    );
    server.listen(where, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}

export async function shut(server: Server, sockets: WebSocketServer): Promise<void> {
  for (const socket of sockets.clients) socket.terminate();
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

/** A frame that is too large or broken closes its own connection and nothing else. */
export function serve(node: MusterNode, ws: WebSocket, session: Session): void {
  ws.on('error', () => ws.terminate());
  serveWebSocket(node, ws, session);
}
