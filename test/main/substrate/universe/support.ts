/** Universes of a test on 127.0.0.1, and a libp2p node without our manners to attack them with. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { generateKeyPair } from '@libp2p/crypto/keys';
import type { KeyType, Libp2p } from '@libp2p/interface';
import { noise } from '@libp2p/noise';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import { onTestFinished } from 'vitest';
import { fromBase64url, toHex } from '../../../../src/protocol/bytes/index.ts';
import { openUniverse } from '../../../../src/main/substrate/universe/index.ts';
import type { Universe, UniverseOptions } from '../../../../src/main/substrate/universe/index.ts';

export interface NodeKey {
  readonly key: Uint8Array;
  readonly hex: string;
  readonly sign: (message: Uint8Array) => Uint8Array;
}

export function nodeKey(): NodeKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const key = fromBase64url(String(publicKey.export({ format: 'jwk' }).x));
  return { key, hex: toHex(key), sign: (message) => sign(null, message, privateKey) };
}

export const LOOPBACK = '/ip4/127.0.0.1/tcp/0';

/** A universe that is closed when the test ends. */
export async function universe(
  options: Partial<UniverseOptions> & { readonly keys?: NodeKey } = {},
): Promise<Universe> {
  const { keys = nodeKey(), ...rest } = options;
  const opened = await openUniverse({
    key: keys.key,
    sign: keys.sign,
    listen: [LOOPBACK],
    nat: false,
    ...rest,
  });
  onTestFinished(() => opened.close());
  return opened;
}

/** `a` knows where `b` is. */
export const introduce = (a: Universe, b: Universe): Promise<void> => a.learn(b.self, b.addresses());

/** Waits until `check` holds (or answers something); an error that names what was awaited after `milliseconds`. */
export async function eventually<T>(
  what: string,
  check: () => T | Promise<T>,
  milliseconds = 40_000,
): Promise<Exclude<T, false | null | undefined>> {
  const end = performance.now() + milliseconds;
  for (;;) {
    const answer = await check();
    if (answer) return answer as Exclude<T, false | null | undefined>;
    if (performance.now() > end) throw new Error(`not within ${milliseconds} ms: ${what}`);
    await pause(20);
  }
}

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Bare libp2p: no gate, no frames, no limits of ours. */
export async function stranger(type: KeyType = 'Ed25519'): Promise<Libp2p> {
  const privateKey = await (type === 'RSA'
    ? generateKeyPair('RSA', 2048)
    : generateKeyPair(type as 'Ed25519'));
  const node = await createLibp2p({
    privateKey,
    addresses: { listen: [LOOPBACK] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ maxOutboundStreams: 20_000 })],
    connectionMonitor: { pingInterval: 3_600_000 },
  });
  onTestFinished(() => node.stop());
  return node;
}

export const addressOf = (of: Universe): ReturnType<typeof multiaddr> => multiaddr(of.addresses()[0]!);
