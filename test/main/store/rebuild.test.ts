/** A store that other rules wrote: after an upgrade its view is the one of today's rules, whatever comes between. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { nodeHashes } from '../../../src/main/hashes.ts';
import { openLocalStore, openThreadedStore } from '../../../src/main/store/index.ts';
import type { LocalStore, Rebuilding } from '../../../src/main/store/index.ts';
import { encodeCanonical, toHex, utf8 } from '../../../src/protocol/bytes/index.ts';
import type { Value } from '../../../src/protocol/bytes/index.ts';
import { kinds } from '../../../src/protocol/kinds.ts';
import { foldInto, memoryView, viewDigest } from '../../../src/protocol/record/index.ts';
import { RULES_VERSION } from '../../../src/protocol/rules-version.ts';
import { history, LENGTH, SEEDS } from '../../protocol/record/history.ts';
import { codeOf, refusalOf } from '../../refusal.ts';
import { scratch } from '../../scratch.ts';
import { optionsIn, tamper } from './folder.ts';

const records = history(SEEDS[0]!, LENGTH);
const commands = records.map((bytes) => ({ bytes, sig: new Uint8Array(64) }));
const right = memoryView();
const outcomes = records.map(
  (bytes, index) => foldInto(kinds, nodeHashes, right, bytes, index).refused?.code ?? null,
);
const rightDigest = toHex(viewDigest(nodeHashes, right));

const openRules = (folder: string, report?: (progress: Rebuilding) => void): LocalStore =>
  openLocalStore(optionsIn(folder, 'kinds'), report);

/** A closed store of the history, as today's rules leave it. */
function livedStore(): string {
  const folder = scratch();
  const store = openRules(folder);
  for (let at = 0; at < commands.length; at += 500) store.append(commands.slice(at, at + 500));
  store.putLocal('settings', { engine: 'unix:///here' });
  store.close();
  return folder;
}

/** The same as older rules left it: members are missing, rows are too many and too few, one cannot be read. */
function oldStore(): string {
  const folder = livedStore();
  const db = new DatabaseSync(join(folder, 'store.db'));
  const put = db.prepare('INSERT OR REPLACE INTO view (key, value) VALUES (?, ?)');
  for (const [key, row] of right.rows)
    if (key.startsWith('machine/')) {
      const { challenge: _1, eventLog: _2, policy: _3, ...older } = row as { [member: string]: Value };
      put.run(key, encodeCanonical(older));
    }
  const [gone, unreadable] = [...right.rows.keys()].filter((key) => key.startsWith('ticket/'));
  db.prepare('DELETE FROM view WHERE key = ?').run(gone!);
  put.run(unreadable!, new Uint8Array([0xff, 0xff]));
  put.run('machine/of-old', encodeCanonical({ left: 'over' }));
  // older rules took one that today's refuse, and knew no kind of another name
  const refused = outcomes.findIndex((code) => code !== null && code !== 'CBOR_PROFILE');
  db.prepare('UPDATE entries SET refused = NULL, refused_why = NULL WHERE idx = ?').run(refused);
  db.prepare("UPDATE entries SET refused = 'KIND_UNKNOWN', refused_why = 'x' WHERE idx = 1").run();
  db.prepare('UPDATE rules SET version = 0').run();
  db.close();
  return folder;
}

/** Everything that the rules say about the entries is what they say today. */
function expectRight(store: LocalStore): void {
  const rows = store.viewRows('').map(([key, value]) => [key, value] as Value);
  expect(toHex(nodeHashes.sha256(encodeCanonical(rows)))).toBe(rightDigest);
  expect(store.range(0, LENGTH).map(({ refused }) => refused?.code ?? null)).toEqual(outcomes);
  expect(store.getLocal('settings')).toEqual({ engine: 'unix:///here' });
  expect(store.health).toMatchObject({ size: LENGTH, writable: true });
}

const viewCheck = (store: LocalStore): string => store.health.checks.find(({ id }) => id === 'view')!.detail;

/** What lies in the file, without opening it as a store. */
function inFile(folder: string): { version: unknown; view: string } {
  const db = new DatabaseSync(join(folder, 'store.db'));
  try {
    const rows = db.prepare('SELECT key, value FROM view ORDER BY key').all();
    const view = nodeHashes.sha256(
      encodeCanonical(rows.map((row) => [row['key'] as string, row['value'] as Uint8Array])),
    );
    return { version: db.prepare('SELECT version FROM rules').get()?.['version'], view: toHex(view) };
  } finally {
    db.close();
  }
}

describe('a store whose view other rules folded', () => {
  it('opens with the view of today, entries and local rows untouched, and goes on', () => {
    const folder = oldStore();
    const seen: Rebuilding[] = [];
    const store = openRules(folder, (progress) => seen.push(progress));
    expectRight(store);
    expect(viewCheck(store)).toBe(
      `the view was folded anew from ${LENGTH} entries by version ${RULES_VERSION} of the rules`,
    );
    expect(seen[0]).toEqual({ done: 0, total: LENGTH });
    expect(seen.at(-1)).toEqual({ done: LENGTH, total: LENGTH });
    // a batch at a time, in order
    expect(seen.length).toBeGreaterThan(LENGTH / 512);
    expect(seen.map(({ done }) => done)).toEqual(seen.map(({ done }) => done).toSorted((a, b) => a - b));
    expect(store.append([{ bytes: utf8('more'), sig: new Uint8Array(64) }]).size).toBe(LENGTH + 1);
    store.close();
  });

  it('is found again by what its entries mention, also where older rules could not read them', () => {
    const folder = livedStore();
    tamper(folder, "UPDATE entries SET kind = '', author = zeroblob(32), at = 0");
    tamper(folder, 'DELETE FROM mentions');
    tamper(folder, 'UPDATE rules SET version = 0');
    const untouched = openRules(livedStore());
    const store = openRules(folder);
    for (const filter of [{ mentions: '10101010' }, { kind: 'ticket.*' }, { author: 'b2' }] as const) {
      const found = store.find(filter, LENGTH, LENGTH).map(({ index }) => index);
      expect(found.length).toBeGreaterThan(10);
      expect(found).toEqual(untouched.find(filter, LENGTH, LENGTH).map(({ index }) => index));
    }
    untouched.close();
    store.close();
  });

  it('may be from before there was a version, in the older format of the file', () => {
    const folder = oldStore();
    const db = new DatabaseSync(join(folder, 'store.db'));
    db.exec('DROP TABLE rules; PRAGMA user_version = 1');
    db.close();
    const store = openRules(folder);
    expectRight(store);
    store.close();
  });

  it('folds it once: an equal version leaves every row alone', () => {
    const folder = oldStore();
    openRules(folder).close();
    // a row that only a replay would remove
    tamper(folder, "INSERT INTO view (key, value) VALUES ('machine/not-here', x'01')");
    const seen: Rebuilding[] = [];
    const store = openRules(folder, (progress) => seen.push(progress));
    expect(store.viewRow('machine/not-here')).toBe(1);
    expect(viewCheck(store)).toBe(`the view was folded by version ${RULES_VERSION} of the rules`);
    expect(seen).toEqual([]);
    store.close();
  });

  it('is not replayed when it is new', () => {
    const folder = scratch();
    const seen: Rebuilding[] = [];
    openRules(folder, (progress) => seen.push(progress)).close();
    expect(seen).toEqual([]);
    expect(inFile(folder).version).toBe(RULES_VERSION);
  });

  it('says how far it is through the worker too', async () => {
    const folder = oldStore();
    const seen: Rebuilding[] = [];
    const store = await openThreadedStore(optionsIn(folder, 'kinds'), (progress) => seen.push(progress));
    expect(seen.at(-1)).toEqual({ done: LENGTH, total: LENGTH });
    expect(await store.viewRow('machine/of-old')).toBeUndefined();
    await store.close();
  });

  it('is left alone when the rules that folded it are of a later version', () => {
    const folder = oldStore();
    tamper(folder, 'UPDATE rules SET version = ?', RULES_VERSION + 1);
    const before = inFile(folder);
    expect(codeOf(() => openRules(folder))).toBe('STORE_TOO_NEW');
    expect(inFile(folder)).toEqual(before);
  });

  it('is not asked for where no rules fold', () => {
    const folder = scratch();
    openLocalStore(optionsIn(folder, 'none')).close();
    expect(inFile(folder).version).toBeUndefined();
  });
});

describe('a kill while the view is folded anew', () => {
  it.each([
    ['at its beginning', 0],
    ['in the middle', LENGTH / 2],
    ['when every entry is folded and nothing is committed', LENGTH],
  ])('%s leaves the store as it was, and the next start does it', (_when, entries) => {
    const folder = oldStore();
    const before = inFile(folder);
    const script = join(import.meta.dirname, 'rebuild-killed.ts');
    const child = spawnSync(process.execPath, [script, folder, String(entries)], { encoding: 'utf8' });
    expect(child.signal, child.stderr).toBe('SIGKILL');
    expect(inFile(folder)).toEqual(before);
    const store = openRules(folder);
    expectRight(store);
    store.close();
    expect(inFile(folder).version).toBe(RULES_VERSION);
  });
});

describe('a log that cannot be folded anew', () => {
  const unchanged = (damage: (folder: string) => void): { code: string; message: string } => {
    const folder = oldStore();
    damage(folder);
    const before = inFile(folder);
    const refusal = refusalOf(() => openRules(folder));
    expect(inFile(folder)).toEqual(before);
    return refusal;
  };

  // entry 5 lies before what the start-up checks look at
  it.each<[string, string, RegExp]>([
    ['an old entry changed', "UPDATE entries SET bytes = x'a0' WHERE idx = 5", /entry 5 is not what it was/],
    ['an old entry gone', 'DELETE FROM entries WHERE idx = 5', /entry 5 is missing/],
  ])('because of %s is damaged, and the store stays as it was', (_what, sql, why) => {
    const { code, message } = unchanged((folder) => tamper(folder, sql));
    expect(code).toBe('STORE_DAMAGED');
    expect(message).toMatch(why);
  });

  it('because an old entry was changed together with its leaf is damaged', () => {
    const { code } = unchanged((folder) => {
      const other = commands[6]!;
      tamper(
        folder,
        'UPDATE entries SET bytes = ?, leaf = (SELECT leaf FROM entries WHERE idx = 6) WHERE idx = 5',
        other.bytes,
      );
    });
    expect(code).toBe('STORE_DAMAGED');
  });

  it('because the rules break on an entry names the entry, and the store stays as it was', () => {
    const { code, message } = unchanged((folder) => {
      const db = new DatabaseSync(join(folder, 'store.db'));
      // stands for a fold with a bug: what it writes is not taken
      db.exec(`CREATE TRIGGER bug BEFORE INSERT ON view WHEN NEW.key LIKE 'ticket/%'
               BEGIN SELECT RAISE(ABORT, 'no such row'); END`);
      db.close();
    });
    expect(code).toBe('STORE_REPLAY');
    expect(message).toMatch(/^The rules of this version break on entry \d+ \(no such row\)\.$/);
  });
});
