/** The real Chromium behind the stand-in: one profile, one page for each window. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { BrowserContext } from 'playwright-core';
import { options } from './runtime.ts';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // ports in Electron's pages tell when their other end closed; Chromium's own have that switched off
  '--enable-blink-features=MessagePortCloseEvent',
  // the test looks at the same pages through a connection of its own
  '--remote-debugging-port=0',
];

let opened: { readonly context: BrowserContext; readonly profile: string } | null = null;

export async function startChromium(profile: string): Promise<void> {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: options.chromium,
    headless: true,
    args: FLAGS,
    serviceWorkers: 'block',
    acceptDownloads: true,
    // a window has a size of its own
    viewport: null,
  });
  // pages of windows have routes of their own; what comes here was opened by one of them
  await context.route(/.*/, (route, request) =>
    [...popupGuards].every((mayOpen) => mayOpen(request.url())) ? route.continue() : route.abort('aborted'),
  );
  opened = { context, profile };
}

/** Asked about what a new window would load; whose window it is cannot be told that early, so all are asked. */
export const popupGuards = new Set<(url: string) => boolean>();

export function browserContext(): BrowserContext {
  if (opened === null) throw new Error('windows can be made after `ready` only');
  return opened.context;
}

/** Where a test connects to see what a person would see. */
export function debuggingAddress(): string {
  if (opened === null) throw new Error('not started');
  const [port] = readFileSync(join(opened.profile, 'DevToolsActivePort'), 'utf8').split('\n');
  return `http://127.0.0.1:${port ?? ''}`;
}
