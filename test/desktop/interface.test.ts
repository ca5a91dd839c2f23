import { expect, it } from 'vitest';
import { describeWith } from '../parts.ts';
import { startDesktop, until } from './desk.ts';

describeWith('chromium', 'the real interface in the desktop window', () => {
  it('runs under the policy without a complaint, and shows what its node says over the port', async () => {
    const desktop = startDesktop({ real: true });
    const page = await desktop.page();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    // loaded once more, so that nothing is missed from before the listeners stood
    await page.evaluate(() => location.reload());
    await until('the interface holds a port', async () => (await desktop.command('windows'))[0]?.ports === 1);
    await page.getByText('connected', { exact: true }).waitFor();
    expect(complaints).toEqual([]);
    expect(await desktop.calls('request cancelled')).toEqual([]);
    expect(await desktop.calls('navigation refused')).toEqual([]);
  });

  it('connects again by itself after its page crashed', async () => {
    const desktop = startDesktop({ real: true });
    await desktop.page();
    const holdsOne = async (): Promise<boolean> => (await desktop.command('windows'))[0]?.ports === 1;
    await until('the interface holds a port', holdsOne);
    await desktop.command('crash');
    await until('the page is gone', async () => (await desktop.calls('render process gone')).length === 1);
    await until('the interface holds a port again', holdsOne);
  });
});
