/** The screens of attestation in real Chromium: a policy seen before it is signed, a challenge answered, a bundle. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createSignatureChecker, nodeHashes } from '../../src/main/hashes.ts';
import { planBundle } from '../../src/protocol/attestation/index.ts';
import { decodeCanonical, encodeCanonical, settle } from '../../src/protocol/bytes/index.ts';
import type { Value } from '../../src/protocol/bytes/index.ts';
import { folderRows } from '../fakes/node/attestation.ts';
import { machineId } from '../fakes/node.ts';
import { describeWith } from '../parts.ts';
import { vectorCollateral, vectorQuote } from '../protocol/attestation/vectors.ts';
import { openLab } from './browser.ts';
import type { Lab } from './browser.ts';

vi.setConfig({ testTimeout: 120_000 });

let lab: Lab;
const useLab = (): void => {
  beforeAll(async () => {
    lab = await openLab();
  });
  afterAll(() => lab?.close());
};

describeWith('chromium', 'the policy editor', () => {
  useLab();

  it('shows what a change does to every machine before anybody signs it', async () => {
    const { page, go, complaints, close } = await lab.open({ data: 'normal' });
    await go('#/machines/policy');
    const different = page.getByRole('list', { name: 'Machines that change' });
    await page.getByText('6 pass, 5 are refused.').waitFor();
    expect(await different.count()).toBe(0);
    expect(await page.getByRole('button', { name: 'Adopt policy' }).isDisabled()).toBe(true);

    await page.getByRole('checkbox', { name: 'UpToDate', exact: true }).click();
    await different.getByText('rack-07').waitFor();
    expect(await different.getByText('The TCB status UpToDate is not among the accepted ones.').count()).toBe(
      6,
    );
    await page.getByText('Changed, not adopted').waitFor();

    await page.getByRole('button', { name: 'Adopt policy' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Your signature records this policy in the Chronicle').waitFor();
    await dialog.getByRole('button', { name: 'Adopt policy' }).click();
    await page.getByText('As in force').waitFor();
    await page.getByText('“default” is in force since entry').waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it('loses nothing silently when the page is left', async () => {
    const { page, go, close } = await lab.open({ data: 'normal' });
    await go('#/machines/policy');
    await page.getByRole('button', { name: 'Strict' }).click();
    await page.getByRole('link', { name: 'Back to machines' }).click();
    const dialog = page.getByRole('dialog', { name: 'Leave without adopting' });
    await dialog.getByRole('button', { name: 'Stay' }).click();
    await page.getByText('Changed, not adopted').waitFor();
    await page.getByRole('link', { name: 'Back to machines' }).click();
    await dialog.getByRole('button', { name: 'Leave and discard' }).click();
    await page.getByRole('heading', { name: 'Machines', level: 1 }).waitFor();
    await close();
  });

  it('says line and member of a fault in the text, and adopts none that has one', async () => {
    const { page, go, close } = await lab.open({ data: 'normal' });
    await go('#/machines/policy');
    await page.getByRole('radio', { name: 'JSON' }).check();
    const text = page.getByRole('textbox', { name: 'Policy as JSON' });
    await text.fill('{\n  "smt": "allowed",\n  "alowDebug": false\n}');
    const faults = page.getByRole('alert', { name: 'What is wrong with the text' });
    await faults.getByText('Line 3:').waitFor();
    expect(await faults.textContent()).toContain('alowDebug');
    expect(await page.getByRole('button', { name: 'Adopt policy' }).isDisabled()).toBe(true);
    await text.fill('{\n  "smt": "allowed"\n}');
    await expect.poll(() => page.getByRole('button', { name: 'Adopt policy' }).isDisabled()).toBe(false);
    await close();
  });
});

describeWith('chromium', 'a challenged machine', () => {
  useLab();

  it('shows what the quote must carry, and takes it', async () => {
    const { page, go, complaints, close } = await lab.open({ data: 'normal' });
    await go(`#/machines?id=${machineId('rack-09')}`);
    const open = page.getByRole('region', { name: 'A challenge waits for an answer' });
    await open.getByRole('progressbar').waitFor();
    expect(await open.locator('code').textContent()).toMatch(/^[0-9a-f]{128}$/);
    await open.getByRole('button', { name: 'Hand in quote' }).click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.getByText('No evidence').count()).toBe(0);
    const hand = dialog.getByRole('button', { name: 'Hand in quote' });
    expect(await hand.isDisabled()).toBe(true);
    await dialog.getByRole('radio', { name: 'Paste' }).check();
    await dialog.getByRole('textbox', { name: 'Quote as text' }).fill('04000200');
    await hand.click();
    await open.waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    await close();
  });

  it('is challenged with a sentence that says what the signature does', async () => {
    const { page, go, close } = await lab.open({ data: 'normal' });
    await go(`#/machines?id=${machineId('rack-07')}`);
    await page.getByRole('button', { name: 'Challenge machine' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Your signature records that this machine must prove itself').waitFor();
    await dialog.getByRole('button', { name: 'Challenge machine' }).click();
    await page.getByRole('region', { name: 'A challenge waits for an answer' }).waitFor();
    await close();
  });
});

describeWith('chromium', 'a folder of ten thousand quotes', () => {
  useLab();

  it('is drawn only where it is seen, filtered, and saved without formulas', async () => {
    const { page, go, complaints, close } = await lab.open({ data: 'full' });
    await go('#/machines/folder?operation=folder-1');
    const grid = page.getByRole('grid', { name: 'Verify a folder of quotes' });
    await grid.waitFor();
    expect(await grid.getAttribute('aria-rowcount')).toBe('10001');
    expect(await grid.getByRole('row').count()).toBeLessThan(80);
    // every row is counted once, and what is simulated is not called genuine
    const figures = (text: string): number => Number(text.replaceAll(/\D/g, ''));
    const choices = await page
      .getByRole('radio')
      .evaluateAll((all) => all.map((one) => one.parentElement?.textContent));
    const [whole, genuine, simulated, ...others] = choices.map((text) => figures(text ?? ''));
    expect(choices.map((text) => text?.split(' ')[0])).toEqual([
      'All',
      'genuine',
      'simulated',
      'incomplete',
      'refused',
      'unreadable',
    ]);
    expect(genuine! + simulated! + others.reduce((a, b) => a + b)).toBe(whole);
    const rows = folderRows(10_000);
    expect(genuine).toBe(rows.filter((row) => row.evidence === 'genuine' && !row.simulated).length);
    await page.getByRole('radio', { name: /^simulated/ }).check();
    await expect.poll(() => grid.getAttribute('aria-rowcount')).toBe(String(simulated! + 1));
    await page.getByRole('radio', { name: /^refused/ }).check();
    await expect.poll(() => grid.getAttribute('aria-rowcount')).toBe('1429');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save CSV' }).click(),
    ]);
    const lines = readFileSync((await download.path()) ?? '', 'utf8')
      .trim()
      .split('\r\n');
    expect(lines).toHaveLength(1429);
    expect(lines.filter((line) => /^[=+\-@]/.test(line))).toEqual([]);
    expect(lines.some((line) => line.startsWith(`"'=cmd-`))).toBe(true);
    expect(complaints).toEqual([]);
    await close();
  });
});

describeWith('chromium', 'a field for a number', () => {
  useLab();

  it('names its range, and nothing is saved outside of it', async () => {
    const { page, go, complaints, close } = await lab.open({ data: 'normal' });
    await go('#/settings');
    const field = page.getByLabel('Time for an answer');
    const save = page.getByRole('button', { name: 'Save evidence settings' });
    for (const text of ['0', '121', '', '1.5']) {
      await field.fill(text);
      await page.getByText('A whole number from 1 to 120.').waitFor();
      expect(await save.isDisabled(), text).toBe(true);
    }
    await field.fill('120');
    await page.getByText('With retries three times as long.').waitFor();
    expect(await save.isEnabled()).toBe(true);
    expect(complaints).toEqual([]);
    await close();
  });
});

describeWith(['chromium', 'vectors'], 'an evidence bundle in the browser', () => {
  useLab();
  const bundle = () =>
    settle(
      planBundle(
        {
          at: 1_771_753_920,
          quote: vectorQuote('real/go-tdx-ccel-cos113-quote.bin'),
          collateral: vectorCollateral('collateral/c01-00806f050000-2026-01-27.json'),
        },
        { hashes: nodeHashes },
      ),
      createSignatureChecker(),
    );
  const drop = async (bytes: Uint8Array) => {
    const opened = await lab.open({ data: 'normal' });
    await opened.go('#/machines/bundle');
    await opened.page.getByLabel('Evidence bundle file').setInputFiles({
      name: 'rack.evidence',
      mimeType: 'application/octet-stream',
      buffer: Buffer.from(bytes),
    });
    return opened;
  };

  it('is judged at its own time and now, without asking the node for a verdict', async () => {
    const { bytes, verdict } = bundle();
    const { page, complaints, close } = await drop(bytes);
    const then = page.getByRole('article', { name: 'At its own time' });
    const now = page.getByRole('article', { name: 'Now' });
    await then.waitFor();
    expect(verdict.evidence).toBe('genuine');
    expect(await then.textContent()).toContain(`A genuine TDX platform, ${verdict.status}`);
    expect(await then.textContent()).toContain('checked in this browser');
    // its collateral has ended since
    expect(await now.textContent()).toContain('The evidence is refused');
    await page.getByText('It is the one that its evidence gives.', { exact: true }).waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it('shows that a verdict was changed, and refuses what is no bundle', async () => {
    const { bytes } = bundle();
    const tree = decodeCanonical(bytes, bytes.length) as { [name: string]: Value };
    const recorded = String(tree['verdict']).replace('"evidence":"genuine"', '"evidence":"refused"');
    const changed = await drop(encodeCanonical({ ...tree, verdict: recorded }));
    await changed.page.getByText('It is not the one that its evidence gives: one member differs.').waitFor();
    await changed.page.getByRole('rowheader', { name: 'evidence' }).waitFor();
    await changed.close();
    const other = await drop(bytes.slice(0, 900));
    await other.page.getByRole('alert', { name: 'Problem' }).getByText('BUNDLE_FORMAT').waitFor();
    expect(await other.page.getByRole('article').count()).toBe(0);
    await other.close();
  });
});
