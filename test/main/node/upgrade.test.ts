/** A data folder that an earlier version wrote: the node opens, shows what is there, and says what it had to do. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { rebuildNotes } from '../../../src/main/node/rebuild-notes.ts';
import { decodeCanonical, encodeCanonical } from '../../../src/protocol/bytes/index.ts';
import type { Value } from '../../../src/protocol/bytes/index.ts';
import { openReadyNode, openTestNode, ownerOf } from '../../node.ts';
import { scratch } from '../../scratch.ts';

/** Takes the members out of the machines' rows that the first rules did not write. */
function age(folder: string): void {
  const db = new DatabaseSync(join(folder, 'data/store.db'));
  for (const row of db.prepare("SELECT key, value FROM view WHERE key LIKE 'machine/%'").all()) {
    const { challenge, eventLog, policy, provedAt, ...older } = decodeCanonical(
      row['value'] as Uint8Array,
      1 << 20,
    ) as { [member: string]: Value };
    expect([challenge, eventLog, policy, provedAt]).not.toContain(undefined);
    db.prepare('UPDATE view SET value = ? WHERE key = ?').run(encodeCanonical(older), row['key'] as string);
  }
  db.exec('DROP TABLE rules; PRAGMA user_version = 1');
  db.close();
}

describe('a node after an upgrade', () => {
  it('lists the machines that an earlier version recorded, and says in its log that it folded anew', async () => {
    const folder = scratch();
    const first = await openReadyNode(folder);
    await first.client.machines.register({ name: 'rack-07', quote: { kind: 'none' } });
    const before = await first.client.machines.list();
    await first.node.close();
    age(folder);

    const node = await openTestNode(folder);
    const client = ownerOf(node);
    expect(await client.machines.list()).toEqual(before);
    const { startup } = await client.chronicle.health();
    expect(startup.find(({ id }) => id === 'view')).toMatchObject({
      outcome: 'passed',
      detail: expect.stringMatching(/^the view was folded anew from \d+ entries/),
    });
    await node.close();
    const log = readFileSync(join(folder, 'data/muster.log'), 'utf8');
    expect(log).toMatch(/the log is folded anew: (\d+) of \1 entries/);
  });
});

describe('what is said while a view is folded anew', () => {
  it('is its beginning, now and then how far it is, and its end', () => {
    let at = 0;
    const said: string[] = [];
    const note = rebuildNotes(
      () => at,
      (sentence) => said.push(sentence),
    );
    for (let done = 0; done <= 10_000; done += 100, at += 100) note({ done, total: 10_000 });
    expect(said.map((sentence) => /: (.*) of/.exec(sentence)![1])).toEqual([
      '0',
      '2000',
      '4000',
      '6000',
      '8000',
      '10000',
    ]);
  });
});
