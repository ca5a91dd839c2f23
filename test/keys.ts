/** Keys of test nodes, in memory: the fake half of the KeyVault port. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { fromBase64url, Refusal } from '../src/protocol/bytes/index.ts';
import { keyNames } from '../src/main/store/index.ts';
import type { KeyName, KeyVault, PublicKeys } from '../src/main/store/index.ts';

export function memoryVault(): KeyVault {
  const make = () => new Map(keyNames.map((name) => [name, generateKeyPairSync('ed25519')] as const));
  let pairs: ReturnType<typeof make> | null = null;
  let locked = false;
  const publicKeys = (): PublicKeys | null =>
    pairs === null
      ? null
      : (Object.fromEntries(
          [...pairs].map(([name, pair]) => [
            name,
            fromBase64url(String(pair.publicKey.export({ format: 'jwk' }).x)),
          ]),
        ) as PublicKeys);
  return {
    backend: 'safe-storage',
    needsPassphrase: false,
    protection: 'Keys of a test, in memory only.',
    state: () => (pairs === null ? 'absent' : locked ? 'locked' : 'ready'),
    async create() {
      pairs = make();
      return publicKeys()!;
    },
    async unlock() {
      locked = false;
    },
    lock() {
      locked = true;
    },
    publicKeys,
    sign(name: KeyName, message) {
      const pair = pairs?.get(name);
      if (pair === undefined || locked) throw new Refusal('VAULT_LOCKED', 'The vault is locked.');
      return sign(null, message, pair.privateKey);
    },
  };
}
