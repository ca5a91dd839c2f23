/**
 * A machine's page through the life of its evidence, in a real browser: real quotes judged under a clock that is
 * set to their time, and simulated ones for what no real quote shows. MUSTER_UPDATE=1 rewrites the screenshots.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Client } from '../../src/main/api/index.ts';
import { loadAssets } from '../../src/main/hosts/assets.ts';
import { startConsole } from '../../src/main/hosts/console/index.ts';
import { openNode } from '../../src/main/node/index.ts';
import type { MusterNode } from '../../src/main/node/index.ts';
import { fromHex, toBase64url } from '../../src/protocol/bytes/index.ts';
import { ensureBuilt, outFolder } from '../build.ts';
import { launchChromium } from '../chromium.ts';
import { evidenceOf, NOON, SIMULATED_ALLOWED } from '../main/services/machines/support.ts';
import { cheapSeal, NO_ENGINE, ownerOf, PASSPHRASE } from '../node.ts';
import { describeWith } from '../parts.ts';
import { vectorBytes } from '../protocol/attestation/vectors.ts';
import { scratch } from '../scratch.ts';

const shots = join(import.meta.dirname, '../../docs/screenshots');

/** A machine's page under a clock that the test sets, in node and browser alike. */
interface Stage {
  readonly client: Client;
  readonly page: Page;
  /** Moves both clocks, Unix milliseconds. */
  at(now: number): Promise<void>;
  show(id: string): Promise<void>;
  shoot(name: string): Promise<void>;
  close(): Promise<void>;
}

async function openStage(browser: Browser, start: number, simulated: boolean): Promise<Stage> {
  let now = start;
  const folder = join(scratch(), 'data');
  if (simulated) {
    mkdirSync(join(folder, 'simulated-roots'), { recursive: true });
    writeFileSync(join(folder, 'simulated-roots', 'factory.der'), (await evidenceOf()).root);
  }
  const node: MusterNode = await openNode({
    folder,
    host: 'console',
    seal: cheapSeal(),
    defaults: NO_ENGINE,
    now: () => now,
  });
  const client = ownerOf(node);
  await client.identity.create({ name: 'signals-fra-1', passphrase: PASSPHRASE });
  await client.coalition.create({ name: 'signals.eu' });
  if (simulated) await client.attestation.adoptPolicy({ policy: SIMULATED_ALLOWED });
  const served = await startConsole({
    node,
    assets: loadAssets(join(outFolder, 'renderer')),
    port: 0,
    bearer: 'b'.repeat(43),
  });
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  await page.clock.setFixedTime(now);
  await page.goto(served.pairingLink(['admin']).url);
  await page.getByRole('navigation', { name: 'Pages' }).waitFor();
  return {
    client,
    page,
    async at(next) {
      now = next;
      await page.clock.setFixedTime(now);
    },
    async show(id) {
      await page.goto(`${served.origin}/#/machines?id=${id}`);
      // the address may be the same as before, and the clock another
      await page.reload();
      await page.getByRole('tab', { name: 'Evidence' }).waitFor();
    },
    async shoot(name) {
      if (process.env['MUSTER_UPDATE'] !== '1') return;
      mkdirSync(shots, { recursive: true });
      await page.screenshot({ path: join(shots, `machine-${name}.png`) });
    },
    async close() {
      await context.close();
      await served.close();
      await node.close();
    },
  };
}

const bytesOf = (path: string): string => toBase64url(vectorBytes(path));
describeWith(['chromium', 'vectors'], 'the page of a machine', () => {
  let browser: Browser;
  let stage: Stage | undefined;
  beforeAll(async () => {
    ensureBuilt();
    browser = await launchChromium();
  }, 120_000);
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') {
      mkdirSync('test-results', { recursive: true });
      await stage?.page.screenshot({ path: 'test-results/attestation.png' });
    }
    await stage?.close();
    stage = undefined;
  });
  afterAll(() => browser?.close());

  const set = (file: string) => ({ kind: 'file' as const, data: bytesOf(`collateral/${file}`) });

  it('follows a real machine from UpToDate to OutOfDate, and its collateral past its end', async () => {
    // 2025-07-13, 2026-02-22 and a month later: one quote, three editions of what Intel says about it
    const upToDate = 1_752_400_452_000;
    const outOfDate = 1_771_753_920_000;
    stage = await openStage(browser, upToDate, false);
    const { client, page } = stage;
    const { machine } = await client.machines.register({
      name: 'rack-07',
      quote: { kind: 'bytes', data: bytesOf('real/go-tdx-ccel-cos113-quote.bin') },
      collateral: set('c03-00806f050000-2025-07-07.json'),
      eventLog: bytesOf('real/go-tdx-ccel-data.bin'),
    });
    await client.machines.pin({ id: machine.id, registers: ['mrtd'] });
    await stage.show(machine.id);
    await page.getByText('Machine rack-07 is a genuine TDX platform, UpToDate').first().waitFor();
    await stage.shoot('uptodate');

    await stage.at(outOfDate);
    const rechecked = await client.machines.recheck({
      id: machine.id,
      collateral: set('c01-00806f050000-2026-01-27.json'),
    });
    expect(rechecked.machine.verdict).toMatchObject({ evidence: 'genuine', status: 'OutOfDate' });
    const { alarms } = await client.attestation.alarms();
    expect(alarms.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['status-drop', 'policy-refused']));
    await stage.show(machine.id);
    await page.getByRole('tab', { name: /Shortfall/ }).click();
    const needs = rechecked.machine.verdict!.shortfall!.next!.needs;
    expect(needs.length).toBeGreaterThan(0);
    await page.getByRole('tabpanel').getByText(String(needs[0]!.need)).first().waitFor();
    await stage.shoot('outofdate');

    await stage.at(outOfDate + 60 * 86_400_000);
    await stage.show(machine.id);
    await page.getByText('was a genuine TDX platform').first().waitFor();
    await stage.shoot('stale');
  });

  it.each([
    ['revoked', { revoked: true }, 'PCK_REVOKED'],
    ['debug', { debug: true }, 'TD_DEBUG'],
  ] as const)(
    'shows a %s machine as refused, and simulated evidence as SIMULATED',
    async (name, flaw, code) => {
      stage = await openStage(browser, NOON, true);
      const { client, page } = stage;
      const good = await evidenceOf();
      const { machine } = await client.machines.register({
        name: 'rehearsal-1',
        quote: good.quote,
        collateral: good.collateral,
      });
      await stage.show(machine.id);
      await page.getByText('SIMULATED', { exact: false }).first().waitFor();
      if (name === 'debug') await stage.shoot('simulated');
      const { machine: asked } = await client.machines.challenge({ id: machine.id });
      const bad = await evidenceOf({ ...flaw, reportData: fromHex(asked.challenge!.reportData, 64) });
      const { machine: failed } = await client.machines.prove({
        id: machine.id,
        quote: bad.quote,
        collateral: bad.collateral,
      });
      expect([failed.state, failed.history[0]!.code]).toEqual(['refused', code]);
      await stage.show(machine.id);
      await page.getByText(code).first().waitFor();
      await page.getByText('SIMULATED', { exact: false }).first().waitFor();
      await stage.shoot(name);
    },
  );
});
