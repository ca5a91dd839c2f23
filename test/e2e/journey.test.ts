/**
 * The operator's journey: every step of "what a person can do", in a real browser, against the built node, the real
 * container engine and a real quote. MUSTER_UPDATE=1 rewrites the README's screenshots.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { pushTestImage, labels } from '../docker/images.ts';
import { testRegistry } from '../docker/registry.ts';
import type { TestRegistry } from '../docker/registry.ts';
import { startPccs } from '../main/attestation/pccs.ts';
import { describeWith, dockerSocket, vectorsFolder } from '../parts.ts';
import { readCollateral } from '../../src/protocol/attestation/index.ts';
import Docker from 'dockerode';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { muster, openPaired, runNode } from './console.ts';
import type { Paired, RunningNode } from './console.ts';

const PASSPHRASE = 'correct horse battery staple';
const PEER = '12D3KooWQvAEgXX9eR2xX1azYN68jx8nWS69eT7VvtkprAAxeeSG';
const shots = join(import.meta.dirname, '../../docs/screenshots');
const QUOTE = join(vectorsFolder, 'tdx/real/flashbots-gcp-quote.bin');
const COLLATERAL = join(vectorsFolder, 'tdx/collateral/c02-00806f050000-2026-06-30.json');
const JUDGED_FOR = '2026-07-04 09:41';
const LOOP =
  'i=0; while true; do echo "signal $i"; i=$((i+1)); [ $((i % 50)) = 0 ] && yes | head -c 30000000 >/dev/null; sleep 0.05; done';

/** Kept outside so that a failing step leaves a picture of where it stood. */
let paired: Paired;
let page: Page;

async function shoot(name: string): Promise<void> {
  if (process.env['MUSTER_UPDATE'] !== '1') return;
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: join(shots, `${name}.png`) });
}

const go = async (name: string): Promise<void> => {
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name, exact: true }).click();
};
const button = (name: string) => page.getByRole('button', { name, exact: true });
const dialog = () => page.getByRole('dialog');

describeWith(['docker', 'registry', 'chromium', 'vectors'], "an operator's journey", () => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-journey-'));
  let node: RunningNode;
  let registry: TestRegistry;

  beforeAll(async () => {
    registry = await testRegistry();
    node = await runNode(folder);
    paired = await openPaired(node.link);
    ({ page } = paired);
    page.setDefaultTimeout(15_000);
  });
  // each step stands on the one before it; where one fails a picture is left in test-results
  let endedAt: string | null = null;
  beforeEach(() => {
    if (endedAt !== null) throw new Error(`the journey ended at: ${endedAt}`);
  });
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail' || endedAt !== null) return;
    endedAt = task.name;
    mkdirSync('test-results', { recursive: true });
    await page?.screenshot({ path: 'test-results/journey.png' });
  });
  afterAll(async () => {
    await paired?.browser.close();
    await node?.stop();
    const docker = new Docker({ socketPath: dockerSocket });
    for (const { RepoDigests } of await docker.listImages())
      for (const name of RepoDigests ?? [])
        if (
          registry !== undefined &&
          [registry.host, registry.stallingHost].some((host) => name.startsWith(`${host}/`))
        )
          await docker
            .getImage(name)
            .remove({ force: true })
            .catch(() => undefined);
    await registry?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('creates an identity and a coalition in an onboarding that can be resumed', async () => {
    await button('Begin').click();
    await page.getByLabel('Node name').fill('signals-fra-1');
    await page.getByLabel('Passphrase', { exact: true }).fill(PASSPHRASE);
    await page.getByLabel('Passphrase again').fill(PASSPHRASE);
    await button('Create identity').click();
    await page.getByLabel('Coalition name').waitFor();
    // leaving here and coming back goes on at the coalition, not at the beginning
    await page.reload();
    await page.getByLabel('Coalition name').fill('signals.eu');
    await button('Create coalition').click();
    await page.getByText('Register the first machine').waitFor();
    await button('Skip for now').click();
    await page.getByRole('banner').getByText('signals.eu').first().waitFor();
  });

  it('says plainly that this machine is not in a TD', async () => {
    await go('Machines');
    await page.getByRole('button', { name: 'Register machine' }).first().click();
    await dialog().getByRole('radio', { name: 'This machine' }).check();
    await dialog().getByText('This machine is not in a TD').waitFor();
    await page.keyboard.press('Escape');
  });

  it('registers a machine from a real quote and sees the verdict check by check', async () => {
    await page.getByRole('button', { name: 'Register machine' }).first().click();
    await dialog().getByLabel('Machine name').fill('rack-07');
    await dialog().getByLabel('Quote file').setInputFiles(QUOTE);
    await choose('Collateral', 'file');
    await dialog().getByLabel('Collateral file').setInputFiles(COLLATERAL);
    await dialog().getByLabel('Judge for (UTC)').fill(JUDGED_FOR);
    await dialog().getByRole('button', { name: 'Check evidence' }).click();
    await dialog().getByText('A genuine TDX platform, UpToDate').first().waitFor();
    await dialog().getByRole('button', { name: 'Register machine' }).click();
    await page.getByText('Machine rack-07 was a genuine TDX platform, UpToDate').first().waitFor();
  });

  it('checks a pasted quote with collateral from a folder and from a service, and registers it', async () => {
    const service = await startPccs({ sets: [readCollateral(readFileSync(COLLATERAL))] });
    try {
      await page.getByRole('button', { name: 'Register machine' }).first().click();
      await dialog().getByLabel('Machine name').fill('rack-08');
      await choose('Quote', 'paste');
      await dialog().getByLabel('Quote as text').fill(readFileSync(QUOTE).toString('base64'));
      await dialog().getByLabel('Judge for (UTC)').fill(JUDGED_FOR);
      await choose('Collateral', 'folder');
      await dialog()
        .getByLabel('Folder on the machine of the node')
        .fill(join(vectorsFolder, 'tdx/collateral'));
      await dialog().getByRole('button', { name: 'Check evidence' }).click();
      await dialog().getByText('A genuine TDX platform, UpToDate').first().waitFor();
      // another source is another judgement: the verdict leaves until it is checked again
      await choose('Collateral', 'service');
      await dialog().getByLabel('Address of the service').fill(service.base);
      await dialog().getByRole('button', { name: 'Check evidence' }).click();
      await dialog().getByText('A genuine TDX platform, UpToDate').first().waitFor();
      expect(service.asked.some((path) => path.includes('fmspc=00806f050000'))).toBe(true);
      await dialog().getByRole('button', { name: 'Register machine' }).click();
      await page.getByText('Machine rack-08 was a genuine TDX platform, UpToDate').first().waitFor();
    } finally {
      await service.close();
    }
    await page.getByRole('row', { name: /rack-07/ }).click();
    await page.getByText('Machine rack-07 was a genuine TDX platform, UpToDate').first().waitFor();
  });

  it('pins the MR_TD of that quote', async () => {
    const quote = readFileSync(QUOTE);
    const mrtd = quote.subarray(48 + 136, 48 + 184).toString('hex');
    await page.getByRole('tab', { name: 'Pins' }).click();
    await button('Pin MR_TD').click();
    await page.getByRole('tabpanel').getByText(mrtd.slice(0, 6)).first().waitFor();
    await page.getByText('was genuine · UpToDate · pinned').first().waitFor();
  });

  it('offers capacity', async () => {
    await page.getByRole('button', { name: 'Offer capacity' }).first().click();
    await dialog().getByLabel('CPU').fill('2000');
    await dialog().getByLabel('Memory').fill('1024');
    await dialog().getByLabel('Storage').fill('8');
    await dialog().getByRole('checkbox', { name: 'Offer with TDX' }).check();
    await dialog().getByRole('button', { name: 'Offer capacity' }).click();
    await page.getByText('offering', { exact: false }).first().waitFor();
    await page.getByRole('tab', { name: 'Evidence' }).click();
    await shoot('machine');
  });

  it('issues a ticket to a peer, sees it valid, and revokes it', async () => {
    await go('Tickets');
    await page.getByRole('button', { name: 'Issue ticket' }).first().click();
    await dialog().getByLabel('Peer id').fill(PEER);
    await dialog().getByRole('button', { name: 'Issue ticket' }).click();
    await dialog().getByText('Ticket issued').waitFor();
    await dialog().getByRole('button', { name: 'Show ticket' }).click();
    await page.getByText('valid', { exact: true }).first().waitFor();
    await button('Revoke ticket').click();
    await dialog().getByLabel('Reason').fill('the peer moved');
    await dialog().getByRole('button', { name: 'Revoke ticket' }).click();
    await page.getByText('the peer moved').waitFor();
  });

  it('is told why an image does not fit', async () => {
    const image = await pushTestImage(registry.host, {
      name: 'signals/greedy',
      labels: labels({ 'org.muster.min-cpu-millicores': '64000' }),
    });
    await go('Compute');
    await page.getByRole('button', { name: 'Submit workload' }).first().click();
    await dialog().getByLabel('Image').fill(image.reference);
    await chooseMachine();
    await dialog().getByRole('button', { name: 'Check what it needs' }).click();
    await dialog().getByText('It does not fit').waitFor();
    await dialog()
      .getByText(/64.?000/)
      .first()
      .waitFor();
    await page.keyboard.press('Escape');
  });

  it('sees a pull layer by layer and cancels it', async () => {
    const image = await pushTestImage(registry.host, {
      name: 'signals/heavy',
      layers: [3_000_000, 12_000_000],
    });
    await page.getByRole('button', { name: 'Submit workload' }).first().click();
    await dialog().getByLabel('Image').fill(image.reference.replace(registry.host, registry.stallingHost));
    await chooseMachine();
    await dialog().getByRole('button', { name: 'Check what it needs' }).click();
    await dialog().getByText('It fits').waitFor();
    await dialog().getByRole('button', { name: 'Submit workload' }).click();
    const pull = page.getByRole('article').filter({ has: page.getByRole('button', { name: 'Cancel' }) });
    await pull.first().waitFor();
    // both large layers stand still half-way, each with a bar of its own
    await expect
      .poll(() => pull.first().locator('li progress').count(), { timeout: 15_000 })
      .toBeGreaterThan(1);
    await pull
      .first()
      .getByText(/MiB of .*MiB/)
      .first()
      .waitFor();
    await shoot('pull');
    await pull.first().getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('cancelled', { exact: true }).first().waitFor();
  });

  it('submits a workload by digest, watches it, reads its output, and stops it', async () => {
    const image = await pushTestImage(registry.host, {
      name: 'signals/scanner',
      cmd: LOOP,
      layers: [3_000_000, 12_000_000],
      labels: labels({ 'org.muster.tdx': 'required', 'org.muster.min-cpu-millicores': '500' }),
    });
    await page.getByRole('button', { name: 'Submit workload' }).first().click();
    await dialog().getByLabel('Image').fill(image.reference);
    await chooseMachine();
    await dialog().getByRole('button', { name: 'Check what it needs' }).click();
    await dialog().getByText('It fits').waitFor();
    await dialog().getByRole('button', { name: 'Submit workload' }).click();
    await page.getByText('running', { exact: true }).first().waitFor();
    await page.waitForTimeout(6000);
    await shoot('workload');
    await page.getByRole('tab', { name: 'Log' }).click();
    await page
      .getByText(/^signal \d+$/)
      .first()
      .waitFor();
    await page
      .getByRole('searchbox', { name: /find/i })
      .or(page.getByPlaceholder('Find'))
      .first()
      .fill('signal 12');
    await page
      .getByText(/of \d+/)
      .first()
      .waitFor();
    const saving = page.waitForEvent('download');
    await page.getByRole('button', { name: /download/i }).click();
    expect(readFileSync(await (await saving).path(), 'utf8')).toContain('signal 12');
    await page.getByRole('tab', { name: 'Overview' }).click();
    await button('Stop workload').click();
    await dialog().getByRole('button', { name: 'Stop workload' }).click();
    await page.getByText('stopped', { exact: false }).first().waitFor();
    await button('Remove container').click();
    await dialog().getByRole('button', { name: 'Remove container' }).click();
    await page.getByText('removed', { exact: true }).first().waitFor();
  });

  it('finds every one of these actions in the Chronicle and verifies one in the browser itself', async () => {
    await go('Chronicle');
    const list = page.getByRole('grid', { name: 'Entries, newest first' });
    for (const kind of [
      'identity.created',
      'coalition.published',
      'machine.registered',
      'machine.pinned',
      'capacity.offered',
      'ticket.issued',
      'ticket.revoked',
      'compute.submitted',
      'compute.started',
      'compute.usage',
      'compute.ended',
      'compute.removed',
    ])
      await list.getByText(kind, { exact: true }).first().waitFor();
    await list.getByText('machine.registered', { exact: true }).first().click();
    await button('Verify entry').click();
    await page.getByText('This entry is authentic and stands in the log').waitFor();
    await shoot('chronicle');
  });

  it('exports the whole log as a bundle that the command line accepts, and refuses with one byte flipped', async () => {
    await button('Export bundle').click();
    const saving = page.waitForEvent('download');
    await dialog().getByRole('button', { name: 'Export', exact: true }).click();
    const file = join(folder, 'journey.bundle');
    await (await saving).saveAs(file);
    const whole = await muster(folder, 'chronicle', 'verify', file, '--json');
    const answer = JSON.parse(whole.out) as { ok: boolean; entries: number };
    expect({ code: whole.code, ok: answer.ok }).toEqual({ code: 0, ok: true });
    expect(answer.entries).toBeGreaterThanOrEqual(12);
    const bytes = readFileSync(file);
    const at = bytes.indexOf('\n5 ') + 80;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    const broken = await muster(folder, 'chronicle', 'verify', file, '--json');
    expect(broken.code).toBe(1);
    expect(JSON.parse(broken.out)).toMatchObject({ ok: false, damage: { index: 5 } });
  });

  it('gives the coalition to a second node by its file, which joins under the same id', async () => {
    await page.keyboard.press('Escape');
    await go('Settings');
    const saving = page.waitForEvent('download');
    await button('Coalition file').click();
    const file = join(folder, 'signals.muster-coalition');
    await (await saving).saveAs(file);
    const shown = await page.locator('#settings-coalition').innerText();
    const id = /[0-9a-f]{64}/.exec(shown.replaceAll(/\s/g, ''))?.[0];
    const home = mkdtempSync(join(tmpdir(), 'muster-journey-'));
    const second = await runNode(home);
    const other = await openPaired(second.link);
    try {
      other.page.setDefaultTimeout(15_000);
      const click = (name: string) => other.page.getByRole('button', { name, exact: true }).click();
      await click('Begin');
      await other.page.getByLabel('Node name').fill('signals-fra-2');
      await other.page.getByLabel('Passphrase', { exact: true }).fill(PASSPHRASE);
      await other.page.getByLabel('Passphrase again').fill(PASSPHRASE);
      await click('Create identity');
      await other.page.getByRole('radio', { name: 'Import a coalition file' }).check();
      await other.page.getByLabel('Coalition file', { exact: true }).setInputFiles(file);
      await other.page.getByText('Coalition signals.eu').waitFor();
      expect((await other.page.getByRole('main').innerText()).replaceAll(/\s/g, '')).toContain(id);
      await click('Join this coalition');
      await other.page.getByText('Register the first machine').waitFor();
      await click('Skip for now');
      await other.page.getByRole('banner').getByText('signals.eu').first().waitFor();
      expect(other.complaints).toEqual([]);
    } finally {
      await other.browser.close();
      await second.stop();
      rmSync(home, { recursive: true, force: true });
    }
  });

  it('the page complained about nothing and spoke to nobody but its node', () => {
    expect(paired.complaints).toEqual([]);
    expect([...paired.hosts]).toEqual([new URL(node.link).host]);
  });
});

/** The radio of a group of the open dialog, by what it stands for. */
const choose = (group: string, value: string): Promise<void> =>
  dialog().locator(`input[type=radio][name=${group}][value=${value}]`).check();

/** The only machine may be chosen already; else it is picked from the list. */
async function chooseMachine(): Promise<void> {
  const field = dialog().getByRole('combobox', { name: 'Machine' });
  if ((await field.textContent())?.includes('rack-07') === true) return;
  await field.click();
  await page.getByRole('option', { name: /rack-07/ }).click();
}
