/** One node and its data folder: who may open it, what is left of interrupted work, who can read its files. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockFolder } from '../../../src/main/node/index.ts';
import { openVault } from '../../../src/main/store/index.ts';
import { toHex } from '../../../src/protocol/bytes/index.ts';
import { cheapSeal, openReadyNode, openTestNode, ownerOf, PASSPHRASE } from '../../node.ts';
import { verifyEntry } from '../../outsider.ts';
import { codeFrom, codeOf, refusalFrom } from '../../refusal.ts';
import { scratch } from '../../scratch.ts';
import { crashCopyOf, issueTickets, peer, problemOf } from './support.ts';

describe('a data folder', () => {
  it('belongs to one node at a time, and the first one goes on', async () => {
    const folder = scratch();
    const { client } = await openReadyNode(folder);
    const refusal = await refusalFrom(openTestNode(folder));
    expect(refusal.code).toBe('DATA_IN_USE');
    expect(refusal.message).toContain(join(folder, 'data'));
    const receipt = await client.tickets.issue({ peer: peer(1) });
    expect(receipt.receipt.stage).toBe('committed');
  });

  it('is refused to another process as well, which is told whose it is', async () => {
    const folder = scratch();
    const node = await openTestNode(folder);
    const data = join(folder, 'data');
    const runFile = { pid: 4711, startedAt: 0, socket: '/s', console: 'http://127.0.0.1:9', bearer: 'x' };
    writeFileSync(join(data, 'run.json'), JSON.stringify(runFile));
    const lock = join(import.meta.dirname, '../../../src/main/node/lock.ts');
    const script = `import(${JSON.stringify(lock)}).then(({ lockFolder }) => lockFolder(${JSON.stringify(data)})).then(() => console.log('taken'), (error) => console.log(error.code, error.message))`;
    const ask = () => spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' }).stdout.trim();
    expect(ask()).toMatch(/^DATA_IN_USE Another node \(process 4711, http:\/\/127\.0\.0\.1:9\) works on /);
    await node.close();
    expect(ask()).toBe('taken');
  });

  it('is free again once its node is closed', async () => {
    const folder = scratch();
    const first = await openTestNode(folder);
    await first.close();
    const second = await openTestNode(folder);
    expect(second.health.report().writable).toBe(true);
  });

  it('is refused where no folder can be', async () => {
    const folder = scratch();
    writeFileSync(join(folder, 'data'), 'a file is in the way');
    expect(await codeFrom(openTestNode(folder))).toBe('DATA_FOLDER');
    const other = scratch();
    mkdirSync(join(other, 'lock'));
    expect(codeOf(() => lockFolder(other))).toBe('DATA_FOLDER');
  });

  it('keeps every file to its owner, whatever the umask and the folder allow', async () => {
    const folder = scratch();
    const data = join(folder, 'data');
    mkdirSync(data, { mode: 0o755 });
    const before = process.umask(0);
    try {
      const { node, client } = await openReadyNode(folder);
      await issueTickets(client, 2);
      // everything that is there while it runs: journals, lock, log
      const files = readdirSync(data, { recursive: true, withFileTypes: true });
      const names = files.map(({ name }) => name);
      expect(names).toEqual(
        expect.arrayContaining(['store.db', 'store.db-wal', 'head', 'vault.json', 'lock', 'muster.log']),
      );
      for (const file of files)
        expect(statSync(join(file.parentPath, file.name)).mode & 0o077, file.name).toBe(0);
      await node.close();
    } finally {
      process.umask(before);
    }
  });
});

describe('an identity', () => {
  it('whose creation was interrupted after the keys is finished with those keys', async () => {
    const folder = scratch();
    mkdirSync(join(folder, 'data'));
    const keys = await openVault(join(folder, 'data/vault.json'), cheapSeal()).create(PASSPHRASE);
    const client = ownerOf(await openTestNode(folder));
    expect(await client.identity.get()).toMatchObject({
      state: 'locked',
      peer: toHex(keys.node),
      name: null,
    });
    expect(
      await problemOf(client.identity.create({ name: 'rack-07', passphrase: 'another passphrase' })),
    ).toBe('PASSPHRASE_WRONG');
    expect(await problemOf(client.identity.create({ name: 'rack-07' }))).toBe('PASSPHRASE_NEEDED');
    const { identity, receipt } = await client.identity.create({ name: 'rack-07', passphrase: PASSPHRASE });
    expect(identity).toMatchObject({ state: 'ready', peer: toHex(keys.node), name: 'rack-07' });
    expect(receipt).toMatchObject({ index: 0, stage: 'committed' });
    expect(await problemOf(client.identity.create({ name: 'again', passphrase: PASSPHRASE }))).toBe(
      'VAULT_EXISTS',
    );
    await verifyEntry(client, 0);
  });

  it('is locked after every start, and until then nothing is signed', async () => {
    const folder = scratch();
    const { node } = await openReadyNode(folder);
    await node.close();
    const client = ownerOf(await openTestNode(folder));
    expect((await client.identity.get()).state).toBe('locked');
    expect(await problemOf(client.tickets.issue({ peer: peer(1) }))).toBe('VAULT_LOCKED');
    expect((await client.chronicle.list({})).entries).toHaveLength(2);
    await client.identity.unlock({ passphrase: PASSPHRASE });
    expect((await client.tickets.issue({ peer: peer(1) })).receipt.index).toBe(2);
    await client.identity.lock();
    expect(await problemOf(client.tickets.issue({ peer: peer(2) }))).toBe('VAULT_LOCKED');
  });

  it('signs on unlocking what a crash left without a checkpoint', async () => {
    const folder = scratch();
    const { client } = await openReadyNode(folder);
    await issueTickets(client, 3);
    const copy = crashCopyOf(folder);
    const after = ownerOf(await openTestNode(copy));
    const before = await after.chronicle.head();
    expect(before.size).toBe(5);
    await after.identity.unlock({ passphrase: PASSPHRASE });
    expect((await after.chronicle.head()).checkpoint?.size).toBe(5);
    for (let index = 0; index < 5; index++) await verifyEntry(after, index);
  });
});
