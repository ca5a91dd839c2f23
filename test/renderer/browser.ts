/** One Chromium and one fake node for a test file; whatever the page complains about is collected. */
import { resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { ensureBuilt, outFolder } from '../build.ts';
import { launchChromium } from '../chromium.ts';
import { startFakeNode } from '../fakes/node.ts';
import type { FakeNode, FakeOptions } from '../fakes/node.ts';

export interface Open {
  readonly page: Page;
  readonly node: FakeNode;
  /** Console errors, warnings and uncaught errors: the content policy speaks here. */
  readonly complaints: string[];
  go(address: string): Promise<void>;
  close(): Promise<void>;
}

export interface Lab {
  open(options: Omit<FakeOptions, 'renderer'>, size?: { width: number; height: number }): Promise<Open>;
  close(): Promise<void>;
}

export async function openLab(): Promise<Lab> {
  ensureBuilt();
  const browser: Browser = await launchChromium();
  return {
    async open(options, viewport = { width: 1280, height: 800 }) {
      const node = await startFakeNode({ ...options, renderer: resolve(outFolder, 'renderer') });
      const context = await browser.newContext({ viewport, reducedMotion: 'reduce' });
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(error.message));
      return {
        page,
        node,
        complaints,
        async go(address) {
          await page.goto(`${node.origin}/${address}`);
          // behind a dialog the heading of the page is hidden from everybody; "Starting" is no page yet
          await page.locator('main:not([aria-busy="true"]) h1, [role="dialog"]').first().waitFor();
        },
        async close() {
          await context.close();
          await node.close();
        },
      };
    },
    close: () => browser.close(),
  };
}
