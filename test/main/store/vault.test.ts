import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keychainSeal, openVault, passphraseSeal } from '../../../src/main/store/index.ts';
import type { Keychain, Seal } from '../../../src/main/store/index.ts';
import { toHex, utf8 } from '../../../src/protocol/bytes/index.ts';
import { keyVaultCompliance } from '../../compliance/key-vault.ts';
import { memoryVault } from '../../keys.ts';
import { cheapSeal, PASSPHRASE } from '../../node.ts';
import { codeFrom, codeOf } from '../../refusal.ts';
import { scratch } from '../../scratch.ts';

/** A keychain of one session: what it encrypted, only it can decrypt. */
function fakeKeychain(): Keychain {
  const pad = randomBytes(4096);
  const mask = (bytes: Uint8Array): Uint8Array => bytes.map((byte, n) => byte ^ pad[n % pad.length]!);
  return {
    encrypt: async (secret) => new Uint8Array([1, ...mask(secret)]),
    async decrypt(sealed) {
      if (sealed[0] !== 1) throw new Error('this keychain knows nothing of it');
      return mask(sealed.subarray(1));
    },
  };
}

const inFile = (seal: Seal, passphrase?: string) => () => {
  const path = join(scratch(), 'vault.json');
  return {
    vault: openVault(path, seal),
    reopen: () => openVault(path, seal),
    ...(passphrase === undefined ? {} : { passphrase }),
  };
};

describe('a vault under a passphrase', () => keyVaultCompliance(inFile(cheapSeal(), PASSPHRASE)));
describe('a vault in a keychain', () => keyVaultCompliance(inFile(keychainSeal(fakeKeychain()))));
describe('the vault of tests', () => keyVaultCompliance(() => ({ vault: memoryVault() })));

type Json = { [key: string]: any }; // oxlint-disable-line typescript/no-explicit-any -- files that tests bend
const files = () => {
  const path = join(scratch(), 'vault.json');
  return {
    path,
    read: (): Json => JSON.parse(readFileSync(path, 'utf8')),
    write: (json: Json) => writeFileSync(path, JSON.stringify(json)),
  };
};

describe('the file of a vault', () => {
  it('belongs to its owner only and holds no secret in the clear', async () => {
    for (const seal of [cheapSeal(), keychainSeal(fakeKeychain())]) {
      const { path } = files();
      await openVault(path, seal).create(PASSPHRASE);
      expect(statSync(path).mode & 0o777).toBe(0o600);
      const text = readFileSync(path, 'utf8');
      expect(text).not.toContain('"d"');
      expect(text).not.toContain(PASSPHRASE);
    }
  });

  it('is not written when no passphrase was given', async () => {
    const { path } = files();
    for (const none of [undefined, ''])
      expect(await codeFrom(openVault(path, cheapSeal()).create(none))).toBe('PASSPHRASE_NEEDED');
    expect(existsSync(path)).toBe(false);
  });

  it('opens to its passphrase in either Unicode form and to no other', async () => {
    const { path } = files();
    await openVault(path, cheapSeal()).create('schlüssel');
    const vault = openVault(path, cheapSeal());
    expect(await codeFrom(vault.unlock())).toBe('PASSPHRASE_NEEDED');
    for (const wrong of ['schlussel', 'schlüssel ', 'Schlüssel'])
      expect(await codeFrom(vault.unlock(wrong))).toBe('PASSPHRASE_WRONG');
    expect(vault.state()).toBe('locked');
    await vault.unlock('schlu\u0308ssel');
    expect(vault.state()).toBe('ready');
  });

  it('is the work of scrypt with 128 MiB, as it says itself', async () => {
    const sealed = await passphraseSeal().seal(utf8('secret'), utf8('binding'), 'x');
    expect(sealed).toMatchObject({ kdf: 'scrypt', N: 2 ** 17, r: 8, p: 1 });
    expect(await codeFrom(passphraseSeal().unseal(sealed, utf8('binding'), 'y'))).toBe('PASSPHRASE_WRONG');
    expect(toHex(await passphraseSeal().unseal(sealed, utf8('binding'), 'x'))).toBe(toHex(utf8('secret')));
  });

  it.each(['node', 'log', 'cosigner', 'issuer'] as const)(
    'does not open when the public half of its %s key was swapped',
    async (name) => {
      const keychain = fakeKeychain();
      for (const [seal, code] of [
        [cheapSeal(), 'PASSPHRASE_WRONG'],
        [keychainSeal(keychain), 'VAULT_DAMAGED'],
      ] as const) {
        const [one, other] = [files(), files()];
        await openVault(one.path, seal).create(PASSPHRASE);
        await openVault(other.path, seal).create(PASSPHRASE);
        const bent = one.read();
        bent['public'][name] = other.read()['public'][name];
        one.write(bent);
        const vault = openVault(one.path, seal);
        expect(await codeFrom(vault.unlock(PASSPHRASE))).toBe(code);
        expect(vault.state()).toBe('locked');
        // nor with the sealed half of another vault under one's own public half
        const mixed = { ...other.read(), sealed: one.read()['sealed'] };
        other.write(mixed);
        expect(await codeFrom(openVault(other.path, seal).unlock(PASSPHRASE))).toBe(code);
      }
    },
  );

  it.each<[string, (json: Json) => Json | string]>([
    ['empty', () => ''],
    ['cut short', (json) => JSON.stringify(json).slice(0, 200)],
    ['of a later version', (json) => ({ ...json, v: 2 })],
    ['without public keys', ({ v, backend, sealed }) => ({ v, backend, sealed })],
    ['without the sealed half', ({ v, backend, public: known }) => ({ v, backend, public: known })],
    ['a list', () => []],
  ])('that is %s is refused when the node opens it', async (_what, bend) => {
    const { path, read } = files();
    await openVault(path, cheapSeal()).create(PASSPHRASE);
    const bent = bend(read());
    writeFileSync(path, typeof bent === 'string' ? bent : JSON.stringify(bent));
    expect(codeOf(() => openVault(path, cheapSeal()))).toBe('VAULT_DAMAGED');
  });

  it.each<[string, Json]>([
    ['a box that is no base64', { box: '!!!' }],
    ['an empty box', { box: '' }],
    ['a box of a few bytes', { box: 'AAAA' }],
    ['no box', { box: undefined }],
    ['no salt', { salt: undefined }],
    ['a nonce of another length', { nonce: 'AA' }],
    ['an empty nonce', { nonce: '' }],
    ['a cost of a terabyte', { N: 2 ** 40 }],
    ['a cost that is no power of two', { N: 1000 }],
    ['a cost of nothing', { N: 0 }],
    ['a negative cost', { r: -8 }],
    ['a cost in words', { p: 'many' }],
  ])('with %s does not open, and says so', async (_what, change) => {
    const { path, read, write } = files();
    await openVault(path, cheapSeal()).create(PASSPHRASE);
    const whole = read();
    write({ ...whole, sealed: { ...whole['sealed'], ...change } });
    const code = await codeFrom(openVault(path, cheapSeal()).unlock(PASSPHRASE));
    expect(code).toMatch(/^(VAULT_DAMAGED|PASSPHRASE_WRONG)$/);
  });

  it('sealed in one way is not opened in another', async () => {
    const { path } = files();
    await openVault(path, cheapSeal()).create(PASSPHRASE);
    expect(codeOf(() => openVault(path, keychainSeal(fakeKeychain())))).toBe('VAULT_BACKEND');
  });

  it('is not opened by the keychain of another session', async () => {
    const { path, read, write } = files();
    await openVault(path, keychainSeal(fakeKeychain())).create();
    expect(await codeFrom(openVault(path, keychainSeal(fakeKeychain())).unlock())).toMatch(
      /^(VAULT_DAMAGED|KEYCHAIN_SILENT)$/,
    );
    const silent: Keychain = { ...fakeKeychain(), decrypt: () => Promise.reject(new Error('locked')) };
    expect(await codeFrom(openVault(path, keychainSeal(silent)).unlock())).toBe('KEYCHAIN_SILENT');
    const whole = read();
    for (const box of ['', '!!', undefined, 7]) {
      write({ ...whole, sealed: { ...whole['sealed'], box } });
      expect(await codeFrom(openVault(path, keychainSeal(fakeKeychain())).unlock()), String(box)).toBe(
        'VAULT_DAMAGED',
      );
    }
  });

  it('whose secrets are those of other keys stays locked, whatever its seal says', async () => {
    // a seal that binds nothing, as if its maker had been careless
    const careless: Seal = {
      ...cheapSeal(),
      needsPassphrase: false,
      seal: async (secret) => ({ box: Buffer.from(secret).toString('utf8') }),
      unseal: async (sealed) => utf8(String(sealed['box'])),
    };
    const [one, other] = [files(), files()];
    await openVault(one.path, careless).create();
    await openVault(other.path, careless).create();
    const whole = one.read();
    for (const box of [other.read()['sealed'].box, '{}', 'no JSON', '{"node":1}']) {
      one.write({ ...whole, sealed: { box } });
      const vault = openVault(one.path, careless);
      expect(await codeFrom(vault.unlock())).toBe('VAULT_DAMAGED');
      expect(vault.state()).toBe('locked');
      expect(codeOf(() => vault.sign('node', utf8('x')))).toBe('VAULT_LOCKED');
    }
  });
});
