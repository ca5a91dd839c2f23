import { expect, it } from 'vitest';
import { describeWith } from '../parts.ts';
import { startDesktop, windowClient } from './desk.ts';

const refusal = (code: string) => ({ data: { code } });

describeWith('chromium', "the desktop's key vault", () => {
  it("is sealed by the session's keychain, and opens by itself at the next start", async () => {
    const first = startDesktop({ keyring: 'gnome_libsecret' });
    const { client } = await windowClient(await first.page());
    expect((await client.identity.get()).vault).toMatchObject({
      backend: 'safe-storage',
      needsPassphrase: false,
    });
    const { identity } = await client.identity.create({ name: 'desk' });
    await first.command('quit');
    await first.exited;
    const second = startDesktop({ data: first.data, keyring: 'gnome_libsecret' });
    const again = await windowClient(await second.page());
    expect(await again.client.identity.get()).toMatchObject({ peer: identity.peer, state: 'ready' });
  });

  it.each(['basic_text', 'unknown', null] as const)(
    'asks for a passphrase where the keychain is %s, which protects nothing',
    async (keyring) => {
      const desktop = startDesktop({ keyring });
      const { client } = await windowClient(await desktop.page());
      expect((await client.identity.get()).vault).toMatchObject({
        backend: 'passphrase-file',
        needsPassphrase: true,
      });
      await expect(client.identity.create({ name: 'desk' })).rejects.toMatchObject(
        refusal('PASSPHRASE_NEEDED'),
      );
    },
  );

  it('stays sealed as it was when a keychain appears', async () => {
    const first = startDesktop({ keyring: 'basic_text' });
    const { client } = await windowClient(await first.page());
    await client.identity.create({ name: 'desk', passphrase: 'a long enough one' });
    await first.command('quit');
    await first.exited;
    const second = startDesktop({ data: first.data, keyring: 'kwallet6' });
    const again = await windowClient(await second.page());
    expect(await again.client.identity.get()).toMatchObject({
      state: 'locked',
      vault: { backend: 'passphrase-file' },
    });
    const { state } = await again.client.identity.unlock({ passphrase: 'a long enough one' });
    expect(state).toBe('ready');
  });

  it('stays locked, and says why, when the keychain that sealed it is gone', async () => {
    const first = startDesktop({ keyring: 'gnome_libsecret' });
    const { client } = await windowClient(await first.page());
    await client.identity.create({ name: 'desk' });
    await first.command('quit');
    await first.exited;
    const second = startDesktop({ data: first.data, keyring: 'basic_text' });
    const again = await windowClient(await second.page());
    expect((await again.client.identity.get()).state).toBe('locked');
    await expect(again.client.identity.unlock({ passphrase: '' })).rejects.toMatchObject(
      refusal('KEYCHAIN_SILENT'),
    );
  });
});
