/** A node on a damaged, restored or full disk: one clear code, and what was committed before still verifies. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { Client } from '../../../src/main/api/index.ts';
import { openTestNode, openReadyNode, ownerOf, PASSPHRASE } from '../../node.ts';
import { describeWith } from '../../parts.ts';
import { exportBundle, judgeBundle, verifyEntry } from '../../outsider.ts';
import { codeFrom } from '../../refusal.ts';
import { scratch } from '../../scratch.ts';
import { smallDisk } from '../../small-disk.ts';
import { garble, truncateTail } from '../store/folder.ts';
import { crashCopyOf, issueTickets, peer, problemOf } from './support.ts';

/** Everything under the checkpoint verifies, entry by entry and as a bundle. Answers how much that is. */
async function expectVerifies(client: Client): Promise<number> {
  const covered = (await client.chronicle.head()).checkpoint!.size;
  for (let index = 0; index < covered; index++) await verifyEntry(client, index);
  const result = judgeBundle(await exportBundle(client));
  expect(result).toMatchObject({ ok: true, entries: covered });
  return covered;
}

/** A node with a history, of which the first part lies in the database file and under a stored checkpoint. */
async function livedNode() {
  const folder = scratch();
  const first = await openReadyNode(folder);
  await issueTickets(first.client, 6);
  await first.node.close();
  const node = await openTestNode(folder);
  const client = ownerOf(node);
  await client.identity.unlock({ passphrase: PASSPHRASE });
  return { folder, node, client };
}

/** The node shows what it has, says that it is behind, and signs nothing. */
async function expectReadOnly(folder: string, atLeast: number): Promise<void> {
  const node = await openTestNode(folder);
  const client = ownerOf(node);
  const about = await client.settings.about();
  expect(about.problems.map(({ code }) => code)).toContain('STORE_BEHIND');
  const before = await client.chronicle.head();
  await client.identity.unlock({ passphrase: PASSPHRASE });
  expect(await problemOf(client.tickets.issue({ peer: peer(77) }))).toBe('STORE_BEHIND');
  expect(await problemOf(client.coalition.create({ name: 'other.one' }))).toMatch(
    /^(STORE_BEHIND|COALITION_EXISTS)$/,
  );
  const health = await client.chronicle.health();
  expect(health.writable).toBe(false);
  expect(health.startup.find(({ id }) => id === 'head')).toMatchObject({ outcome: 'failed' });
  // not even a checkpoint of what is there
  expect(await client.chronicle.head()).toEqual(before);
  expect(await expectVerifies(client)).toBeGreaterThanOrEqual(atLeast);
  await node.close();
}

describe('a node whose write-ahead log', () => {
  it('is as a crash left it has every entry that was answered', async () => {
    const { folder, client } = await livedNode();
    await issueTickets(client, 5, 50);
    const after = ownerOf(await openTestNode(crashCopyOf(folder)));
    await after.identity.unlock({ passphrase: PASSPHRASE });
    expect((await after.chronicle.head()).size).toBe(13);
    expect(await expectVerifies(after)).toBe(13);
    await issueTickets(after, 1, 90);
    expect(await expectVerifies(after)).toBe(14);
  });

  it('lost its tail is read-only, and what was committed before verifies', async () => {
    const { folder, client } = await livedNode();
    await issueTickets(client, 5, 50);
    const copy = crashCopyOf(folder);
    truncateTail(join(copy, 'data/store.db-wal'), 90_000);
    await expectReadOnly(copy, 8);
  });

  it('is garbled is read-only, and what was committed before verifies', async () => {
    const { folder, client } = await livedNode();
    await issueTickets(client, 5, 50);
    const copy = crashCopyOf(folder);
    garble(join(copy, 'data/store.db-wal'), -90_000, 500);
    await expectReadOnly(copy, 8);
  });
});

describe('a node whose data folder was restored', () => {
  it('without the head file is read-only', async () => {
    const { folder, node } = await livedNode();
    await node.close();
    rmSync(join(folder, 'data/head'));
    await expectReadOnly(folder, 8);
  });

  it('from an older copy beside a newer head file is read-only', async () => {
    const { folder, node, client } = await livedNode();
    const old = crashCopyOf(folder);
    await issueTickets(client, 2, 50);
    await node.close();
    writeFileSync(join(old, 'data/head'), readFileSync(join(folder, 'data/head')));
    await expectReadOnly(old, 8);
  });
});

describe('a node whose store contradicts itself', () => {
  it('does not start, says so, and lets go of the folder', async () => {
    const { folder, node } = await livedNode();
    await node.close();
    const db = new DatabaseSync(join(folder, 'data/store.db'));
    db.exec('UPDATE head SET size = size - 1');
    db.close();
    // twice: the first refusal must not leave the folder locked
    for (const _ of [1, 2]) expect(await codeFrom(openTestNode(folder))).toBe('STORE_DAMAGED');
  });

  it('does not start on a database that is none, nor with keys that cannot be read', async () => {
    const { folder, node } = await livedNode();
    await node.close();
    const vault = join(folder, 'data/vault.json');
    const whole = readFileSync(vault);
    writeFileSync(vault, whole.subarray(0, 100));
    for (const _ of [1, 2]) expect(await codeFrom(openTestNode(folder))).toBe('VAULT_DAMAGED');
    writeFileSync(vault, whole);
    writeFileSync(join(folder, 'data/store.db'), 'x'.repeat(8192));
    for (const _ of [1, 2]) expect(await codeFrom(openTestNode(folder))).toBe('STORE_DAMAGED');
  });

  it('in an old entry starts, and the check of everything makes it a standing problem', async () => {
    const { folder, node } = await livedNode();
    await node.close();
    const db = new DatabaseSync(join(folder, 'data/store.db'));
    db.exec("UPDATE entries SET bytes = x'00' WHERE idx = 2");
    db.close();
    const client = ownerOf(await openTestNode(folder));
    const until = Date.now() + 20_000;
    while ((await client.chronicle.health()).background.state !== 'failed' && Date.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await client.settings.about()).problems.map(({ code }) => code)).toEqual(['STORE_DAMAGED']);
    await expect(verifyEntry(client, 2)).rejects.toThrow();
    await verifyEntry(client, 3);
  });
});

describeWith('tmpfs', 'a node on a full disk', () => {
  it('says so, keeps what it has, and goes on when there is room again', async () => {
    const folder = scratch();
    const disk = smallDisk(folder, 12);
    const { node, client } = await openReadyNode(folder);
    await issueTickets(client, 5);
    disk.fill(256 * 1024);
    let written = 5;
    let code = '';
    while (code === '' && written < 2000) {
      const outcome = await problemOf(client.tickets.issue({ peer: peer(written + 1) }));
      if (outcome === 'it was not refused') written++;
      else code = outcome;
    }
    expect(code).toBe('STORE_FULL');
    expect(written).toBeGreaterThan(5);
    // again and again, with the same answer; and everything before is there
    expect(await problemOf(client.tickets.issue({ peer: peer(5000) }))).toBe('STORE_FULL');
    const full = await client.chronicle.head();
    expect(await expectVerifies(client)).toBe(full.checkpoint!.size);
    expect(full.checkpoint!.size).toBeGreaterThanOrEqual(2 + written);
    expect((await client.tickets.list({})).tickets.length).toBeGreaterThanOrEqual(written);

    disk.free();
    const [index] = await issueTickets(client, 1, 6000);
    expect(index).toBeGreaterThanOrEqual(2 + written);
    await verifyEntry(client, index!);
    await node.close();

    const again = ownerOf(await openTestNode(folder));
    expect((await again.chronicle.health()).writable).toBe(true);
    expect(await expectVerifies(again)).toBe(index! + 1);
  });

  it('does not start on it, says so, and starts whole when there is room', async () => {
    const folder = scratch();
    const disk = smallDisk(folder, 12);
    const { node, client } = await openReadyNode(folder);
    await issueTickets(client, 5);
    await node.close();
    disk.fill(0);
    for (const _ of [1, 2]) expect(await codeFrom(openTestNode(folder))).toBe('STORE_FULL');
    disk.free();
    expect(await expectVerifies(ownerOf(await openTestNode(folder)))).toBe(7);
  });
});
