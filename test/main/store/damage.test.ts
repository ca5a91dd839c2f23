/** Damage to the files of a store: one clear code, and nothing that was committed is quietly lost or changed. */
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeHashes } from '../../../src/main/hashes.ts';
import { fullCheck } from '../../../src/main/store/index.ts';
import type { LocalStore } from '../../../src/main/store/index.ts';
import { sameBytes, toHex, utf8 } from '../../../src/protocol/bytes/index.ts';
import { recordLeafHash, rootOf } from '../../../src/protocol/log/index.ts';
import { command } from '../../compliance/store.ts';
import { codeOf, refusalOf } from '../../refusal.ts';
import { scratch } from '../../scratch.ts';
import { crashCopy, garble, openIn, sizeOf, tamper, truncateTail, walOf } from './folder.ts';

const commands = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => command(from + n));
const leafOf = (n: number): Uint8Array => recordLeafHash(nodeHashes, command(n).bytes, command(n).sig);
const rootAfter = (n: number): Uint8Array =>
  rootOf(
    nodeHashes,
    Array.from({ length: n }, (_, i) => leafOf(i)),
  );
const checkpointOf = (size: number) => ({
  size,
  root: rootAfter(size),
  at: size * 1000,
  note: utf8(`note ${size}`),
});

/** `closed` entries in the file itself; then `live` more in the WAL of a store that stays open. */
function liveStore(closed: number, live: number): { folder: string; store: LocalStore } {
  const folder = scratch();
  if (closed > 0) {
    const first = openIn(folder);
    first.append(commands(0, closed));
    first.putCheckpoint(checkpointOf(closed));
    first.close();
  }
  const store = openIn(folder);
  for (let n = closed; n < closed + live; n++) store.append([command(n)]);
  return { folder, store };
}

/** A store of `size` entries, closed. */
function closedStore(size: number, checkpoint = size): string {
  const { folder, store } = liveStore(checkpoint, 0);
  if (size > checkpoint) store.append(commands(checkpoint, size));
  store.close();
  return folder;
}

/** Every entry that the store answers is the one that was written, and there are `count` of them. */
function expectWhole(store: LocalStore, count: number): void {
  const rows = store.range(0, count + 10);
  expect(rows.map(({ index }) => index)).toEqual(rows.map((_, n) => n));
  expect(rows).toHaveLength(count);
  for (const row of rows) {
    expect(sameBytes(row.bytes, command(row.index).bytes)).toBe(true);
    expect(sameBytes(row.leaf, leafOf(row.index))).toBe(true);
  }
  expect(toHex(store.rootAt(count))).toBe(toHex(rootAfter(count)));
}

/** The store opens for reading only, says why, and keeps what it has. */
function expectBehind(folder: string, why: RegExp): number {
  const store = openIn(folder);
  const head = store.health.checks.find(({ id }) => id === 'head')!;
  expect(store.health.writable).toBe(false);
  expect(head.outcome).toBe('failed');
  expect(head.detail).toMatch(why);
  expect(codeOf(() => store.append([command(0)]))).toBe('STORE_BEHIND');
  const { size } = store.health;
  expectWhole(store, size);
  store.close();
  // asking again does not heal it: nothing was signed in between
  const again = openIn(folder);
  expect(again.health.writable).toBe(false);
  again.close();
  return size;
}

describe('after a crash', () => {
  it('everything that was answered is there, and the store goes on', () => {
    const { folder, store } = liveStore(40, 12);
    const copy = openIn(crashCopy(folder));
    expect(copy.health).toMatchObject({ size: 52, writable: true });
    expectWhole(copy, 52);
    expect(copy.append([command(52)]).size).toBe(53);
    copy.close();
    store.close();
  });
});

describe('a write-ahead log', () => {
  it.each([1, 24, 4096, 4120, 9000, 30_000])(
    'whose last %i bytes are gone keeps what was before, and is read only',
    (bytes) => {
      const { folder, store } = liveStore(40, 12);
      const copy = crashCopy(folder);
      expect(sizeOf(walOf(copy))).toBeGreaterThan(40_000);
      truncateTail(walOf(copy), bytes);
      const left = expectBehind(copy, /has signed a head of 52 entries, and the store knows/);
      expect(left).toBeGreaterThanOrEqual(40);
      expect(left).toBeLessThan(52);
      store.close();
    },
  );

  it('that is gone altogether leaves what was in the file', () => {
    const { folder, store } = liveStore(40, 12);
    const copy = crashCopy(folder);
    rmSync(walOf(copy));
    expect(expectBehind(copy, /store knows 40/)).toBe(40);
    store.close();
  });

  it.each([
    ['in its last frame', -100, 1],
    ['in the head of its last frame', -4120, 24],
    ['somewhere before', -20_000, 64],
    ['in its first frame', 60, 8],
    ['in its own head', 0, 32],
  ])('garbled %s keeps what was before, and is read only', (_where, at, length) => {
    const { folder, store } = liveStore(40, 12);
    const copy = crashCopy(folder);
    garble(walOf(copy), at, length);
    const left = expectBehind(copy, /has signed a head of 52 entries/);
    expect(left).toBeGreaterThanOrEqual(40);
    store.close();
  });

  it('with rubbish after its end loses nothing', () => {
    const { folder, store } = liveStore(40, 12);
    const copy = crashCopy(folder);
    writeFileSync(walOf(copy), Buffer.concat([readFileSync(walOf(copy)), Buffer.alloc(10_000, 0x5a)]));
    const opened = openIn(copy);
    expect(opened.health).toMatchObject({ size: 52, writable: true });
    expectWhole(opened, 52);
    opened.close();
    store.close();
  });
});

describe('the database file', () => {
  it('that is no database is refused', () => {
    const folder = scratch();
    writeFileSync(
      join(folder, 'store.db'),
      'this is not a database, but it is long enough to be looked at as one',
    );
    expect(codeOf(() => openIn(folder))).toBe('STORE_DAMAGED');
  });

  it('that is a folder, or cannot be written, is refused', () => {
    const folder = scratch();
    mkdirSync(join(folder, 'store.db'));
    expect(codeOf(() => openIn(folder))).toBe('STORE_UNWRITABLE');
    if (process.geteuid?.() === 0) return;
    const other = closedStore(3);
    chmodSync(join(other, 'store.db'), 0o400);
    expect(codeOf(() => openIn(other))).toBe('STORE_UNWRITABLE');
  });

  it('of a later version is refused and left alone', () => {
    const folder = closedStore(3);
    tamper(folder, "INSERT INTO local (key, value) VALUES ('x', x'00')");
    garbleVersion(folder);
    const before = readFileSync(join(folder, 'store.db'));
    expect(codeOf(() => openIn(folder))).toBe('STORE_TOO_NEW');
    expect(readFileSync(join(folder, 'store.db')).equals(before)).toBe(true);
  });

  it('with any one page garbled is refused at start, when it is read, or by the check of everything', () => {
    const folder = closedStore(600);
    const pages = sizeOf(join(folder, 'store.db')) / 4096;
    expect(pages).toBeGreaterThan(40);
    const noticed = { start: 0, read: 0, check: 0 };
    for (let page = 0; page < pages; page++) {
      const copy = crashCopy(folder);
      garble(join(copy, 'store.db'), page * 4096, 4096);
      let store: LocalStore;
      try {
        store = openIn(copy);
      } catch {
        expect(
          codeOf(() => openIn(copy)),
          `page ${page}`,
        ).toBe('STORE_DAMAGED');
        noticed.start++;
        continue;
      }
      try {
        store.range(0, 600);
        store.inclusion(5, 600);
        store.find({ kind: 'x' }, 600, 10);
      } catch {
        noticed.read++;
      }
      store.close();
      // whatever was seen before, the check of everything sees it
      expect(checked(copy), `page ${page}`).toMatch(/^(STORE_DAMAGED|failed)/);
      noticed.check++;
    }
    expect(noticed.start).toBeGreaterThan(3);
    expect(noticed.check).toBeGreaterThan(10);
  });

  it('that becomes unreadable while it is open says so by the same code', () => {
    const folder = closedStore(600);
    // the leaves of the table of entries, not its upper pages
    const size = sizeOf(join(folder, 'store.db'));
    const codes = new Set<string>();
    for (let at = 8 * 4096; at < size; at += 4096) {
      const copy = crashCopy(folder);
      garble(join(copy, 'store.db'), at, 4096);
      let store: LocalStore;
      try {
        store = openIn(copy);
      } catch {
        continue;
      }
      try {
        store.range(0, 600);
      } catch {
        codes.add(codeOf(() => store.range(0, 600)));
      }
      store.close();
    }
    expect([...codes]).toEqual(['STORE_DAMAGED']);
  });
});

/** Sets the format to one that this version does not know. */
function garbleVersion(folder: string): void {
  const bytes = readFileSync(join(folder, 'store.db'));
  bytes.writeUInt32BE(99, 60); // user_version in the header of the file
  writeFileSync(join(folder, 'store.db'), bytes);
}

/** What the check of everything says. */
function checked(folder: string): string {
  try {
    const { state, sentence } = fullCheck(join(folder, 'store.db'), () => undefined);
    return state === 'failed' ? `failed: ${sentence}` : state;
  } catch (error) {
    return refusalOf(() => {
      throw error;
    }).code;
  }
}

describe('rows that do not fit together', () => {
  const other = new Uint8Array(32).fill(9);
  it.each<[string, string, readonly (Uint8Array | number)[]]>([
    [
      'an entry changed since the checkpoint',
      'UPDATE entries SET bytes = ? WHERE idx = 299',
      [utf8('forged')],
    ],
    [
      'a signature changed since the checkpoint',
      'UPDATE entries SET sig = ? WHERE idx = 298',
      [new Uint8Array(64)],
    ],
    ['a leaf at the edge changed', 'UPDATE entries SET leaf = ? WHERE idx = 299', [other]],
    ['the last entry gone', 'DELETE FROM entries WHERE idx = 299', []],
    [
      'an entry too many',
      `INSERT INTO entries SELECT 300, bytes, sig, leaf, digest, kind, author, at, refused, refused_why FROM entries WHERE idx = 0`,
      [],
    ],
    ['the size of the head lowered', 'UPDATE head SET size = 299', []],
    ['the size of the head raised', 'UPDATE head SET size = 301', []],
    ['the root of the head changed', 'UPDATE head SET root = ?', [other]],
    ['the edge of the tree cut', 'UPDATE head SET frontier = ?', [new Uint8Array(9)]],
    ['the edge of the tree changed', "UPDATE head SET frontier = CAST(frontier || x'00' AS BLOB)", []],
    ['the head gone', 'DELETE FROM head', []],
    ['the root of a tile changed', 'UPDATE tiles SET root = ?', [other]],
    ['the root of the last checkpoint changed', 'UPDATE checkpoints SET root = ? WHERE size = 290', [other]],
    ['a checkpoint of more entries than there are', 'UPDATE checkpoints SET size = 310 WHERE size = 290', []],
  ])('%s: refused at start', (_what, sql, values) => {
    const folder = closedStore(300, 290);
    tamper(folder, sql, ...values);
    const refusal = refusalOf(() => openIn(folder));
    expect(refusal.code).toBe('STORE_DAMAGED');
    expect(refusal.message).toMatch(/\.$/);
  });

  it.each<[string, string, readonly (Uint8Array | number)[], RegExp]>([
    [
      'an old entry changed',
      'UPDATE entries SET bytes = ? WHERE idx = 5',
      [utf8('forged')],
      /Entry 5 does not hash/,
    ],
    ['an old leaf changed', 'UPDATE entries SET leaf = ? WHERE idx = 5', [other], /Entry 5 does not hash/],
    ['an old entry gone', 'DELETE FROM entries WHERE idx = 5', [], /Entry 5 is missing/],
    [
      'an old entry changed together with its leaf',
      'UPDATE entries SET bytes = ?, leaf = ? WHERE idx = 5',
      [utf8('forged'), recordLeafHash(nodeHashes, utf8('forged'), command(5).sig)],
      /tile|root/,
    ],
    ['the hashes of a tile changed', 'UPDATE tiles SET hashes = zeroblob(8192)', [], /tile/],
  ])('%s: found by the check of everything', (_what, sql, values, why) => {
    const folder = closedStore(300, 290);
    expect(checked(folder)).toBe('passed');
    tamper(folder, sql, ...values);
    expect(checked(folder)).toMatch(why);
  });
});

describe('the head file', () => {
  const SLOT = 48;
  const head = (folder: string): string => join(folder, 'head');

  it('that is missing or empty means: restored from a backup', () => {
    for (const damage of [(path: string) => rmSync(path), (path: string) => writeFileSync(path, '')]) {
      const folder = closedStore(30);
      damage(head(folder));
      expect(expectBehind(folder, /head file is missing/)).toBe(30);
    }
  });

  it('with both halves garbled counts as missing', () => {
    const folder = closedStore(300, 290);
    garble(head(folder), 3);
    garble(head(folder), SLOT + 20);
    expect(expectBehind(folder, /head file is missing/)).toBe(300);
  });

  it('with one half garbled falls back on the other', () => {
    for (const slot of [0, 1]) {
      const folder = closedStore(300, 290);
      garble(head(folder), slot * SLOT + 1);
      const store = openIn(folder);
      expect(store.health).toMatchObject({ size: 300, writable: true });
      store.append([command(300)]);
      store.close();
      const again = openIn(folder);
      expect(again.health).toMatchObject({ size: 301, writable: true });
      again.close();
    }
  });

  it('ahead of the store means: the store is an old copy', () => {
    const { folder, store } = liveStore(40, 0);
    const old = crashCopy(folder);
    store.append(commands(40, 45));
    store.close();
    writeFileSync(head(old), readFileSync(head(folder)));
    expect(expectBehind(old, /has signed a head of 45 entries, and the store knows 40/)).toBe(40);
  });

  it('of another history of the same size means: never sign here', () => {
    const one = closedStore(30);
    const folder = scratch();
    const store = openIn(folder);
    store.append([command(7), ...commands(1, 30)]);
    store.close();
    writeFileSync(head(folder), readFileSync(head(one)));
    const again = openIn(folder);
    expect(again.health.writable).toBe(false);
    expect(codeOf(() => again.append([command(30)]))).toBe('STORE_BEHIND');
    again.close();
  });

  it('that cannot be opened is refused, and lets go of the database', () => {
    const folder = closedStore(3);
    rmSync(head(folder));
    mkdirSync(head(folder));
    expect(codeOf(() => openIn(folder))).toBe('STORE_UNWRITABLE');
  });
});
