/**
 * Four real nodes on libp2p, one of them seen in a real browser: it is turned on, meets another by its address, sees
 * the rest, and shows a Group of three and a stream that flows. MUSTER_UPDATE=1 rewrites the screenshots.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadAssets } from '../../src/main/hosts/assets.ts';
import { startConsole } from '../../src/main/hosts/console/index.ts';
import type { MusterNode } from '../../src/main/node/index.ts';
import { defineStream, textCodec } from '../../src/main/substrate/stream/index.ts';
import type { Client } from '../../src/main/api/index.ts';
import { utf8 } from '../../src/protocol/bytes/index.ts';
import { ensureBuilt, outFolder } from '../build.ts';
import { launchChromium } from '../chromium.ts';
import { listMachine } from '../member/machine.ts';
import { QUICK } from '../member/net.ts';
import { NO_ENGINE, openReadyNode } from '../node.ts';
import { describeWith } from '../parts.ts';
import { scratch } from '../scratch.ts';

const shots = join(import.meta.dirname, '../../docs/screenshots');
const SETTINGS = { ...NO_ENGINE, networkListen: '/ip4/127.0.0.1/tcp/0' };

describeWith('chromium', 'the network page', () => {
  let browser: Browser;
  beforeAll(async () => {
    ensureBuilt();
    browser = await launchChromium();
  }, 120_000);
  afterAll(() => browser?.close());

  const shoot = async (page: Page, name: string): Promise<void> => {
    if (process.env['MUSTER_UPDATE'] !== '1') return;
    mkdirSync(shots, { recursive: true });
    await page.screenshot({ path: join(shots, `${name}.png`) });
  };
  const turnedOn = async (client: Client): Promise<string> => {
    await client.settings.set({ network: true });
    for (;;) {
      const { state, addresses } = await client.network.status();
      if (state === 'on') return addresses[0]!;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };

  it('turns the network on, meets a node, sees the others, and shows a Group with its proofs and its streams', async () => {
    const nodes: { node: MusterNode; client: Client }[] = [];
    for (let n = 0; n < 4; n++) nodes.push(await openReadyNode(scratch(), SETTINGS));
    const [own, ...others] = nodes;
    const addresses: string[] = [];
    for (const [n, { client }] of others.entries()) {
      addresses.push(await turnedOn(client));
      await client.network.tags({ tags: ['provider', n === 0 ? 'relay' : 'tdx'] });
      if (n > 0) await client.network.connect({ address: addresses[0]! });
    }

    const served = await startConsole({
      node: own!.node,
      assets: loadAssets(join(outFolder, 'renderer')),
      port: 0,
      bearer: 'b'.repeat(43),
    });
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    try {
      await page.goto(served.pairingLink(['admin']).url);
      await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Network' }).click();
      await page.getByRole('button', { name: 'Turn the network on' }).click();
      await page.getByText('No other node is known yet', { exact: true }).waitFor();
      await own!.client.network.tags({ tags: ['provider', 'tdx', 'relay'] });

      await page.getByRole('button', { name: 'Connect to a node' }).first().click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('textbox', { name: 'Address' }).fill(addresses[0]!);
      await dialog.getByRole('button', { name: 'Connect', exact: true }).click();
      const grid = page.getByRole('grid', { name: 'Peers' });
      // one address is enough: it knows the others
      await expect.poll(() => grid.getAttribute('aria-rowcount'), { timeout: 20_000 }).toBe('4');
      await page.getByRole('region', { name: 'Peer details' }).waitFor();
      await shoot(page, 'network');
      await page.getByRole('button', { name: 'Close' }).first().click();

      const cards = [own!, others[0]!, others[1]!].map(({ node }) => node.network.ownCard()!);
      const genesis = { voters: cards, learners: [], operators: [cards[0]!.node] };
      const groups = await Promise.all(
        [own!, others[0]!, others[1]!].map(({ node }) =>
          node.network.open()!.groups.join({
            secret: new Uint8Array(32).fill(3),
            genesis,
            machine: listMachine(),
            timing: QUICK,
          }),
        ),
      );
      for (let n = 0; n < 20; n++) await groups[n % 3]!.execute(utf8(`entry ${n}`));
      await groups[0]!.when.checkpoint(20);
      await page.getByRole('tab', { name: 'Groups' }).click();
      await page.getByRole('button', { name: 'Save policy and checkpoint' }).waitFor();
      await page.getByText(/^20 entries/).waitFor();
      await page.getByText('20', { exact: true }).first().waitFor();
      await shoot(page, 'network-group');

      await page.getByRole('tab', { name: 'Streams' }).click();
      await page.getByText('Those that this node produces or reads appear here.').waitFor();
      const prices = defineStream({ tag: 'signals.eu.Price/1', codec: textCodec });
      const producer = own!.node.network.open()!.streams.produce(prices);
      const card = page.getByRole('article', { name: 'signals.eu.Price/1' });
      await card.getByText('Nobody listens: sending waits.').waitFor();
      const consumers = others.map(({ node }) => node.network.open()!.streams.consume(prices));
      await card.getByText('Sends to 3 nodes.').waitFor();
      for (let n = 0; n < 1200; n++) await producer.send(`tea ${250 + (n % 7)}`);
      await Promise.all(
        consumers.map(async (consumer) => {
          for (let n = 0; n < 1200; n++) await consumer.take();
        }),
      );
      // the page hears of it by itself
      await card.getByText('1\u2009200 datums, 8\u2009400\u00a0B').waitFor();
      await shoot(page, 'network-streams');
    } catch (error) {
      mkdirSync('test-results', { recursive: true });
      await page.screenshot({ path: 'test-results/network.png' });
      throw error;
    } finally {
      await context.close();
      await served.close();
    }
  });
});
