/** One node as a process of its own: told by its parent where to begin, it tells what it knows. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { fromBase64url, idFrom } from '../../../../src/protocol/bytes/index.ts';
import { createDiscovery } from '../../../../src/main/substrate/discovery/index.ts';
import { openUniverse } from '../../../../src/main/substrate/universe/index.ts';

export type FromNode =
  | { readonly kind: 'up'; readonly self: string; readonly addresses: readonly string[] }
  | { readonly kind: 'departed'; readonly peer: string; readonly reason: string }
  | { readonly kind: 'peers'; readonly peers: readonly string[]; readonly tagged: readonly string[] };
export type ToNode = { readonly tag: string } | { readonly leave: true };

const [, , network = '', bootstrap = ''] = process.argv;
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const signer = (message: Uint8Array): Uint8Array => sign(null, message, privateKey);
const universe = await openUniverse({
  key: fromBase64url(String(publicKey.export({ format: 'jwk' }).x)),
  sign: signer,
  listen: ['/ip4/127.0.0.1/tcp/0'],
  bootstrap: bootstrap === '' ? [] : [bootstrap],
  limits: { retry: { first: 50, longest: 400 } },
});
const discovery = await createDiscovery({
  universe,
  network: idFrom(network),
  sign: signer,
  settings: {
    announceInterval: 400,
    announceSpacing: 30,
    sweepInterval: 50,
    purgeAfter: 1500,
    neighbourInterval: 200,
  },
});
const tell = (message: FromNode): void => void process.send?.(message);
const look = (): void =>
  tell({
    kind: 'peers',
    peers: discovery.peers().map(({ peer }) => peer),
    tagged: discovery.peers({ tag: idFrom('tagged') }).map(({ peer }) => peer),
  });
discovery.watch((event) => {
  if (event.kind === 'departed') tell({ kind: 'departed', peer: event.peer.peer, reason: event.reason });
  if (event.kind !== 'updated' || event.changed) look();
});
process.on('message', (message: ToNode) => {
  if ('tag' in message) discovery.own.addTag(idFrom(message.tag));
  else
    void (async () => {
      await discovery.close();
      await universe.close();
      process.disconnect();
    })();
});
tell({ kind: 'up', self: universe.self, addresses: universe.addresses() });
