import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chooseSeal } from '../../../../src/main/hosts/desktop/vault.ts';
import type { HostKeychain } from '../../../../src/main/hosts/desktop/vault.ts';
import { scratch } from '../../../scratch.ts';

type Backend = ReturnType<HostKeychain['getSelectedStorageBackend']>;

const flip = (bytes: Uint8Array): Buffer => Buffer.from(bytes.map((byte) => byte ^ 0xff));
const keychain = (backend: Backend, available = true): HostKeychain => ({
  isAsyncEncryptionAvailable: async () => available,
  getSelectedStorageBackend: () => backend,
  encryptStringAsync: async (text) => flip(Buffer.from(text)),
  decryptStringAsync: async (sealed) => ({
    shouldReEncrypt: false,
    result: flip(sealed).toString(),
  }),
});
const absent = () => join(scratch(), 'vault.json');
const sealedBy = (backend: string): string => {
  const path = absent();
  writeFileSync(path, JSON.stringify({ backend }));
  return path;
};

describe('the seal of a new vault', () => {
  it.each([
    ['linux', 'gnome_libsecret', true, 'safe-storage'],
    ['linux', 'kwallet6', true, 'safe-storage'],
    ['linux', 'basic_text', true, 'passphrase-file'],
    ['linux', 'unknown', true, 'passphrase-file'],
    ['linux', 'gnome_libsecret', false, 'passphrase-file'],
    ['darwin', 'unknown', true, 'safe-storage'],
    ['darwin', 'unknown', false, 'passphrase-file'],
  ] as const)('on %s with %s, available %s, is %s', async (platform, backend, available, expected) => {
    expect((await chooseSeal(keychain(backend, available), absent(), platform)).backend).toBe(expected);
  });
});

describe('the seal of a vault that exists', () => {
  it('is the one that sealed it, whatever the keychain is today', async () => {
    const silent = keychain('basic_text', false);
    const good = keychain('gnome_libsecret');
    expect((await chooseSeal(good, sealedBy('passphrase-file'), 'linux')).backend).toBe('passphrase-file');
    expect((await chooseSeal(silent, sealedBy('safe-storage'), 'linux')).backend).toBe('safe-storage');
  });
});

describe("the keychain's seal", () => {
  it('opens what it sealed, for the same identity only', async () => {
    const seal = await chooseSeal(keychain('kwallet'), absent(), 'linux');
    const secret = new Uint8Array([0, 255, 128, 7]);
    const binding = new Uint8Array([1, 2, 3]);
    const sealed = await seal.seal(secret, binding);
    expect([...(await seal.unseal(sealed, binding))]).toEqual([...secret]);
    await expect(seal.unseal(sealed, new Uint8Array([1, 2, 4]))).rejects.toMatchObject({
      code: 'VAULT_DAMAGED',
    });
  });

  it('says that the keychain was silent, whatever it threw', async () => {
    const broken: HostKeychain = {
      ...keychain('kwallet'),
      decryptStringAsync: () => Promise.reject(new Error('org.freedesktop.DBus.Error')),
    };
    const seal = await chooseSeal(broken, absent(), 'linux');
    const sealed = await seal.seal(new Uint8Array(4), new Uint8Array(1));
    await expect(seal.unseal(sealed, new Uint8Array(1))).rejects.toMatchObject({ code: 'KEYCHAIN_SILENT' });
  });
});
