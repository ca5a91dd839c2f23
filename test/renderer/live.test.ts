/** What moves: live changes, a lost node, a million entries, verification by a click, keys. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { machineId } from '../fakes/node.ts';
import { describeWith } from '../parts.ts';
import { openLab } from './browser.ts';
import type { Lab } from './browser.ts';

describeWith('chromium', 'the interface', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab();
  });
  afterAll(() => lab?.close());

  it('shows a new entry without being asked, and keeps its place for who reads further down', async () => {
    const { page, node, go, close } = await lab.open({ data: 'normal' });
    await go('#/chronicle?entry=20');
    const row = page.getByRole('row', { name: /^Entry 20,/ });
    await row.waitFor();
    const before = await row.boundingBox();
    node.append();
    await page.getByText('84 entries, all under a checkpoint', { exact: false }).waitFor();
    await expect
      .poll(async () => Math.round((await row.boundingBox())?.y ?? 0))
      .toBe(Math.round(before?.y ?? 0));
    await close();
  });

  it('says when the node is gone, keeps what it had, and catches up when it is back', async () => {
    const { page, node, go, close } = await lab.open({ data: 'normal' });
    await go('#/chronicle');
    await page.getByText('connected', { exact: true }).waitFor();
    node.down(true);
    await page.getByText(/node not reachable for/).waitFor();
    expect(await page.getByRole('row', { name: /^Entry 82,/ }).isVisible()).toBe(true);
    node.append();
    node.down(false);
    await page.getByText('connected', { exact: true }).waitFor();
    await page.getByRole('row', { name: /^Entry 83,/ }).waitFor();
    await close();
  });

  it('addresses any of a million entries, and draws only those in view', async () => {
    const { page, go, complaints, close } = await lab.open({ data: 'full' });
    await go('#/chronicle');
    await page.getByRole('row', { name: /^Entry 999999,/ }).waitFor();
    const box = page.getByRole('textbox', { name: 'Search the Chronicle' });
    await box.fill('123456');
    await box.press('Enter');
    await page.getByRole('row', { name: /^Entry 123456, \w+\.\w+/ }).waitFor();
    await page.getByRole('grid', { name: /Entries/ }).focus();
    await page.keyboard.press('End');
    await page.getByRole('row', { name: /^Entry 0, \w+\.\w+/ }).waitFor();
    expect(await page.getByRole('row').count()).toBeLessThan(120);
    expect(complaints).toEqual([]);
    await close();
  });

  it('verifies an entry here by one click, and all in view by another', async () => {
    const { page, go, complaints, close } = await lab.open({ data: 'normal' });
    await go('#/chronicle?entry=40');
    await page.getByRole('button', { name: 'Verify entry' }).click();
    await page.getByText('This entry is authentic and stands in the log').waitFor();
    expect(await page.getByRole('list', { name: 'Inclusion path' }).isVisible()).toBe(true);
    await page.getByRole('button', { name: 'Verify all in view' }).click();
    await expect
      .poll(async () => Number(/entries, (\d+) verified/.exec(await page.locator('main').innerText())?.[1]))
      .toBeGreaterThan(20);
    expect(complaints).toEqual([]);
    await close();
  });

  it('keeps the first key of a sequence while it learns what this person may do', async () => {
    const about = Promise.withResolvers<void>();
    const { page, go, close } = await lab.open({ data: 'normal', aboutAfter: about.promise });
    await go('#/compute');
    await page.keyboard.press('g');
    about.resolve();
    await page.getByRole('button', { name: 'Submit workload' }).waitFor();
    await page.keyboard.press('m');
    await page.getByRole('heading', { level: 1, name: 'Machines' }).waitFor();
    await close();
  });

  it('is walked by keys alone', async () => {
    const { page, go, close } = await lab.open({ data: 'normal' });
    await go('#/');
    await page.keyboard.press('g');
    await page.keyboard.press('m');
    await page.getByRole('heading', { level: 1, name: 'Machines' }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill('fra-blade-1');
    await page.getByRole('option', { name: 'fra-blade-1' }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/#/machines?id=${machineId('fra-blade-1')}`);
    await page.getByRole('grid', { name: 'Machines' }).focus();
    await page.keyboard.press('ArrowDown');
    await page.waitForURL(`**/#/machines?id=${machineId('fra-blade-2')}`);
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await close();
  });

  it('shows what it could not load as unknown, with a way to try again', async () => {
    const { page, go, close } = await lab.open({ data: 'normal', failMachines: true });
    await go('#/machines');
    await page.getByRole('alert', { name: 'Problem' }).getByText('STORE_READ').waitFor();
    await page.getByRole('button', { name: 'Try again' }).waitFor();
    await go('#/');
    await page.getByText('Some of this could not be loaded', { exact: false }).waitFor();
    expect(await page.getByText('Register the first machine').count()).toBe(0);
    await close();
  });

  it('does not work with a node of another contract', async () => {
    const { page, go, close } = await lab.open({ data: 'normal', contractMajor: 99 });
    await go('#/');
    await page.getByRole('heading', { name: 'This page and the node do not fit together' }).waitFor();
    await close();
  });

  it('sets a node up from nothing', async () => {
    const { page, go, complaints, close } = await lab.open({ data: 'empty', fresh: true });
    await go('#/');
    await page.getByRole('button', { name: 'Begin' }).click();
    await page.getByLabel('Node name').fill('signals-fra-1');
    await page.getByLabel('Passphrase', { exact: true }).fill('correct horse battery');
    await page.getByLabel('Passphrase again').fill('correct horse battery');
    await page.getByRole('button', { name: 'Create identity' }).click();
    await page.getByLabel('Coalition name').fill('signals.eu');
    await page.getByRole('button', { name: 'Create coalition' }).click();
    await page.getByRole('heading', { name: 'Register the first machine' }).waitFor();
    await page.getByLabel('Machine name').fill('rack-07');
    await page.getByLabel('This machine').check();
    await page.getByText('This machine is not in a TD').waitFor();
    await page.getByLabel('No evidence').check();
    await page.getByRole('button', { name: 'Register machine' }).click();
    await page.getByRole('heading', { level: 1, name: 'Home' }).waitFor();
    expect(complaints).toEqual([]);
    await close();
  });
});
