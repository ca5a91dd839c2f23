/**
 * How the command line finds a node: a Unix socket and the owner-only run file that names it. The same for a
 * headless node and for one with a window.
 */
import { chmodSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocketServer } from 'ws';
import { blake3, Refusal, toHex, utf8 } from '../../protocol/bytes/index.ts';
import { MAX_MESSAGE_BYTES } from '../api/index.ts';
import { runFilePath } from '../node/index.ts';
import type { MusterNode, RunFile } from '../node/index.ts';
import { writeFileAtomic } from '../store/index.ts';
import { answer, listen, refuseUpgrade, serve, shut } from './http.ts';

/** Longest path that a Unix socket takes on Linux, in bytes. */
const MAX_SOCKET_PATH = 107;

/** Opens the socket and writes the run file; answers how to take both away. Errors: `SOCKET_FOLDER`. */
export async function announce(
  node: MusterNode,
  { console, bearer }: Pick<RunFile, 'console' | 'bearer'>,
): Promise<{ close(): Promise<void> }> {
  const socket = socketPath(node.folder);
  const opened = await startSocket(node, socket);
  const runFile: RunFile = { pid: process.pid, startedAt: node.about().startedAt, socket, console, bearer };
  try {
    writeFileAtomic(runFilePath(node.folder), utf8(`${JSON.stringify(runFile, null, 2)}\n`));
  } catch (error) {
    // a socket that nobody can find would only be left behind
    await opened.close();
    throw error;
  }
  return {
    async close() {
      rmSync(runFilePath(node.folder), { force: true });
      await opened.close();
    },
  };
}

/** Serves the API on a Unix socket, readable by the owner only. */
export async function startSocket(node: MusterNode, path: string): Promise<{ close(): Promise<void> }> {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES });
  const server = createServer((_request, response) => answer(response, 404, 'Only WebSocket here.'));
  server.on('upgrade', (request, socket, head) => {
    // a browser that was tricked into a Unix socket would name an origin
    if (request.headers.origin !== undefined) return refuseUpgrade(socket, 403);
    sockets.handleUpgrade(request, socket, head, (ws) =>
      serve(node, ws, { scopes: ['admin'], door: 'socket' }),
    );
  });
  // the folder is locked by this node: what lies here was left by one that is gone
  rmSync(path, { force: true });
  const before = process.umask(0o177);
  try {
    await listen(server, { path });
  } finally {
    process.umask(before);
  }
  chmodSync(path, 0o600);
  return {
    async close() {
      await shut(server, sockets);
      rmSync(path, { force: true });
    },
  };
}

/** In the data folder; where that path is too long for a socket, in a temporary folder that only the owner enters. */
function socketPath(folder: string): string {
  const path = join(folder, 'api.sock');
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH) return path;
  const short = join(tmpdir(), `muster-${toHex(blake3(utf8(folder))).slice(0, 16)}`);
  mkdirSync(short, { recursive: true, mode: 0o700 });
  const { uid, mode } = lstatSync(short);
  // somebody else may have made it first, to listen in our place
  if (uid !== process.getuid?.() || (mode & 0o077) !== 0)
    throw new Refusal('SOCKET_FOLDER', `The folder ${short} belongs to somebody else.`);
  return join(short, 'api.sock');
}
