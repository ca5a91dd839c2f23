/** For tests: starts a built main bundle in the stand-in, and looks at its windows through Chromium itself. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { chromiumPath } from '../../parts.ts';
import type { Arguments, CommandName, Order, Report, Result } from './control.ts';
import type { FakeOptions } from './runtime.ts';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const OPTIONS_VARIABLE = 'MUSTER_FAKE_ELECTRON';

export interface Launch {
  /** Data folder of the application. */
  readonly data: string;
  readonly args?: readonly string[];
  readonly main: string;
  readonly keyring?: FakeOptions['keyring'];
  readonly displays?: FakeOptions['displays'];
}

export interface FakeApp {
  readonly pid: number;
  command<N extends CommandName>(name: N, ...args: Arguments<N>): Promise<Result<N>>;
  /** Arguments of every recorded call of this name. */
  calls(api: string): Promise<readonly (readonly unknown[])[]>;
  /** The page of the window, once it shows our own origin. */
  page(): Promise<Page>;
  /** Resolves when the bundle has been evaluated. */
  readonly evaluated: Promise<void>;
  /** Resolves when `ready` was emitted; rejects when the process ends before. */
  readonly ready: Promise<void>;
  /** Exit code, and everything it printed. */
  readonly exited: Promise<{ readonly code: number | null; readonly output: string }>;
  /** Sends a signal to the process. */
  kill(signal: NodeJS.Signals): void;
}

/** Where the window's page lives, as the application has it. */
const ORIGIN = 'app://muster/';
/** The same, as Chromium has it. */
export const WIRE_ORIGIN = 'https://muster.invalid';
/** After so many looks for the page, 50 ms apart, it is looked for over a new connection. */
const LOOKS = 100;

function pageIn(browser: Browser): Page | undefined {
  return browser
    .contexts()
    .flatMap((context) => context.pages())
    .find((page) => !page.isClosed() && page.url().startsWith(WIRE_ORIGIN));
}

export function launchFake({
  data,
  args = [],
  main,
  keyring = 'gnome_libsecret',
  displays,
}: Launch): FakeApp {
  const options: FakeOptions = {
    main,
    chromium: chromiumPath() ?? '',
    keyring,
    keyringFile: join(data, '..', 'keyring'),
    displays: displays ?? [{ x: 0, y: 0, width: 1920, height: 1040 }],
  };
  const child = fork(here('./run.ts'), ['--data', data, ...args], {
    execArgv: ['--import', new URL('./register.ts', import.meta.url).href],
    env: { ...process.env, [OPTIONS_VARIABLE]: JSON.stringify(options) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let orders = 0;
  let browser: Browser | null = null;
  const evaluated = Promise.withResolvers<void>();
  const ready = Promise.withResolvers<string>();
  const exited = new Promise<{ code: number | null; output: string }>((resolve) =>
    child.once('close', (code) => {
      const ended = new Error(`the application ended with ${String(code)}:\n${output}`);
      evaluated.reject(ended);
      ready.reject(ended);
      for (const { reject } of waiting.values()) reject(ended);
      resolve({ code, output });
    }),
  );
  const isReady = ready.promise.then(() => undefined);
  // whoever does not wait for these is not to be told
  for (const promise of [evaluated.promise, ready.promise, isReady]) promise.catch(() => undefined);
  child.on('message', (report: Report) => {
    if (report.kind === 'evaluated') return evaluated.resolve();
    if (report.kind === 'ready') return ready.resolve(report.address);
    const order = waiting.get(report.id);
    waiting.delete(report.id);
    if (report.kind === 'done') order?.resolve(report.result);
    else order?.reject(new Error(report.error));
  });
  onTestFinished(async () => {
    await browser?.close().catch(() => undefined);
    // it ends by itself, and takes Chromium along; one that cannot is ended
    if (child.connected) child.send({ id: 0, name: 'leave', args: [] } satisfies Order, () => undefined);
    const late = setTimeout(() => child.kill('SIGKILL'), 5000);
    await exited;
    clearTimeout(late);
  });

  const command: FakeApp['command'] = (name, ...given) =>
    new Promise((resolve, reject) => {
      orders += 1;
      const order: Order = { id: orders, name, args: given };
      waiting.set(orders, { resolve: (value) => resolve(value as Result<typeof name>), reject });
      child.send(order, (error) => error !== null && reject(error));
    });

  return {
    pid: child.pid ?? 0,
    command,
    evaluated: evaluated.promise,
    ready: isReady,
    exited,
    kill: (signal) => void child.kill(signal),
    async calls(api) {
      return (await command('calls')).filter((call) => call.api === api).map((call) => call.args);
    },
    async page() {
      const address = await ready.promise;
      for (let looks = 0; ; looks++) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        // Chromium is not looked at while it makes the page: a connection of that moment may miss it, or break
        const shown = await command('windows');
        if (!shown.some(({ url }) => url.startsWith(ORIGIN))) continue;
        if (browser !== null && (!browser.isConnected() || looks % LOOKS === LOOKS - 1)) {
          await browser.close();
          browser = null;
        }
        browser ??= await chromium.connectOverCDP(address).catch((error: unknown) => {
          throw new Error(`Chromium cannot be reached: ${String(error)}\n${output}`);
        });
        const found = pageIn(browser);
        if (found === undefined) continue;
        await found.waitForLoadState();
        return found;
      }
    },
  };
}
