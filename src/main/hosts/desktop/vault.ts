/**
 * Which seal protects the keys. The session's keychain does when there is one; on Linux without a keyring
 * Electron encrypts with a password that everybody knows, which is no protection: then a passphrase is asked for
 * (app.md 3, Keys). A vault that exists was sealed by one of the two, and that decides.
 */
import { readFileSync } from 'node:fs';
import type { SafeStorage } from 'electron';
import { z } from 'zod';
import { fromBase64url, Refusal, toBase64url } from '../../../protocol/bytes/index.ts';
import { keychainSeal, passphraseSeal } from '../../store/index.ts';
import type { Seal } from '../../store/index.ts';

export type HostKeychain = Pick<
  SafeStorage,
  'isAsyncEncryptionAvailable' | 'encryptStringAsync' | 'decryptStringAsync' | 'getSelectedStorageBackend'
>;

/** To be asked after `ready`; before, Electron does not know its keychain. */
export async function chooseSeal(
  keychain: HostKeychain,
  vaultPath: string,
  platform: NodeJS.Platform,
): Promise<Seal> {
  const sealedBy = backendOf(vaultPath);
  if (sealedBy === 'passphrase-file') return passphraseSeal();
  if (sealedBy === 'safe-storage' || (await isProtection(keychain, platform))) return hostSeal(keychain);
  return passphraseSeal();
}

async function isProtection(keychain: HostKeychain, platform: NodeJS.Platform): Promise<boolean> {
  if (!(await keychain.isAsyncEncryptionAvailable())) return false;
  if (platform !== 'linux') return true;
  const backend = keychain.getSelectedStorageBackend();
  return backend !== 'basic_text' && backend !== 'unknown';
}

/** Electron seals text, so the secret goes through base64url. */
const hostSeal = (keychain: HostKeychain): Seal =>
  keychainSeal({
    encrypt: (secret) => unlessSilent(() => keychain.encryptStringAsync(toBase64url(secret))),
    decrypt: (sealed) =>
      unlessSilent(async () =>
        fromBase64url((await keychain.decryptStringAsync(Buffer.from(sealed))).result),
      ),
  });

/** A keychain that is locked, was emptied or belongs to another session throws whatever it likes. */
async function unlessSilent<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch {
    throw new Refusal(
      'KEYCHAIN_SILENT',
      "Your session's keychain did not answer with the key of this vault.",
    );
  }
}

/** The back end named in a vault file; undefined when there is none. Damage is openVault's to report. */
function backendOf(path: string): string | undefined {
  try {
    return z.object({ backend: z.string() }).parse(JSON.parse(readFileSync(path, 'utf8'))).backend;
  } catch {
    return undefined;
  }
}
