import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openNode, readRunFile } from '../../src/main/node/index.ts';
import { passphraseSeal } from '../../src/main/store/index.ts';
import { describeWith } from '../parts.ts';
import { scratch } from '../scratch.ts';
import { startDesktop, until, windowClient } from './desk.ts';
import type { Desktop } from './desk.ts';

const openHere = (folder: string) => openNode({ folder, host: 'test', seal: passphraseSeal() });
const shows = (desktop: Desktop, url: string): Promise<void> =>
  until(`the window shows ${url}`, async () => (await desktop.command('windows'))[0]?.url === url);
const asks = (desktop: Desktop, message: string): Promise<void> =>
  until(`a box asks: ${message}`, async () => (await desktop.command('messages')).includes(message));

describeWith('chromium', 'the life of the desktop', () => {
  it('a second start brings the first window to the front, shows the page of its link, and ends', async () => {
    const first = startDesktop();
    await first.page();
    await first.command('minimise');
    const second = startDesktop({ data: first.data, args: ['muster://chronicle?entry=3'] });
    expect(await second.exited).toMatchObject({ code: 0 });
    await shows(first, 'app://muster/#/chronicle?entry=3');
    expect(await first.command('windows')).toMatchObject([{ state: 'normal' }]);
    expect(await first.calls('window.focus')).toHaveLength(1);
  });

  it('a link that could do something is not followed', async () => {
    const desktop = startDesktop({ args: ['muster://tickets?do=new'] });
    await desktop.page();
    await desktop.command('openUrl', 'muster://tickets?do=new');
    await desktop.command('openUrl', 'muster://elsewhere.test/machines');
    await desktop.command('openUrl', 'muster://machines?id=a');
    await shows(desktop, 'app://muster/#/machines?id=a');
    // one window, loaded once, then moved by the one good link
    expect(await desktop.calls('new BrowserWindow')).toHaveLength(1);
    expect(await desktop.calls('window.focus')).toHaveLength(1);
  });

  it('the window comes back where it was, and maximised if it was', async () => {
    const first = startDesktop();
    await first.page();
    const bounds = { x: 200, y: 120, width: 1000, height: 700 };
    await first.command('setBounds', bounds);
    await first.command('maximise');
    await first.command('quit');
    await first.exited;
    const second = startDesktop({ data: first.data });
    await second.page();
    expect(await second.command('windows')).toMatchObject([{ bounds, state: 'maximised' }]);
  });

  it('a window of a display that is gone comes back on one that is there', async () => {
    const first = startDesktop({
      displays: [
        { x: 0, y: 0, width: 1920, height: 1040 },
        { x: 1920, y: 0, width: 2560, height: 1400 },
      ],
    });
    await first.page();
    await first.command('setBounds', { x: 2400, y: 100, width: 2000, height: 1300 });
    await first.command('quit');
    await first.exited;
    const second = startDesktop({ data: first.data });
    await second.page();
    const [window] = await second.command('windows');
    expect(window?.bounds).toEqual({ x: 0, y: 0, width: 1920, height: 1040 });
  });

  it('quitting stops the node, so that another one can open its folder', async () => {
    const desktop = startDesktop();
    const { client } = await windowClient(await desktop.page());
    await client.identity.create({ name: 'desk' });
    await expect(openHere(desktop.data)).rejects.toMatchObject({ code: 'DATA_IN_USE' });
    await desktop.command('quit');
    expect(await desktop.exited).toMatchObject({ code: 0 });
    expect(desktop.log()).toContain('node stopped');
    expect(readRunFile(desktop.data)).toBeNull();
    const next = startDesktop({ data: desktop.data });
    const again = await windowClient(await next.page());
    expect((await again.client.identity.get()).name).toBe('desk');
  });

  it('a signal from the system quits in the same order', async () => {
    const desktop = startDesktop();
    await desktop.page();
    desktop.kill('SIGTERM');
    expect(await desktop.exited).toMatchObject({ code: 0 });
    expect(desktop.log()).toContain('node stopped');
    await (await openHere(desktop.data)).close();
  });

  it('the tray says how the node is, and what quitting means before it quits', async () => {
    const desktop = startDesktop();
    await desktop.page();
    expect(await desktop.command('tray')).toEqual({
      toolTip: 'Muster: 0 entries',
      labels: ['0 entries', 'Open Muster', 'Quit Muster…'],
    });
    await desktop.command('clickTray', 'Quit Muster…');
    await asks(desktop, 'Quit Muster?');
    const [[box] = []] = await desktop.calls('dialog.showMessageBox');
    expect(box).toMatchObject({ detail: expect.stringContaining('keep running') as string });
    await desktop.command('press', 'Keep it running');
    expect(await desktop.command('windows')).toHaveLength(1);
    await desktop.command('clickMenu', 'Quit Muster…');
    await asks(desktop, 'Quit Muster?');
    await desktop.command('press', 'Quit');
    expect(await desktop.exited).toMatchObject({ code: 0 });
  });

  it('the tray follows the node', async () => {
    const desktop = startDesktop();
    const { client } = await windowClient(await desktop.page());
    await client.identity.create({ name: 'desk' });
    await until(
      'the tray counts the entry',
      async () => (await desktop.command('tray'))?.labels.includes('1 entry') === true,
    );
  });

  it('closing the window leaves the node, which is said once; the tray brings a window back', async () => {
    const desktop = startDesktop();
    await desktop.page();
    await desktop.command('closeWindow');
    await asks(desktop, 'The node keeps working when its window is closed');
    await desktop.command('press', 'Cancel');
    expect(await desktop.command('windows')).toHaveLength(1);
    await desktop.command('closeWindow');
    await asks(desktop, 'The node keeps working when its window is closed');
    await desktop.command('press', 'Close the window');
    await until('the window is closed', async () => (await desktop.command('windows')).length === 0);
    expect(readRunFile(desktop.data)?.pid).toBe(desktop.pid);
    await desktop.command('clickTray', 'Open Muster');
    await shows(desktop, 'app://muster/');
    await desktop.command('closeWindow');
    expect(await desktop.command('windows')).toHaveLength(0);
    expect(await desktop.command('messages')).toEqual([]);
  });

  it('a port dies with its page: on a reload, and when the page asks for another', async () => {
    const desktop = startDesktop();
    const page = await desktop.page();
    const first = await windowClient(page);
    expect(await desktop.command('windows')).toMatchObject([{ ports: 1 }]);
    await page.evaluate(() => (window as unknown as { muster: { connect(): void } }).muster.connect());
    await until('the first port is closed', first.closed);
    expect(await desktop.command('windows')).toMatchObject([{ ports: 1 }]);
    await page.evaluate(() => location.reload());
    await until('no port is left', async () => (await desktop.command('windows'))[0]?.ports === 0);
  });

  it('a page that crashes is loaded again three times, and then said to be stopped', async () => {
    const desktop = startDesktop();
    await desktop.page();
    for (let crash = 0; crash < 3; crash += 1) {
      await desktop.command('crash');
      await until(
        'it crashed',
        async () => (await desktop.calls('render process gone')).length === crash + 1,
      );
      await until('the page runs again', async () => {
        const page = await desktop.page();
        return (
          (await page.evaluate(() => document.getElementById('seen')?.textContent).catch(() => '')) ===
          'runs, function'
        );
      });
    }
    await desktop.command('crash');
    await shows(desktop, 'app://muster/stopped.html');
    const page = await desktop.page();
    expect(await page.textContent('h1')).toBe('The interface stopped several times in a row');
    await page.click('a');
    await shows(desktop, 'app://muster/');
    // and the node never noticed
    const { client } = await windowClient(page);
    expect((await client.settings.about()).host).toBe('desktop');
  });

  it('a page that hangs can be waited for, or ended and loaded again', async () => {
    const desktop = startDesktop();
    await desktop.page();
    await desktop.command('hang');
    await asks(desktop, 'The interface does not answer');
    await desktop.command('press', 'Wait');
    expect(await desktop.calls('webContents.forcefullyCrashRenderer')).toHaveLength(0);
    await desktop.command('hang');
    await asks(desktop, 'The interface does not answer');
    await desktop.command('press', 'Reload the interface');
    await until('it crashed', async () => (await desktop.calls('render process gone')).length === 1);
    await until('it runs again', async () => {
      const page = await desktop.page();
      return (await page.evaluate(() => document.title).catch(() => '')) === 'page';
    });
  });

  it('a folder that a node without a window works on is left to it, and the box says what to do', async () => {
    const folder = join(scratch(), 'data');
    const node = await openHere(folder);
    const desktop = startDesktop({ data: folder });
    const { code, output } = await desktop.exited;
    expect(code).toBe(1);
    expect(output).toContain('[error box] Muster cannot start');
    expect(output).toContain('DATA_IN_USE');
    expect(output).toContain('cannot attach its window');
    await node.close();
  });

  it('the command line reaches the node behind the window', async () => {
    const desktop = startDesktop();
    await desktop.page();
    const { stdout, status } = spawnSync(
      process.execPath,
      [desktop.cli, 'status', '--json', '--data', desktop.data],
      { encoding: 'utf8' },
    );
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ about: { host: 'desktop', session: { door: 'socket' } } });
    expect(JSON.parse(readFileSync(join(desktop.data, 'run.json'), 'utf8'))).toMatchObject({ console: null });
  });
});
