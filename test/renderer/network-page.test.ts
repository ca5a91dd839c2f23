/** The network page in real Chromium: turned on by a person, searched, walked by keys, never by colour alone. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { fromHex, peerIdText } from '../../src/protocol/bytes/index.ts';
import { peerOf } from '../fakes/node.ts';
import { describeWith } from '../parts.ts';
import { openLab } from './browser.ts';
import type { Lab } from './browser.ts';

vi.setConfig({ testTimeout: 120_000 });

describeWith('chromium', 'the network', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab();
  });
  afterAll(() => lab?.close());

  it('is off until a person turns it on, and says first what that does', async () => {
    const { page, go, complaints, close } = await lab.open({ data: 'empty' });
    await go('#/network');
    await page.getByText('Turning it on opens /ip4/0.0.0.0/tcp/4001 to others.').waitFor();
    await page.getByText('the tickets that it shows are public').waitFor();
    expect(await page.getByRole('tab').count()).toBe(0);
    await page.getByRole('button', { name: 'Turn the network on' }).click();
    await page.getByText('No other node is known yet', { exact: true }).waitFor();
    await page.getByRole('tab', { name: 'Groups' }).click();
    await page.getByText('This node is in no Group').waitFor();
    await page.getByRole('tab', { name: 'Streams' }).click();
    await page.getByText('No stream', { exact: true }).waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it('says why it could not be opened, and when it waits for the keys', async () => {
    const failed = await lab.open({ data: 'normal', network: 'failed' });
    await failed.go('#/network');
    const alert = failed.page.getByRole('alert', { name: 'Problem' });
    await alert.getByText('LISTEN_FAILED').waitFor();
    await failed.page.getByRole('link', { name: 'Network settings' }).click();
    await failed.page.getByRole('textbox', { name: 'Listen on' }).waitFor();
    await failed.close();
    const locked = await lab.open({ data: 'normal', network: 'locked' });
    await locked.go('#/network');
    await locked.page.getByText('The network waits for the keys').waitFor();
    await locked.close();
  });

  it('finds a peer, shows all that is known of it, and denies it with a reason', async () => {
    const { page, go, complaints, close } = await lab.open({ data: 'full' });
    await go('#/network');
    const grid = page.getByRole('grid', { name: 'Peers' });
    await grid.waitFor();
    expect(await grid.getAttribute('aria-rowcount')).toBe('201');
    await page.getByRole('textbox', { name: 'Filter peers' }).fill('relayed');
    await expect.poll(async () => Number(await grid.getAttribute('aria-rowcount'))).toBeLessThan(30);
    await page.getByRole('textbox', { name: 'Filter peers' }).fill(peerOf(0).slice(0, 10));
    await expect.poll(() => grid.getAttribute('aria-rowcount')).toBe('2');
    await grid.getByText(peerOf(0).slice(0, 8)).click();
    const detail = page.getByRole('region', { name: 'Peer details' });
    await detail.getByText(peerIdText(fromHex(peerOf(0))), { exact: true }).waitFor();
    await detail.getByText('this node', { exact: true }).waitFor();
    // the list has kept its place
    expect(await grid.getAttribute('aria-rowcount')).toBe('2');
    await page.getByRole('textbox', { name: 'Filter peers' }).fill('');
    await grid.focus();
    await page.keyboard.press('Home');
    await expect.poll(() => page.url()).not.toContain(peerOf(0));
    await go(`#/network?id=${peerOf(0)}`);
    await detail.getByRole('button', { name: 'Deny peer' }).click();
    const dialog = page.getByRole('dialog');
    const deny = dialog.getByRole('button', { name: 'Deny peer' });
    expect(await deny.isDisabled()).toBe(true);
    await dialog.getByLabel('Reason').fill('It sends what nobody asked for.');
    await dialog.getByLabel('For how long').fill('10081');
    expect(await deny.isDisabled()).toBe(true);
    await dialog.getByLabel('For how long').fill('30');
    await deny.click();
    await detail.getByText('Not connected.').waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it('dials only what names a peer, and shows why it did not work', async () => {
    const { page, go, complaints, close } = await lab.open({ data: 'normal' });
    await go('#/network?do=connect');
    const dialog = page.getByRole('dialog');
    const connect = dialog.getByRole('button', { name: 'Connect', exact: true });
    const address = dialog.getByRole('textbox', { name: 'Address' });
    await address.fill('/ip4/203.0.113.20/tcp/4001');
    await dialog.getByText('An address begins with /').waitFor();
    expect(await connect.isDisabled()).toBe(true);
    await address.fill(`/ip4/203.0.113.20/tcp/4001/p2p/${peerIdText(fromHex('ab'.repeat(32)))}`);
    await connect.click();
    await dialog.getByText('PEER_UNREACHABLE').waitFor();
    await address.fill(`/ip4/203.0.113.20/tcp/4001/p2p/${peerIdText(fromHex(peerOf(3)))}`);
    await address.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('region', { name: 'Peer details' }).waitFor();
    expect(page.url()).toContain(peerOf(3));
    expect(complaints).toEqual([]);
    await close();
  });

  it('draws two hundred peers as a map that is walked by keys and says all in words', async () => {
    const { page, go, complaints, close } = await lab.open({ data: 'full' }, { width: 1920, height: 1080 });
    await go('#/network?view=map');
    const map = page.getByRole('group', { name: 'Map of the network: 120 connected, 80 more known' });
    await map.waitFor();
    const peers = map.getByRole('button');
    expect(await peers.count()).toBe(200);
    // one stop of the Tab key for all of them
    expect(await map.locator('[role="button"][tabindex="0"]').count()).toBe(1);
    const first = await peers.first().getAttribute('aria-label');
    expect(first).toMatch(/^Peer [0-9a-f]{8}…[0-9a-f]{4}, (connected|through a relay), \d+(\.\d)?\sms/);
    await peers.first().focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    const now = (): Promise<string | null> =>
      page.evaluate(() => document.activeElement?.getAttribute('data-peer') ?? null);
    const third = await now();
    expect(third).toBe(await peers.nth(2).getAttribute('data-peer'));
    await page.keyboard.press('End');
    expect(await now()).toBe(await peers.last().getAttribute('data-peer'));
    await page.keyboard.press('Home');
    await page.keyboard.press('Enter');
    await page.getByRole('region', { name: 'Peer details' }).waitFor();
    await expect.poll(() => map.locator('[aria-pressed="true"]').count()).toBe(1);
    await page.keyboard.press('Escape');
    await page.getByRole('region', { name: 'Peer details' }).waitFor({ state: 'detached' });
    // the list says the same
    await page.getByRole('radio', { name: 'List' }).check();
    expect(await page.getByRole('grid', { name: 'Peers' }).getAttribute('aria-rowcount')).toBe('201');
    expect(complaints).toEqual([]);
    await close();
  });

  it('says the state of each Group and hands out what an outsider needs to check it', async () => {
    const { page, go, complaints, close } = await lab.open({ data: 'full' });
    await go('#/network?tab=groups');
    for (const sentence of [
      'Leads 4 others; everything is committed.',
      '2 of 5 members reachable: reads may be stale, writes wait.',
      'Restored from a backup: it follows, and neither votes nor signs.',
      'Two signed heads contradict each other',
      'Stopped: The log of this node differs',
    ])
      await page.getByText(sentence).waitFor();
    const card = page.getByRole('article', { name: 'signals.eu/roster' });
    const names: string[] = [];
    page.on('download', (download) => names.push(download.suggestedFilename()));
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      card.getByRole('button', { name: 'Save policy and checkpoint' }).click(),
    ]);
    await expect
      .poll(() => names.toSorted())
      .toEqual(['signals.eu-roster.checkpoint', 'signals.eu-roster.policy']);
    expect(readFileSync((await download.path()) ?? '', 'utf8')).toMatch(/^(log |signals\.eu\/roster\n)/);
    expect(complaints).toEqual([]);
    await close();
  });

  it('says of each stream whether it flows, with its peers, which lead to their details', async () => {
    const { page, go, complaints, close } = await lab.open({ data: 'full' });
    await go('#/network?tab=streams');
    for (const sentence of [
      'Sends to 6 nodes.',
      'Hears 3 producers.',
      'No producer admits this node',
      'datums were missed by consumers that lagged.',
      'fewer than it waits for: sending waits.',
    ])
      await page.getByText(sentence).first().waitFor();
    const card = page.getByRole('article', { name: 'signals.eu.Trace/1' });
    expect(await card.getByRole('row').count()).toBe(3);
    await card.getByText('does not admit this node').first().waitFor();
    await card.getByRole('link').first().click();
    await page.getByRole('region', { name: 'Peer details' }).waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it('shows its tickets with what they say, presents one that is pasted, and withdraws it', async () => {
    const { page, go, complaints, close } = await lab.open({ data: 'full' });
    await go('#/network');
    const head = page.getByRole('region', { name: 'This node on the network' });
    const rows = head.getByRole('listitem').filter({ has: page.getByRole('button', { name: /^Withdraw/ }) });
    await expect.poll(() => rows.count()).toBe(4);
    await rows
      .nth(0)
      .getByText(/expires in 6\sd/)
      .waitFor();
    await rows
      .nth(1)
      .getByText(/expired \d\sh ago/)
      .waitFor();
    await rows.nth(3).getByText('not shown: the entry of this node has no room').waitFor();

    await head.getByRole('button', { name: 'Present a ticket' }).click();
    const dialog = page.getByRole('dialog');
    const present = dialog.getByRole('button', { name: 'Present', exact: true });
    const text = dialog.getByRole('textbox', { name: 'Ticket' });
    expect(await present.isDisabled()).toBe(true);
    await text.fill('half a.ticket');
    await dialog.getByText('A ticket is one line of three parts joined by dots.').waitFor();
    expect(await present.isDisabled()).toBe(true);
    await text.fill('not.this.peer');
    await present.click();
    await dialog.getByText('TICKET_SUBJECT').waitFor();
    await text.fill('\n  eyJhbGciOi.eyJzdWIi.c2VhbA \n');
    await present.click();
    await dialog.waitFor({ state: 'detached' });
    await expect.poll(() => rows.count()).toBe(5);
    await rows.nth(4).getByText('by https://tickets.example').waitFor();

    await rows.nth(4).getByRole('button').last().click();
    await dialog.getByText('what it opened closes').waitFor();
    await dialog.getByRole('button', { name: 'Withdraw', exact: true }).click();
    await expect.poll(() => rows.count()).toBe(4);
    expect(complaints).toEqual([]);
    await close();
  });

  it('changes its tags and its settings', async () => {
    const { page, go, complaints, close } = await lab.open({ data: 'normal' });
    await go('#/network');
    await page.getByRole('button', { name: 'Tags and settings' }).click();
    await page.getByRole('menuitem', { name: 'Tags of this node' }).click();
    await page.getByRole('dialog').getByRole('textbox', { name: 'Tags' }).fill('lab\n\nlab\nedge of town');
    await page.getByRole('button', { name: 'Announce tags' }).click();
    await page.getByRole('region', { name: 'This node on the network' }).getByText('edge of town').waitFor();
    await go('#/settings#network');
    const save = page.getByRole('button', { name: 'Save network settings' });
    const listen = page.getByRole('textbox', { name: 'Listen on' });
    await listen.fill('4001');
    expect(await save.isDisabled()).toBe(true);
    await listen.fill('');
    const quote = page.getByRole('checkbox', { name: 'Show a quote of this machine' });
    await quote.click();
    await save.click();
    await expect.poll(() => save.isDisabled()).toBe(true);
    await page.reload();
    await expect.poll(() => quote.isChecked()).toBe(true);
    await listen.fill('');
    await page.getByRole('checkbox', { name: 'Take part in the network' }).click();
    await save.click();
    await expect.poll(() => save.isDisabled()).toBe(true);
    await go('#/network');
    await page.getByText('Turning it on opens no port').waitFor();
    expect(complaints).toEqual([]);
    await close();
  });
});
