/** Groups' files that an earlier version wrote. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, expect, it } from 'vitest';
import { utf8 } from '../../../src/protocol/bytes/index.ts';
import { encodeFrontier } from '../../../src/protocol/log/index.ts';
import { openGroupStore } from '../../../src/main/store/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'groups-format-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The tables of the first version, as far as two Groups with a few entries need them. */
function firstVersion(path: string): void {
  const db = new DatabaseSync(path);
  db.exec(`
    CREATE TABLE groups (
      num INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, term INTEGER NOT NULL, vote TEXT, writes INTEGER NOT NULL,
      base_idx INTEGER NOT NULL, base_term INTEGER NOT NULL, committed INTEGER NOT NULL, frontier BLOB NOT NULL,
      sessions BLOB NOT NULL, muted BLOB
    ) STRICT;
    CREATE TABLE entries (
      grp INTEGER NOT NULL, idx INTEGER NOT NULL, term INTEGER NOT NULL, kind INTEGER NOT NULL, data BLOB NOT NULL,
      PRIMARY KEY (grp, idx)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX entries_members ON entries (grp, idx) WHERE kind = 2;
    CREATE TABLE gaps (grp INTEGER NOT NULL, idx INTEGER NOT NULL, PRIMARY KEY (grp, idx)) STRICT, WITHOUT ROWID;
    CREATE TABLE tiles (
      grp INTEGER NOT NULL, level INTEGER NOT NULL, idx INTEGER NOT NULL, root BLOB NOT NULL, hashes BLOB NOT NULL,
      UNIQUE (grp, level, idx)
    ) STRICT;
    CREATE TABLE edges (
      grp INTEGER NOT NULL, leaf INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (grp, leaf)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE checkpoints (
      grp INTEGER NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, at INTEGER NOT NULL, note BLOB NOT NULL,
      PRIMARY KEY (grp, size)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE snapshots (grp INTEGER PRIMARY KEY, value BLOB NOT NULL) STRICT;
    PRAGMA user_version = 1;`);
  const group = db.prepare('INSERT INTO groups VALUES (?, ?, 3, NULL, 0, 0, 0, 0, ?, ?, NULL)');
  const entry = db.prepare('INSERT INTO entries VALUES (?, ?, ?, ?, ?)');
  for (const num of [1, 2]) {
    group.run(
      num,
      new Uint8Array(32).fill(num),
      encodeFrontier({ size: 0, hashes: [] }),
      Uint8Array.of(0x80),
    );
    entry.run(num, 1, 2, 1, new Uint8Array(0));
    for (const idx of [2, 3]) entry.run(num, idx, 3, 0, utf8(`entry ${idx} of group ${num}`));
  }
  db.close();
}

it('keep every entry, of each Group its own', async () => {
  const path = join(folder, 'groups.db');
  firstVersion(path);
  const store = await openGroupStore({ path, heads: join(folder, 'heads') });
  try {
    for (const num of [1, 2]) {
      const log = await store.open(new Uint8Array(32).fill(num));
      expect(log.opened.hard).toEqual({ term: 3, vote: null });
      expect(log.opened.last).toEqual({ term: 3, index: 3 });
      const found = await log.read(1, 10_000);
      expect(found?.entries).toEqual([
        { kind: 'no-op', index: 1, term: 2 },
        { kind: 'command', index: 2, term: 3, data: utf8(`entry 2 of group ${num}`) },
        { kind: 'command', index: 3, term: 3, data: utf8(`entry 3 of group ${num}`) },
      ]);
      await log.write({ truncateFrom: 3, append: [{ kind: 'no-op', index: 3, term: 4 }] });
      expect((await log.read(3, 10_000))?.entries).toEqual([{ kind: 'no-op', index: 3, term: 4 }]);
    }
  } finally {
    await store.close();
  }
});
