import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { WIRE_ORIGIN } from '../fakes/electron/launch.ts';
import { describeWith } from '../parts.ts';
import { askForPort, startDesktop, until } from './desk.ts';
import type { Desktop } from './desk.ts';
import { startElsewhere } from './elsewhere.ts';

const REFUSED = 'a frame that is not the window asked for a port';
const SEEN = "document.getElementById('seen')?.textContent";

/** Loads the page anew without its content security policy, to reach the walls behind it. */
async function withoutPolicy(page: Page): Promise<void> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Page.setBypassCSP', { enabled: true });
  await page.evaluate(() => location.reload());
  await page.waitForFunction(() => document.getElementById('seen')?.textContent !== '');
}

async function recorded(desktop: Desktop, api: string): Promise<readonly unknown[]> {
  await until(api, async () => (await desktop.calls(api)).length > 0);
  return (await desktop.calls(api)).map(([first]) => first);
}

describeWith('chromium', 'a page in the desktop window', () => {
  it('cannot open another window', async () => {
    const elsewhere = await startElsewhere();
    const desktop = startDesktop();
    await desktop.ready;
    const seen = (): Promise<unknown> => desktop.command('run', SEEN).catch(() => 'no window yet');
    await until('the page runs', async () => (await seen()) === 'runs, function');
    const before = await desktop.command('pages');
    // by the stand-in's own hand: a second debugger would let the new window go before it can be stopped
    await desktop.command('run', `void window.open('${elsewhere.url}/opened')`);
    expect(await recorded(desktop, 'window refused')).toEqual([`${elsewhere.url}/opened`]);
    await until('the window is gone', async () => (await desktop.command('pages')) === before);
    expect(await desktop.command('windows')).toHaveLength(1);
    expect(elsewhere.visits).toEqual([]);
  });

  it('cannot navigate away', async () => {
    const elsewhere = await startElsewhere();
    const desktop = startDesktop();
    const page = await desktop.page();
    await page.evaluate((url) => void (location.href = `${url}/gone`), elsewhere.url);
    expect(await recorded(desktop, 'navigation refused')).toEqual([`${elsewhere.url}/gone`]);
    expect(await page.evaluate(() => [document.title, location.href])).toEqual(['page', `${WIRE_ORIGIN}/`]);
    expect(elsewhere.visits).toEqual([]);
  });

  it('cannot take a subframe elsewhere, even where no content security policy forbids it', async () => {
    const elsewhere = await startElsewhere();
    const desktop = startDesktop();
    await desktop.page();
    const unguarded = 'app://muster/unguarded.html';
    await desktop.command('plant', unguarded, `<iframe src="${elsewhere.url}/framed"></iframe>`);
    expect(await recorded(desktop, 'navigation refused')).toEqual([`${elsewhere.url}/framed`]);
    expect(elsewhere.visits).toEqual([]);
  });

  it('has no network: the policy stops a request, and without the policy the shell does', async () => {
    const elsewhere = await startElsewhere();
    const desktop = startDesktop();
    const page = await desktop.page();
    const ask = (url: string): Promise<string> =>
      page.evaluate(
        (target) =>
          fetch(target).then(
            () => 'answered',
            () => 'stopped',
          ),
        url,
      );
    expect(await ask(`${elsewhere.url}/by-policy`)).toBe('stopped');
    expect(await ask('./index.html')).toBe('stopped');
    expect(await desktop.calls('request cancelled')).toEqual([]);
    await withoutPolicy(page);
    expect(await ask('./index.html')).toBe('answered');
    expect(await ask(`${elsewhere.url}/by-shell`)).toBe('stopped');
    expect(await recorded(desktop, 'request cancelled')).toEqual([`${elsewhere.url}/by-shell`]);
    expect(elsewhere.visits).toEqual([]);
  });

  it('has no permission but to write sanitised text to the clipboard', async () => {
    const desktop = startDesktop();
    const page = await desktop.page();
    const states = await page.evaluate(async () => {
      const names = [
        'geolocation',
        'notifications',
        'camera',
        'microphone',
        'midi',
        'clipboard-read',
        'clipboard-write',
      ];
      const asked = names.map(async (name) => {
        const { state } = await navigator.permissions.query({ name: name as PermissionName });
        return [name, state] as const;
      });
      return Object.fromEntries(await Promise.all(asked));
    });
    expect(states).toEqual({
      geolocation: 'denied',
      notifications: 'denied',
      camera: 'denied',
      microphone: 'denied',
      midi: 'denied',
      'clipboard-read': 'denied',
      'clipboard-write': 'granted',
    });
  });

  it('may save what it made itself, and nothing else', async () => {
    const desktop = startDesktop();
    const page = await desktop.page();
    const save = (of: 'blob' | 'data'): Promise<void> =>
      page.evaluate((kind) => {
        const link = document.createElement('a');
        link.download = 'log.txt';
        link.href =
          kind === 'blob' ? URL.createObjectURL(new Blob(['a line'])) : 'data:text/plain,from%20nowhere';
        link.click();
      }, of);
    await save('blob');
    expect(await recorded(desktop, 'download allowed')).toEqual([
      expect.stringMatching(/^blob:app:\/\/muster\//),
    ]);
    await save('data');
    expect(await recorded(desktop, 'download refused')).toEqual(['data:text/plain,from%20nowhere']);
  });

  it('gets no port for a subframe, nor for a frame that is gone', async () => {
    const desktop = startDesktop();
    const page = await desktop.page();
    await page.evaluate(() => document.body.append(document.createElement('iframe')));
    await until('the frame is there', () => page.frames().length === 2);
    // no preload runs there; a renderer that was taken over would send the message by itself
    expect(await page.frames()[1]?.evaluate(() => 'muster' in window)).toBe(false);
    // the stand-in hears of the frame by a connection of its own, perhaps a little later
    const forge = (): Promise<string> =>
      desktop.command('forge', 'muster:connect', 'subframe').then(
        () => 'sent',
        () => 'no frame yet',
      );
    await expect.poll(forge, { timeout: 10_000 }).toBe('sent');
    await until('a refusal in the log', () => desktop.log().includes(REFUSED));
    await desktop.command('forge', 'muster:connect', 'gone');
    await until('another one', () => desktop.log().split(REFUSED).length === 3);
    expect(desktop.log()).toContain('"origin":"gone"');
    expect(await desktop.command('windows')).toMatchObject([{ ports: 0 }]);
  });

  it('of another origin gets no port, had it come into the window after all', async () => {
    const desktop = startDesktop();
    const ours = await desktop.page();
    await desktop.command('plant', 'https://foreign.test/', '<title>foreign</title>');
    const foreign = () =>
      ours
        .context()
        .pages()
        .find((one) => one.url() === 'https://foreign.test/');
    await until('the foreign page', () => foreign() !== undefined);
    const page = foreign();
    // a page that has just come may still lose its first words
    await until('a refusal in the log', async () => {
      await page?.evaluate(askForPort).catch(() => undefined);
      return desktop.log().includes(REFUSED);
    });
    expect(desktop.log()).toContain('"origin":"https://foreign.test"');
    expect(await page?.evaluate(() => 'testPort' in window)).toBe(false);
    expect(await desktop.command('windows')).toMatchObject([{ ports: 0 }]);
  });

  it('is made with every protection that a window can be given', async () => {
    const desktop = startDesktop();
    await desktop.page();
    const [[made] = []] = await desktop.calls('new BrowserWindow');
    expect(made).toMatchObject({
      webPreferences: {
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        webviewTag: false,
        spellcheck: false,
      },
    });
    expect(await desktop.calls('app.enableSandbox')).toHaveLength(1);
    expect(await desktop.calls('app.commandLine.appendSwitch')).toEqual([
      ['host-resolver-rules', 'MAP * ~NOTFOUND'],
    ]);
    expect(await desktop.calls('protocol.registerSchemesAsPrivileged')).toEqual([
      [[{ scheme: 'app', privileges: { standard: true, secure: true, codeCache: true } }]],
    ]);
  });
});
