import { expect, it } from 'vitest';
import { describeWith } from '../parts.ts';
import { startDesktop, until, windowClient } from './desk.ts';

describeWith('chromium', 'the desktop window', () => {
  it('shows the page of its own scheme, with the preload run before the page', async () => {
    const desktop = startDesktop();
    const page = await desktop.page();
    await page.waitForFunction(() => document.getElementById('seen')?.textContent !== '');
    expect(await page.textContent('#seen')).toBe('runs, function');
    const [window] = await desktop.command('windows');
    expect(window).toMatchObject({ url: 'app://muster/' });
    await until('the window is shown', async () => (await desktop.command('windows'))[0]?.shown === true);
  });

  it('serves the API over the port: the node says that its host is the desktop, the session that its door is the window', async () => {
    const desktop = startDesktop();
    const { client } = await windowClient(await desktop.page());
    const about = await client.settings.about();
    expect(about.host).toBe('desktop');
    expect(about.session).toEqual({ scopes: ['admin'], door: 'window' });
    expect(about.dataFolder).toBe(desktop.data);
  });
});
