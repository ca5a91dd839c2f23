import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { launchFake } from '../fakes/electron/launch.ts';
import type { FakeApp } from '../fakes/electron/launch.ts';
import { describeWith } from '../parts.ts';
import { scratch } from '../scratch.ts';
import { until } from './desk.ts';
import { startElsewhere } from './elsewhere.ts';

function startMain(source: string): FakeApp {
  const folder = scratch();
  const main = join(folder, 'main.mjs');
  writeFileSync(main, source);
  return launchFake({ data: folder, main });
}

/** An application that refuses nothing. */
const openHouse = `
import { app, BrowserWindow, protocol, session } from 'electron';
protocol.registerSchemesAsPrivileged([{ scheme: 'app', privileges: { standard: true, secure: true } }]);
app.whenReady().then(() => {
  protocol.handle('app', () => new Response('<title>open</title>', { headers: { 'content-type': 'text/html' } }));
  new BrowserWindow({ webPreferences: { sandbox: true, contextIsolation: true } }).loadURL('app://muster/');
});
`;

describeWith('chromium', 'the stand-in for Electron', () => {
  it('lets everything through that the application does not refuse, so that a refusal is the application’s', async () => {
    const elsewhere = await startElsewhere();
    const app = startMain(openHouse);
    const page = await app.page();
    const answered = await page.evaluate(
      (url) =>
        fetch(`${url}/fetched`, { mode: 'no-cors' }).then(
          () => true,
          () => false,
        ),
      elsewhere.url,
    );
    expect(answered).toBe(true);
    const state = await page.evaluate(
      async () => (await navigator.permissions.query({ name: 'geolocation' })).state,
    );
    expect(state).toBe('granted');
    await page.evaluate((url) => void window.open(`${url}/opened`), elsewhere.url);
    await until('the window opens', () => elsewhere.visits.includes('/opened'));
    await page.evaluate((url) => void (location.href = `${url}/gone`), elsewhere.url);
    await until('the page navigates', () => elsewhere.visits.includes('/gone'));
    expect(elsewhere.visits).toContain('/fetched');
  });

  it('lets `ready` come only after the bundle has been evaluated: awaiting it at the top hangs', async () => {
    const app = startMain(
      `import { app } from 'electron'; console.log('before'); await app.whenReady(); console.log('after');`,
    );
    const first = await Promise.race([
      app.ready.then(() => 'ready'),
      // long enough for anything to happen that would
      new Promise((resolve) => setTimeout(() => resolve('hangs'), 3000)),
    ]);
    expect(first).toBe('hangs');
    expect(await app.command('isReady')).toBe(false);
  });

  it.each([
    ['a member', `import { app } from 'electron'; app.getLocale();`, 'App.getLocale is not faked'],
    [
      'a function',
      `import { shell } from 'electron'; shell.openExternal('');`,
      'electron.shell.openExternal is not faked',
    ],
    [
      'an event',
      `import { app } from 'electron'; app.on('login', () => {});`,
      "event 'login' of App is not faked",
    ],
    [
      'a module',
      `import { Notification } from 'electron'; new Notification();`,
      "export named 'Notification'",
    ],
    [
      'a window without a sandbox',
      `import { app, BrowserWindow } from 'electron'; app.whenReady().then(() => new BrowserWindow({}));`,
      'only windows with sandbox',
    ],
    [
      'a scheme that was not claimed',
      `import { app, protocol } from 'electron'; app.whenReady().then(() => protocol.handle('app', () => new Response()));`,
      'claimed standard and secure',
    ],
  ])('fails by name at %s that it does not have', async (_what, source, named) => {
    const { code, output } = await startMain(source).exited;
    expect(code).not.toBe(0);
    expect(output).toContain(named);
  });
});
