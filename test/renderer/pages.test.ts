/** Every page in real Chromium under the real content policy: accessible, quiet, and nothing cut off when words grow. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { machineId, peerOf, ticketId, workloadId } from '../fakes/node.ts';
import { describeWith } from '../parts.ts';
import { openLab } from './browser.ts';
import type { Lab } from './browser.ts';

// twenty pages and a browser that shares its processors with others
vi.setConfig({ testTimeout: 300_000 });

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const pages: readonly (readonly [name: string, address: string])[] = [
  ['home', '#/'],
  ['machines', '#/machines'],
  ['a machine', `#/machines?id=${machineId('rack-07')}`],
  ['a simulated machine', `#/machines?id=${machineId('fra-blade-2')}`],
  ['capacity of a machine', `#/machines?id=${machineId('rack-07')}&tab=capacity`],
  ['pins of a machine', `#/machines?id=${machineId('rack-07')}&tab=pins`],
  ['what is refused by the policy', `#/machines?id=${machineId('rack-09')}&tab=policy`],
  ['a shortfall', `#/machines?id=${machineId('rack-09')}&tab=shortfall`],
  ['pins that differ', `#/machines?id=${machineId('rack-09')}&tab=pins`],
  ['an event log', `#/machines?id=${machineId('rack-07')}&tab=eventLog`],
  ['a history of verdicts', `#/machines?id=${machineId('rack-07')}&tab=history`],
  ['a lapsed machine', `#/machines?id=${machineId('rack-13')}`],
  ['the policy', '#/machines/policy'],
  ['a folder of quotes', '#/machines/folder'],
  ['verified quotes', '#/machines/folder?operation=folder-1'],
  ['an evidence bundle', '#/machines/bundle'],
  ['registering a machine', '#/machines?do=register'],
  ['tickets', '#/tickets'],
  ['a ticket', `#/tickets?id=${ticketId(3)}`],
  ['issuing a ticket', '#/tickets?do=issue'],
  ['verifying a token', '#/tickets?do=verify'],
  ['compute', '#/compute'],
  ['a workload', `#/compute?id=${workloadId(0)}`],
  ['a log', `#/compute?id=${workloadId(0)}&tab=log`],
  ['a pull', `#/compute?id=${workloadId(5)}`],
  ['submitting a workload', '#/compute?do=submit'],
  ['the chronicle', '#/chronicle'],
  ['an entry', '#/chronicle?entry=40'],
  ['a search', '#/chronicle?q=kind:ticket.*'],
  ['the network', '#/network'],
  ['the map of the network', '#/network?view=map'],
  ['a peer', `#/network?id=${peerOf(0)}`],
  ['groups', '#/network?tab=groups'],
  ['streams', '#/network?tab=streams'],
  ['connecting to a node', '#/network?do=connect'],
  ['settings', '#/settings'],
];

/** Runs axe in the page by the debugger, which the content policy does not concern. */
async function violations(page: Page, only: 'everything' | 'contrast' = 'everything'): Promise<string[]> {
  await page.evaluate(axeSource);
  const results = (await page.evaluate(
    only === 'contrast'
      ? "axe.run(document, { runOnly: ['color-contrast'] })"
      : "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] })",
  )) as AxeResults;
  expect(results.passes.length).toBeGreaterThan(only === 'contrast' ? 0 : 5);
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target.join(' ')} ${node.failureSummary ?? ''}`),
  );
}

/** Controls and headings whose own text is cut off; tables and ids may be shortened. */
const cutOff = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll('button, h1, h2, h3, label, legend, dt')]
      .filter((element) => {
        const style = getComputedStyle(element);
        return (
          element.checkVisibility() &&
          element.clientWidth > 1 &&
          style.overflowX !== 'visible' &&
          element.scrollWidth > element.clientWidth + 1
        );
      })
      .map((element) => `${element.tagName} ${element.textContent}`),
  );

describeWith('chromium', 'every page', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab();
  });
  afterAll(() => lab?.close());

  it.each(['light', 'dark', 'contrast'] as const)(
    'is accessible and quiet in the %s theme',
    async (theme) => {
      const { page, go, complaints, close } = await lab.open({ data: 'normal', settings: { theme } });
      const found: string[] = [];
      for (const [name, address] of pages) {
        await go(address);
        await page.waitForTimeout(250);
        // what a theme changes are colours
        for (const one of await violations(page, theme === 'light' ? 'everything' : 'contrast'))
          found.push(`${name}: ${one}`);
      }
      expect(found).toEqual([]);
      expect(complaints).toEqual([]);
      await close();
    },
  );

  it('is accessible while the node is set up, unlocked or empty', async () => {
    for (const options of [
      { data: 'empty' as const, fresh: true },
      { data: 'empty' as const, locked: true },
      { data: 'empty' as const },
    ]) {
      const { page, go, complaints, close } = await lab.open(options);
      for (const address of ['#/', '#/machines', '#/compute', '#/tickets', '#/network']) {
        await go(address);
        expect(await violations(page)).toEqual([]);
      }
      expect(complaints).toEqual([]);
      await close();
    }
  });

  it('still fits when every text is a third longer', async () => {
    const { page, go, close } = await lab.open({ data: 'full', settings: { language: 'pseudo' } });
    for (const [, address] of pages) {
      await go(address);
      await page.waitForTimeout(150);
      expect(
        await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
      ).toBeLessThanOrEqual(0);
      expect(await cutOff(page)).toEqual([]);
    }
    expect(await page.locator('html').getAttribute('lang')).toBe('en-x-pseudo');
    await close();
  });

  it('still works at 200 % zoom', async () => {
    // a window of 1280 by 800 at 200 %
    const { page, go, close } = await lab.open({ data: 'normal' }, { width: 640, height: 400 });
    for (const [, address] of pages) {
      await go(address);
      expect(
        await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
      ).toBeLessThanOrEqual(0);
    }
    await close();
  });
});
