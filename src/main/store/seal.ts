/**
 * How a vault file is sealed. The passphrase seal is scrypt and AES-256-GCM; the keychain seal wraps with
 * whatever the host offers (Electron's safeStorage), which the host hands in.
 */
import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { z } from 'zod';
import { fromBase64url, Refusal, toBase64url } from '../../protocol/bytes/index.ts';

export type Sealed = Readonly<Record<string, string | number>>;

export interface Seal {
  readonly backend: 'passphrase-file' | 'safe-storage';
  readonly needsPassphrase: boolean;
  readonly protection: string;
  /** `binding` is authenticated with the secret but not hidden. Errors: `PASSPHRASE_NEEDED`. */
  seal(secret: Uint8Array, binding: Uint8Array, passphrase?: string): Promise<Sealed>;
  /** Errors: `PASSPHRASE_NEEDED`, `PASSPHRASE_WRONG`, `KEYCHAIN_SILENT`, `VAULT_DAMAGED`. */
  unseal(sealed: Sealed, binding: Uint8Array, passphrase?: string): Promise<Uint8Array>;
}

/** 128 MiB and about half a second per guess. */
const SCRYPT = { N: 2 ** 17, r: 8, p: 1 } as const;

export function passphraseSeal(
  cost: { readonly N: number; readonly r: number; readonly p: number } = SCRYPT,
): Seal {
  return {
    backend: 'passphrase-file',
    needsPassphrase: true,
    protection: 'The keys lie in an owner-only file, encrypted with your passphrase (scrypt, AES-256-GCM).',
    async seal(secret, binding, passphrase) {
      const salt = randomBytes(16);
      const nonce = randomBytes(12);
      const key = await derive(passphrase, salt, cost);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      cipher.setAAD(binding);
      const box = Buffer.concat([cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
      key.fill(0);
      return {
        kdf: 'scrypt',
        ...cost,
        salt: toBase64url(salt),
        nonce: toBase64url(nonce),
        box: toBase64url(box),
      };
    },
    async unseal(sealed, binding, passphrase) {
      const { salt, nonce, box, ...parameters } = readParts(passphraseParts, sealed);
      const key = await derive(passphrase, salt, parameters);
      const decipher = createDecipheriv('aes-256-gcm', key, nonce);
      decipher.setAAD(binding);
      decipher.setAuthTag(box.subarray(-16));
      try {
        return Buffer.concat([decipher.update(box.subarray(0, -16)), decipher.final()]);
      } catch {
        throw new Refusal('PASSPHRASE_WRONG', 'The passphrase does not open the vault.');
      } finally {
        key.fill(0);
      }
    },
  };
}

/** What a host's keychain does; both may throw. */
export interface Keychain {
  encrypt(secret: Uint8Array): Promise<Uint8Array>;
  decrypt(sealed: Uint8Array): Promise<Uint8Array>;
}

/** A seal that opens without asking, because the person's session keychain protects it. */
export function keychainSeal(keychain: Keychain): Seal {
  return {
    backend: 'safe-storage',
    needsPassphrase: false,
    protection: "The keys lie in an owner-only file, encrypted with a key of your session's keychain.",
    async seal(secret, binding) {
      const box = await keychain.encrypt(Buffer.concat([lengthOf(binding), binding, secret]));
      return { keychain: 'host', box: toBase64url(box) };
    },
    async unseal(sealed, binding) {
      const opened = await decryptWith(keychain, readParts(keychainParts, sealed).box);
      const prefix = Buffer.concat([lengthOf(binding), binding]);
      if (!prefix.equals(opened.subarray(0, prefix.length)))
        throw new Refusal('VAULT_DAMAGED', 'The vault holds the keys of another identity.');
      return opened.slice(prefix.length);
    },
  };
}

/** What a host's keychain throws has no code of ours, unless the host gave it one. */
async function decryptWith(keychain: Keychain, box: Uint8Array): Promise<Uint8Array> {
  try {
    return await keychain.decrypt(box);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal('KEYCHAIN_SILENT', "Your session's keychain does not open this vault.");
  }
}

/** Bytes as base64url, of a length within these bounds. */
const bytesOf = (min: number, max = min) =>
  z
    .string()
    .transform((text) => fromBase64url(text))
    .refine((bytes) => bytes.length >= min && bytes.length <= max);
/** Parameters come from a file: bounded before they cost memory. */
const passphraseParts = z.object({
  N: z
    .number()
    .min(2)
    .max(2 ** 20)
    .refine((n) => Number.isInteger(Math.log2(n))),
  r: z.number().int().min(1).max(32),
  p: z.number().int().min(1).max(16),
  salt: bytesOf(16),
  nonce: bytesOf(12),
  /** The secret and its 16-byte tag. */
  box: bytesOf(17, 8192),
});
const keychainParts = z.object({ box: bytesOf(1, 8192) });

function readParts<T>(shape: z.ZodType<T>, sealed: Sealed): T {
  try {
    return shape.parse(sealed);
  } catch {
    throw new Refusal('VAULT_DAMAGED', 'The sealed half of the vault is not what was written.');
  }
}

function lengthOf(bytes: Uint8Array): Uint8Array {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(bytes.length);
  return out;
}

function derive(
  passphrase: string | undefined,
  salt: Uint8Array,
  { N, r, p }: { readonly N: number; readonly r: number; readonly p: number },
): Promise<Buffer> {
  if (passphrase === undefined || passphrase === '')
    throw new Refusal('PASSPHRASE_NEEDED', 'A passphrase is needed here.');
  return new Promise((resolve, reject) => {
    scrypt(passphrase.normalize('NFC'), salt, 32, { N, r, p, maxmem: 256 * N * r }, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}
