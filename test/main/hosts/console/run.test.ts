/** A headless node as `muster run` starts it: its run file, its socket, and what is left when it stops. */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { WebSocket } from 'ws';
import { runConsole } from '../../../../src/main/hosts/console/index.ts';
import type { Running } from '../../../../src/main/hosts/console/index.ts';
import { readRunFile, runFilePath } from '../../../../src/main/node/index.ts';
import { openVault } from '../../../../src/main/store/index.ts';
import { cheapSeal, NO_ENGINE, PASSPHRASE } from '../../../node.ts';
import { codeFrom } from '../../../refusal.ts';
import { scratch } from '../../../scratch.ts';
import { ask, clientOver, dial } from './support.ts';

function places() {
  const base = scratch();
  const renderer = join(base, 'renderer');
  mkdirSync(join(renderer, 'assets'), { recursive: true });
  writeFileSync(join(renderer, 'index.html'), '<!doctype html>');
  writeFileSync(join(renderer, 'assets/app-1.js'), 'export {};');
  writeFileSync(join(renderer, 'notes.exe'), 'not served');
  return { folder: join(base, 'data'), renderer };
}

async function start(options: {
  folder: string;
  renderer: string;
  port?: number;
  passphrase?: string;
}): Promise<Running> {
  const running = await runConsole({ port: 0, ...options, defaults: NO_ENGINE });
  let closed = false;
  const close = running.close;
  const once = async (): Promise<void> => {
    if (!closed) await close();
    closed = true;
  };
  onTestFinished(once);
  return Object.assign(running, { close: once });
}

describe('a headless node', () => {
  it('tells where it is in a file of its owner, for as long as it runs', async () => {
    const { folder, renderer } = places();
    const running = await start({ folder, renderer });
    const path = runFilePath(folder);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const file = readRunFile(folder)!;
    expect(file).toMatchObject({ pid: process.pid, console: running.origin });
    expect(file.bearer).toMatch(/^[A-Za-z0-9_-]{43}$/);
    // the link and the session are not in it
    expect(readFileSync(path, 'utf8')).not.toContain('pair');
    const authorization = `Bearer ${file.bearer}`;
    const port = Number(new URL(running.origin).port);
    expect(
      (await ask(port, '/api/settings/about', { method: 'POST', headers: { authorization } })).status,
    ).toBe(200);
    await running.close();
    expect(existsSync(path)).toBe(false);
    expect(existsSync(file.socket)).toBe(false);
  });

  it('answers its owner on a socket that nobody else may open', async () => {
    const { folder, renderer } = places();
    await start({ folder, renderer });
    const { socket } = readRunFile(folder)!;
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    const link = (await dial(`ws+unix:${socket}:/api/ws`, {})) as WebSocket;
    expect((await clientOver(link).settings.about()).session).toMatchObject({
      scopes: ['admin'],
      door: 'socket',
    });
    // a page in a browser always names its origin
    expect(await dial(`ws+unix:${socket}:/api/ws`, { origin: 'http://127.0.0.1' })).toBe(403);
    expect(await dial(`ws+unix:${socket}:/api/ws`, { origin: 'null' })).toBe(403);
  });

  it('has a socket of its owner even where the path of its folder is too long for one', async () => {
    const { folder, renderer } = places();
    const deep = join(folder, 'a'.repeat(60), 'b'.repeat(60));
    await start({ folder: deep, renderer });
    const { socket } = readRunFile(deep)!;
    expect(Buffer.byteLength(socket)).toBeLessThanOrEqual(107);
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    expect(statSync(join(socket, '..')).mode & 0o077).toBe(0);
    const link = (await dial(`ws+unix:${socket}:/api/ws`, {})) as WebSocket;
    expect((await clientOver(link).settings.about()).dataFolder).toBe(deep);
  });

  it('serves the files of the interface that it knows how to serve', async () => {
    const { folder, renderer } = places();
    const running = await start({ folder, renderer });
    const port = Number(new URL(running.origin).port);
    const paired = await ask(port, running.pairingLink(['view']).url.slice(running.origin.length));
    const headers = { cookie: paired.headers['set-cookie']![0]!.split(';')[0]! };
    expect((await ask(port, '/', { headers })).body).toBe('<!doctype html>');
    expect((await ask(port, '/assets/app-1.js', { headers })).status).toBe(200);
    expect((await ask(port, '/notes.exe', { headers })).status).toBe(404);
  });

  it('unlocks its identity with a passphrase, and does not start with a wrong one', async () => {
    const { folder, renderer } = places();
    mkdirSync(folder);
    await openVault(join(folder, 'vault.json'), cheapSeal()).create(PASSPHRASE);
    expect(await codeFrom(runConsole({ folder, renderer, port: 0, passphrase: 'not the one' }))).toBe(
      'PASSPHRASE_WRONG',
    );
    expect(existsSync(runFilePath(folder))).toBe(false);
    const running = await start({ folder, renderer, passphrase: PASSPHRASE });
    expect((await running.node.identity.get()).state).toBe('ready');
  });

  it('does not start without its interface, on a taken port, or beside another, and leaves nothing locked', async () => {
    const one = places();
    const first = await start(one);
    const port = Number(new URL(first.origin).port);
    expect(await codeFrom(start(one))).toBe('DATA_IN_USE');
    // whoever is refused must not take away the run file of the one that runs
    expect(readRunFile(one.folder)?.console).toBe(first.origin);
    const two = places();
    expect(await codeFrom(start({ ...two, port }))).toBe('PORT_IN_USE');
    expect(await codeFrom(start({ ...two, renderer: join(two.renderer, 'nowhere') }))).toBe(
      'RENDERER_MISSING',
    );
    expect((await (await start(two)).node.identity.get()).state).toBe('absent');
  });
});
