/** A headless node with its console and its socket: what `muster run` and `npm start` open without a display. */
import { randomBytes } from 'node:crypto';
import type { Scope, Settings } from '../../../contract/index.ts';
import { toBase64url } from '../../../protocol/bytes/index.ts';
import { openNode } from '../../node/index.ts';
import type { MusterNode } from '../../node/index.ts';
import { passphraseSeal } from '../../store/index.ts';
import { announce } from '../announce.ts';
import { loadAssets } from '../assets.ts';
import { startConsole } from './server.ts';

export interface RunOptions {
  readonly folder: string;
  readonly port: number;
  /** Folder of the built renderer. */
  readonly renderer: string;
  /** Unlocks the identity at once, where there is one. */
  readonly passphrase?: string | undefined;
  readonly defaults?: Partial<Settings>;
  /** As of `openNode`. */
  readonly orderedLog?: string | undefined;
  /** Hears, in sentences, of what keeps the node from being open yet. */
  readonly opening?: (sentence: string) => void;
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
  orderedLog,
  opening,
}: RunOptions): Promise<Running> {
  const assets = loadAssets(renderer);
  const node = await openNode({
    folder,
    host: 'console',
    seal: passphraseSeal(),
    ...(defaults === undefined ? {} : { defaults }),
    ...(orderedLog === undefined ? {} : { orderedLog }),
    ...(opening === undefined ? {} : { opening }),
  });
  const opened: { close(): Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    for (const one of opened.toReversed()) await one.close();
    await node.close();
  };
  try {
    if (passphrase !== undefined && (await node.identity.get()).state === 'locked')
      await node.identity.unlock(passphrase);
    const bearer = toBase64url(randomBytes(32));
    const console = await startConsole({ node, assets, port, bearer });
    opened.push(console);
    opened.push(await announce(node, { console: console.origin, bearer }));
    return { node, origin: console.origin, pairingLink: console.pairingLink, close };
  } catch (error) {
    await close();
    throw error;
  }
}
