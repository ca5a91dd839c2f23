/** The Chronicle of the large log in a real browser: how soon its first page is there, how smoothly it scrolls. */
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { connectToNode } from '../../src/main/hosts/cli/connect.ts';
import { launchChromium } from '../chromium.ts';
import { hasPart } from '../parts.ts';
import { median, milliseconds } from './measure.ts';
import { largeFolder, startNode } from './readiness.ts';
import type { Bench } from './run.ts';
import { seedFolder } from './seed.ts';

/** Waits until the node has checked its whole log. */
async function checked(folder: string): Promise<void> {
  const { client, close } = await connectToNode(folder);
  try {
    while (['idle', 'running'].includes((await client.chronicle.health()).background.state)) await delay(500);
  } finally {
    close();
  }
}

export async function browser({ seeded, large, print, note }: Bench): Promise<void> {
  if (large === 0) return note('not run: --large 0');
  if (!hasPart('chromium')) return note('not run here: chromium');
  if (!existsSync(largeFolder(seeded))) await seedFolder(largeFolder(seeded), large);
  const node = await startNode(largeFolder(seeded));
  const chromium = await launchChromium();
  try {
    const page = await chromium.newPage({ viewport: { width: 1280, height: 800 } });
    await page.goto(node.link);
    // the link is spent when the page is there; a reload before that would spend it in vain
    await page.getByRole('button', { name: 'Look without unlocking' }).waitFor();
    const link = page.getByRole('link', { name: 'Chronicle', exact: true }).first();
    const home = page.getByRole('link', { name: 'Home', exact: true }).first();
    const row = page.getByRole('row').filter({ hasText: 'ticket.issued' }).first();
    const times: number[] = [];
    for (let i = 0; i < 5; i++) {
      await page.reload();
      // the seeded node is locked: looking is allowed
      await page.getByRole('button', { name: 'Look without unlocking' }).click();
      await home.click();
      await page.waitForTimeout(500);
      // measured in the page, from the click to the first row on screen
      const shown = page.evaluate(
        () =>
          new Promise<number>((resolve) => {
            let start = 0;
            addEventListener('click', () => (start = performance.now()), { capture: true, once: true });
            const look = (): void => {
              const there = [...document.querySelectorAll('[role=row]')].some((one) =>
                one.textContent?.includes('ticket.issued'),
              );
              if (start > 0 && there) resolve(performance.now() - start);
              else requestAnimationFrame(look);
            };
            look();
          }),
      );
      await link.click();
      times.push(await shown);
    }
    print({
      name: `first Chronicle page of ${large} entries (median of 5)`,
      value: milliseconds(median(times)),
      beside: 'target < 300 ms',
    });
    // the check of everything goes on behind a start for some time; scrolling is measured after it
    await checked(largeFolder(seeded));
    const frames = await page.evaluate(async () => {
      const scroller = [...document.querySelectorAll<HTMLElement>('*')].find(
        (one) => one.scrollHeight > 100_000 && one.clientHeight > 100,
      );
      if (scroller === undefined) return null;
      const gaps: number[] = [];
      let last = performance.now();
      for (let frame = 0; frame < 240; frame++) {
        scroller.scrollTop += 120;
        await new Promise(requestAnimationFrame);
        const now = performance.now();
        gaps.push(now - last);
        last = now;
      }
      return { fps: (gaps.length * 1000) / gaps.reduce((a, b) => a + b, 0), worst: Math.max(...gaps) };
    });
    if (frames === null) note('the list does not scroll');
    else
      print({
        name: `scrolling that list, frames per second`,
        value: `${frames.fps.toFixed(0)} fps`,
        beside: `target 60; longest frame ${milliseconds(frames.worst)}`,
      });
    await row.waitFor({ state: 'attached' });
  } finally {
    await chromium.close();
    await node.stop();
  }
}
