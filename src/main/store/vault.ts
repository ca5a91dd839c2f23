/**
 * The KeyVault port: keys stay inside, signatures come out. Four Ed25519 keys, one purpose each: `node` (the
 * identity; signs records), `log` (checkpoints), `cosigner` (C2SP asks for a key of its own), `issuer` (tickets).
 * Public keys can be read while the vault is locked. One file, sealed by a back end: a passphrase (scrypt), or
 * the desktop's keychain.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { fromBase64url, Refusal, utf8 } from '../../protocol/bytes/index.ts';
import { writeFileAtomic } from './files.ts';
import type { Seal } from './seal.ts';

export const keyNames = ['node', 'log', 'cosigner', 'issuer'] as const;
export type KeyName = (typeof keyNames)[number];
/** Raw 32-byte Ed25519 public keys. */
export type PublicKeys = Readonly<Record<KeyName, Uint8Array>>;

export interface KeyVault {
  readonly backend: Seal['backend'];
  /** True when creating and unlocking need a passphrase. */
  readonly needsPassphrase: boolean;
  /** How the keys are protected, in a sentence. */
  readonly protection: string;
  state(): 'absent' | 'locked' | 'ready';
  /** Makes four new keys and seals them. Errors: `VAULT_EXISTS`, `PASSPHRASE_NEEDED`. */
  create(passphrase?: string): Promise<PublicKeys>;
  /** Errors: `VAULT_ABSENT`, `PASSPHRASE_NEEDED`, `PASSPHRASE_WRONG`, `KEYCHAIN_SILENT`, `VAULT_DAMAGED`. */
  unlock(passphrase?: string): Promise<void>;
  /** Forgets the private keys until the next unlock. */
  lock(): void;
  /** Null while absent. */
  publicKeys(): PublicKeys | null;
  /** Ed25519 signature, 64 bytes. Errors: `VAULT_LOCKED`, `VAULT_ABSENT`. */
  sign(key: KeyName, message: Uint8Array): Uint8Array;
}

const b64 = z.string().max(4096);
const fileShape = z.object({
  v: z.literal(1),
  backend: z.string(),
  public: z.object({ node: b64, log: b64, cosigner: b64, issuer: b64 }),
  sealed: z.record(z.string(), z.union([z.string().max(8192), z.number()])),
});
type VaultFile = z.infer<typeof fileShape>;

/** Opens the vault file at `path`; it need not exist yet. Errors: `VAULT_DAMAGED`, `VAULT_BACKEND`. */
export function openVault(path: string, seal: Seal): KeyVault {
  let file = readVaultFile(path, seal);
  let keys: ReadonlyMap<KeyName, KeyObject> | null = null;

  return {
    backend: seal.backend,
    needsPassphrase: seal.needsPassphrase,
    protection: seal.protection,
    state: () => (file === null ? 'absent' : keys === null ? 'locked' : 'ready'),
    async create(passphrase) {
      if (file !== null) throw new Refusal('VAULT_EXISTS', 'This node has an identity already.');
      const pairs = keyNames.map((name) => [name, generateKeyPairSync('ed25519')] as const);
      const text = (part: 'x' | 'd') =>
        Object.fromEntries(
          pairs.map(([name, pair]) => [name, pair.privateKey.export({ format: 'jwk' })[part] ?? '']),
        );
      const publicPart = text('x') as VaultFile['public'];
      const sealed = await seal.seal(utf8(JSON.stringify(text('d'))), bindingOf(publicPart), passphrase);
      const written: VaultFile = { v: 1, backend: seal.backend, public: publicPart, sealed };
      writeFileAtomic(path, utf8(`${JSON.stringify(written, null, 2)}\n`));
      file = written;
      keys = new Map(pairs.map(([name, pair]) => [name, pair.privateKey]));
      return publicKeysOf(written);
    },
    async unlock(passphrase) {
      if (file === null) throw new Refusal('VAULT_ABSENT', 'This node has no identity yet.');
      if (keys !== null) return;
      const opened = await seal.unseal(file.sealed, bindingOf(file.public), passphrase);
      keys = privateKeysOf(opened, file.public);
      opened.fill(0);
    },
    lock() {
      keys = null;
    },
    publicKeys: () => (file === null ? null : publicKeysOf(file)),
    sign(name, message) {
      const key = keys?.get(name);
      if (key === undefined)
        throw file === null
          ? new Refusal('VAULT_ABSENT', 'This node has no identity yet.')
          : new Refusal('VAULT_LOCKED', 'The vault is locked: nothing can be signed.');
      return sign(null, message, key);
    },
  };
}

/** The public half is bound to the sealed half, so that neither can be swapped alone. */
const bindingOf = (publicPart: VaultFile['public']): Uint8Array =>
  utf8(`muster/vault/1\n${keyNames.map((name) => publicPart[name]).join('\n')}`);

const secretsShape = z.object({ node: b64, log: b64, cosigner: b64, issuer: b64 });

/** Errors: `VAULT_DAMAGED`. */
function privateKeysOf(opened: Uint8Array, known: VaultFile['public']): ReadonlyMap<KeyName, KeyObject> {
  try {
    const secrets = secretsShape.parse(JSON.parse(Buffer.from(opened).toString('utf8')));
    return new Map(
      keyNames.map((name) => {
        const jwk = { kty: 'OKP', crv: 'Ed25519', d: secrets[name], x: known[name] };
        const key = createPrivateKey({ key: jwk, format: 'jwk' });
        // the public half in the file is what others know this node by: it must belong to the sealed half
        if (createPublicKey(key).export({ format: 'jwk' }).x !== known[name]) throw new Error(name);
        return [name, key];
      }),
    );
  } catch {
    throw new Refusal('VAULT_DAMAGED', "The vault's keys do not match their public halves.");
  }
}

const publicKeysOf = (file: VaultFile): PublicKeys => ({
  node: fromBase64url(file.public.node),
  log: fromBase64url(file.public.log),
  cosigner: fromBase64url(file.public.cosigner),
  issuer: fromBase64url(file.public.issuer),
});

function readVaultFile(path: string, seal: Seal): VaultFile | null {
  if (!existsSync(path)) return null;
  let parsed: VaultFile;
  try {
    parsed = fileShape.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    throw new Refusal('VAULT_DAMAGED', `The key vault ${path} cannot be read.`);
  }
  if (parsed.backend !== seal.backend)
    throw new Refusal(
      'VAULT_BACKEND',
      `The key vault was sealed by ${parsed.backend}, not by ${seal.backend}.`,
    );
  return parsed;
}
