/** What every KeyVault must do, however it keeps its keys: run by each implementation's own test. */
import { describe, expect, it } from 'vitest';
import { createSignatureChecker } from '../../src/main/hashes.ts';
import { keyNames } from '../../src/main/store/index.ts';
import type { KeyVault } from '../../src/main/store/index.ts';
import { toHex, utf8 } from '../../src/protocol/bytes/index.ts';
import { codeFrom, codeOf } from '../refusal.ts';

export interface VaultUnderTest {
  readonly vault: KeyVault;
  /** What unlocks it; undefined where nothing is asked for. */
  readonly passphrase?: string;
  /** The same keys as a node finds them after a restart; absent where they live in memory only. */
  readonly reopen?: () => KeyVault;
}

const check = createSignatureChecker();
const message = utf8('muster/record/1');

/** `open` gives a vault without keys. */
export function keyVaultCompliance(open: () => VaultUnderTest): void {
  const made = async (): Promise<VaultUnderTest> => {
    const under = open();
    await under.vault.create(under.passphrase);
    return under;
  };

  describe('keys', () => {
    it('are absent at first: nothing can be signed or unlocked', async () => {
      const { vault, passphrase } = open();
      expect([vault.state(), vault.publicKeys()]).toEqual(['absent', null]);
      expect(codeOf(() => vault.sign('node', message))).toMatch(/^VAULT_(ABSENT|LOCKED)$/);
      expect(vault.needsPassphrase).toBe(passphrase !== undefined);
      expect(vault.protection).toMatch(/^\p{Lu}.+\.$/u);
    });

    it('are four, each another one, and ready at once', async () => {
      const under = open();
      const keys = await under.vault.create(under.passphrase);
      expect(under.vault.state()).toBe('ready');
      expect(new Set(keyNames.map((name) => toHex(keys[name]))).size).toBe(4);
      for (const name of keyNames) expect(keys[name]).toHaveLength(32);
      expect(under.vault.publicKeys()).toEqual(keys);
    });

    it('sign with the key that is named and no other', async () => {
      const { vault } = await made();
      const keys = vault.publicKeys()!;
      for (const name of keyNames) {
        const signature = vault.sign(name, message);
        expect(signature).toHaveLength(64);
        for (const other of keyNames)
          expect(check({ alg: 'ed25519', key: keys[other], message, signature })).toBe(other === name);
      }
    });

    it('are forgotten by locking and back after unlocking; public halves are never hidden', async () => {
      const { vault, passphrase } = await made();
      const keys = vault.publicKeys()!;
      vault.lock();
      expect(vault.state()).toBe('locked');
      expect(codeOf(() => vault.sign('node', message))).toBe('VAULT_LOCKED');
      expect(vault.publicKeys()).toEqual(keys);
      await vault.unlock(passphrase);
      expect(vault.state()).toBe('ready');
      const signature = vault.sign('log', message);
      expect(check({ alg: 'ed25519', key: keys.log, message, signature })).toBe(true);
    });

    it('are the same after a restart', async () => {
      const { vault, passphrase, reopen } = await made();
      if (reopen === undefined) return;
      const again = reopen();
      expect(again.state()).toBe('locked');
      expect(again.publicKeys()).toEqual(vault.publicKeys());
      expect(codeOf(() => again.sign('node', message))).toBe('VAULT_LOCKED');
      await again.unlock(passphrase);
      expect(toHex(again.sign('issuer', message))).toBe(toHex(vault.sign('issuer', message)));
    });

    it('are never made twice', async () => {
      const { vault, passphrase, reopen } = await made();
      if (reopen === undefined) return;
      for (const one of [vault, reopen()])
        expect(await codeFrom(one.create(passphrase))).toBe('VAULT_EXISTS');
    });
  });
}
