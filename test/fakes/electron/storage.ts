/** `safeStorage` over a key in a file that stands for the person's keyring, or over none. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { app } from './app.ts';
import { loud } from './loud.ts';
import { options } from './runtime.ts';

function key(): Buffer {
  if (!app.isReady()) throw new Error("safeStorage cannot be used before 'ready'");
  if (options.keyring === null) throw new Error('Encryption is not available.');
  // what Electron does without a keyring: a password that everybody knows
  if (options.keyring === 'basic_text') return Buffer.alloc(32, 'peanuts');
  if (!existsSync(options.keyringFile)) writeFileSync(options.keyringFile, randomBytes(32), { mode: 0o600 });
  return readFileSync(options.keyringFile);
}

export const safeStorage = loud('safeStorage', {
  async isAsyncEncryptionAvailable(): Promise<boolean> {
    return app.isReady() && options.keyring !== null;
  },
  getSelectedStorageBackend(): string {
    return app.isReady() ? (options.keyring ?? 'unknown') : 'unknown';
  },
  async encryptStringAsync(text: string): Promise<Buffer> {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', key(), nonce);
    return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  },
  async decryptStringAsync(sealed: Buffer): Promise<{ shouldReEncrypt: boolean; result: string }> {
    const decipher = createDecipheriv('aes-256-gcm', key(), sealed.subarray(0, 12));
    decipher.setAuthTag(sealed.subarray(-16));
    const result = Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]);
    return { shouldReEncrypt: false, result: result.toString('utf8') };
  },
});
