/**
 * For the tests of the desktop: the built main and preload bundles, run in the stand-in for Electron over a real
 * Chromium. Most tests put a page of their own beside them, so that they prove the shell and not the interface.
 */
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/message-port';
import type { Page } from 'playwright-core';
import type { Client } from '../../src/main/api/index.ts';
import { ensureBuilt, outFolder } from '../build.ts';
import { launchFake } from '../fakes/electron/launch.ts';
import type { FakeApp, Launch } from '../fakes/electron/launch.ts';
import { scratch } from '../scratch.ts';

export interface Desktop extends FakeApp {
  /** Data folder. */
  readonly data: string;
  /** The bundle of the command line beside this one. */
  readonly cli: string;
  /** What the node wrote to its log. */
  log(): string;
}

type Given = Partial<Omit<Launch, 'main'>> & { readonly real?: boolean };

/** Starts the desktop; `real` takes the real interface instead of the page below. */
export function startDesktop({ real = false, data, ...launch }: Given = {}): Desktop {
  ensureBuilt();
  const folder = scratch();
  const app = join(folder, 'app');
  for (const part of ['main', 'preload', ...(real ? ['renderer'] : [])])
    cpSync(join(outFolder, part), join(app, part), { recursive: true });
  if (!real) writePage(join(app, 'renderer'));
  writeFileSync(join(app, 'package.json'), '{ "type": "module" }');
  symlinkSync(resolve(import.meta.dirname, '../../node_modules'), join(app, 'node_modules'));
  const place = data ?? join(folder, 'data');
  return {
    ...launchFake({ ...launch, data: place, main: join(app, 'main/desktop.js') }),
    data: place,
    cli: join(app, 'main/cli.js'),
    log: () => readFileSync(join(place, 'muster.log'), 'utf8'),
  };
}

/** The smallest page that can be seen to have run. */
function writePage(folder: string): void {
  mkdirSync(join(folder, 'assets'), { recursive: true });
  writeFileSync(
    join(folder, 'index.html'),
    '<!doctype html><title>page</title><script type="module" src="./assets/page.js"></script><p id="seen"></p>',
  );
  writeFileSync(
    join(folder, 'assets/page.js'),
    "document.getElementById('seen').textContent = `runs, ${typeof window.muster?.connect}`;",
  );
}

/** The API over the window's own port: what the page hears and says is relayed to the test. */
export async function windowClient(page: Page): Promise<{ client: Client; closed(): Promise<boolean> }> {
  const heard = new Set<(event: { data: unknown }) => void>();
  await page.exposeFunction('tellTest', (data: unknown) => heard.forEach((listener) => listener({ data })));
  await page.evaluate(askForPort);
  await page.waitForFunction(() => 'testPort' in window);
  const port = {
    addEventListener(type: string, listener: (event: { data: unknown }) => void) {
      if (type === 'message') heard.add(listener);
    },
    postMessage(data: unknown) {
      void page.evaluate((message) => (window as unknown as WithPort).testPort.postMessage(message), data);
    },
  };
  return {
    client: createORPCClient(new RPCLink({ port: port as unknown as MessagePort })),
    closed: () => page.evaluate(() => (window as unknown as WithPort).testPortClosed === true),
  };
}

interface WithPort {
  testPort: MessagePort;
  testPortClosed?: boolean;
  tellTest(data: unknown): void;
  muster: { connect(): void };
}

/** Runs in the page: asks for a port, and keeps it as `testPort` when it comes. */
export function askForPort(): void {
  const page = window as unknown as WithPort;
  window.addEventListener('message', ({ data, ports: [port] }) => {
    if ((data as { type?: string } | null)?.type !== 'muster:port' || port === undefined) return;
    page.testPort = port;
    port.addEventListener('close', () => (page.testPortClosed = true));
    port.addEventListener('message', (message) => page.tellTest(message.data));
    port.start();
  });
  page.muster.connect();
}

/** Waits for something that happens by itself; says what was awaited when it does not. */
export async function until(what: string, happened: () => Promise<boolean> | boolean): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end;) {
    if (await happened()) return;
    await new Promise((wake) => setTimeout(wake, 25));
  }
  throw new Error(`waited in vain: ${what}`);
}
