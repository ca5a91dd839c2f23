/** Who this node is: one Ed25519 key, kept in the vault. */
import { z } from 'zod';
import { command, query } from './base.ts';
import { hex, millis, name, receipt } from './shapes.ts';

/** Long enough that scrypt makes guessing hopeless, short enough to type. */
export const passphrase = z.string().min(10).max(1024);

export const identityState = z.object({
  state: z.enum(['absent', 'locked', 'ready']),
  /** Raw Ed25519 public key; null until an identity exists. */
  peer: hex(32).nullable(),
  /** The same key as libp2p writes it, `12D3Koo…`. */
  peerId: z.string().nullable(),
  name: z.string().nullable(),
  createdAt: millis.nullable(),
  vault: z.object({
    backend: z.enum(['passphrase-file', 'safe-storage']),
    /** True when a passphrase is needed to create or unlock the identity here. */
    needsPassphrase: z.boolean(),
    /** How the keys are protected, in a sentence. */
    protection: z.string(),
  }),
});
export type IdentityState = z.infer<typeof identityState>;

export const identity = {
  get: query('view').output(identityState),
  create: command('admin')
    .input(z.object({ name, passphrase: passphrase.optional() }))
    .output(z.object({ identity: identityState, receipt })),
  unlock: command('admin')
    .input(z.object({ passphrase: z.string().max(1024) }))
    .output(identityState),
  lock: command('admin').output(identityState),
};
