/** A headless node with its console and its socket: what `muster run` and `npm start` open without a display. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Scope, Settings } from '../../../contract/index.ts';
import { blake3, toBase64url, toHex, utf8 } from '../../../protocol/bytes/index.ts';
import { openNode, runFilePath } from '../../node/index.ts';
import type { MusterNode, RunFile } from '../../node/index.ts';
import { passphraseSeal, writeFileAtomic } from '../../store/index.ts';
import { loadAssets } from '../assets.ts';
import { startConsole, startSocket } from './server.ts';

export interface RunOptions {
  readonly folder: string;
  readonly port: number;
  /** Folder of the built renderer. */
  readonly renderer: string;
  /** Unlocks the identity at once, where there is one. */
  readonly passphrase?: string | undefined;
  readonly defaults?: Partial<Settings>;
}

export interface Running {
  readonly node: MusterNode;
  readonly origin: string;
  pairingLink(scopes: readonly Scope[]): { url: string; expires: number };
  close(): Promise<void>;
}

/** Errors: those of `openNode`, `PORT_IN_USE`, `RENDERER_MISSING`, `PASSPHRASE_WRONG`. */
export async function runConsole({
  folder,
  port,
  renderer,
  passphrase,
  defaults,
}: RunOptions): Promise<Running> {
  const assets = loadAssets(renderer);
  const node = await openNode({
    folder,
    host: 'console',
    seal: passphraseSeal(),
    ...(defaults === undefined ? {} : { defaults }),
  });
  const opened: { close(): Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    rmSync(runFilePath(folder), { force: true });
    for (const one of opened.toReversed()) await one.close();
    await node.close();
  };
  try {
    if (passphrase !== undefined && (await node.identity.get()).state === 'locked')
      await node.identity.unlock(passphrase);
    const bearer = toBase64url(randomBytes(32));
    const console = await startConsole({ node, assets, port, bearer });
    opened.push(console);
    const socket = socketPath(folder);
    opened.push(await startSocket(node, socket));
    const runFile: RunFile = {
      pid: process.pid,
      startedAt: node.about().startedAt,
      socket,
      console: console.origin,
      bearer,
    };
    writeFileAtomic(runFilePath(folder), utf8(`${JSON.stringify(runFile, null, 2)}\n`));
    return { node, origin: console.origin, pairingLink: console.pairingLink, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** In the data folder; in an owner-only temporary one when that path is too long for a socket (107 bytes). */
function socketPath(folder: string): string {
  const path = join(folder, 'api.sock');
  if (Buffer.byteLength(path) <= 107) return path;
  const short = join(tmpdir(), `muster-${toHex(blake3(utf8(folder))).slice(0, 16)}`);
  mkdirSync(short, { recursive: true, mode: 0o700 });
  return join(short, 'api.sock');
}
