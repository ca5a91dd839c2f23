/** The command line's way to a node that has a window: the same Unix socket and run file that a headless one has. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { utf8 } from '../../../protocol/bytes/index.ts';
import { runFilePath } from '../../node/index.ts';
import type { MusterNode, RunFile } from '../../node/index.ts';
import { writeFileAtomic } from '../../store/index.ts';
import { startSocket } from '../console/index.ts';

/** Longest path that a Unix socket takes on Linux, in bytes. */
const MAX_SOCKET_PATH = 107;

/** Answers how to close it. A data folder whose path is too long for a socket goes without. */
export async function openSocket(node: MusterNode): Promise<() => Promise<void>> {
  const socket = join(node.folder, 'api.sock');
  if (process.platform === 'win32' || Buffer.byteLength(socket) > MAX_SOCKET_PATH) {
    node.log.warn({ socket }, 'no socket for the command line here');
    return async () => undefined;
  }
  const opened = await startSocket(node, socket);
  const runFile: RunFile = {
    pid: process.pid,
    startedAt: node.about().startedAt,
    socket,
    console: null,
    // no console, so nothing takes a bearer token
    bearer: '',
  };
  writeFileAtomic(runFilePath(node.folder), utf8(`${JSON.stringify(runFile, null, 2)}\n`));
  return async () => {
    rmSync(runFilePath(node.folder), { force: true });
    await opened.close();
  };
}
