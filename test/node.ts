/** A real node in a scratch folder, with a cheap seal so that tests do not wait for scrypt. */
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { connectInProcess } from '../src/main/api/index.ts';
import type { Client } from '../src/main/api/index.ts';
import { openNode } from '../src/main/node/index.ts';
import type { MusterNode } from '../src/main/node/index.ts';
import type { QuoteSource } from '../src/main/attestation/index.ts';
import { passphraseSeal } from '../src/main/store/index.ts';
import type { Settings } from '../src/contract/index.ts';
import { scratch } from './scratch.ts';

export const PASSPHRASE = 'correct horse battery';
export const cheapSeal = () => passphraseSeal({ N: 2 ** 10, r: 8, p: 1 });
/** No engine is where this points. */
export const NO_ENGINE: Partial<Settings> = { engine: 'unix:///nowhere/docker.sock' };

export async function openTestNode(
  folder = scratch(),
  defaults = NO_ENGINE,
  orderedLog?: string,
  guest?: QuoteSource,
): Promise<MusterNode> {
  const node = await openNode({
    folder: join(folder, 'data'),
    host: 'test',
    seal: cheapSeal(),
    defaults,
    ...(orderedLog === undefined ? {} : { orderedLog }),
    ...(guest === undefined ? {} : { guest }),
  });
  let closed = false;
  const close = node.close;
  const once = async (): Promise<void> => {
    if (!closed) await close();
    closed = true;
  };
  onTestFinished(once);
  return Object.assign(node, { close: once });
}

export const ownerOf = (node: MusterNode): Client =>
  connectInProcess(node, { scopes: ['admin'], door: 'test' });

/** A node with an identity and a coalition. */
export async function openReadyNode(
  folder?: string,
  defaults?: Partial<Settings>,
  guest?: QuoteSource,
): Promise<{ node: MusterNode; client: Client }> {
  const node = await openTestNode(folder, defaults, undefined, guest);
  const client = ownerOf(node);
  await client.identity.create({ name: 'rack-07', passphrase: PASSPHRASE });
  await client.coalition.create({ name: 'signals.eu' });
  return { node, client };
}
