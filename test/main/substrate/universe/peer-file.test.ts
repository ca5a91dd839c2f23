/** The peer store's file by the behaviours of interface-datastore, and as a file. */
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Key } from 'interface-datastore';
import type { Pair } from 'interface-datastore';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openPeerFile } from '../../../../src/main/substrate/universe/index.ts';
import { scratch } from '../../../scratch.ts';
import { introduce, nodeKey, universe } from './support.ts';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const text = (value: Uint8Array): string => Buffer.from(value).toString();
const key = (name: string): Key => new Key(name);
const open = (path: string | null, limit?: number): ReturnType<typeof openPeerFile> => {
  const file = openPeerFile({
    path,
    limit,
    delay: 5,
    volatile: (name) => name.startsWith('/own/'),
    pinned: '/pinned/',
  });
  onTestFinished(() => file.close());
  return file;
};
const all = async <T>(from: Iterable<T> | AsyncIterable<T>): Promise<T[]> => {
  const found: T[] = [];
  for await (const item of from) found.push(item);
  return found;
};
const names = (pairs: readonly Pair[]): string[] => pairs.map((pair) => pair.key.toString()).toSorted();

describe.each([
  ['in memory', () => null],
  ['in a file', () => join(scratch(), 'peers.db')],
])('the peer store %s', (_where, path) => {
  it('gives back what was put, the latest', async () => {
    const store = open(path());
    await store.put(key('/a/b'), bytes('one'));
    await store.put(key('/a/b'), bytes('two'));
    expect(text(await store.get(key('/a/b')))).toBe('two');
    expect(await store.has(key('/a/b'))).toBe(true);
    expect(await store.has(key('/a'))).toBe(false);
  });

  it('says NotFoundError for a key that is absent, or deleted', async () => {
    const store = open(path());
    expect(() => store.get(key('/no'))).toThrow(expect.objectContaining({ name: 'NotFoundError' }));
    await store.put(key('/x'), bytes('x'));
    await store.delete(key('/x'));
    await store.delete(key('/x'));
    expect(() => store.get(key('/x'))).toThrow(expect.objectContaining({ name: 'NotFoundError' }));
  });

  it('puts, gets and deletes many, in order', async () => {
    const store = open(path());
    const pairs = Array.from({ length: 50 }, (_, i) => ({ key: key(`/many/${i}`), value: bytes(String(i)) }));
    expect((await all(store.putMany(pairs))).map(String)).toEqual(pairs.map((pair) => pair.key.toString()));
    const got = await all(store.getMany(pairs.map((pair) => pair.key)));
    expect(got.map(({ value }) => text(value))).toEqual(pairs.map(({ value }) => text(value)));
    await all(store.deleteMany(pairs.map((pair) => pair.key)));
    expect(await all(store.query({}))).toEqual([]);
  });

  it('does nothing of a batch before it is committed, and then all of it', async () => {
    const store = open(path());
    await store.put(key('/old'), bytes('old'));
    const batch = store.batch();
    batch.put(key('/new'), bytes('new'));
    batch.delete(key('/old'));
    expect([await store.has(key('/new')), await store.has(key('/old'))]).toEqual([false, true]);
    await batch.commit();
    expect([await store.has(key('/new')), await store.has(key('/old'))]).toEqual([true, false]);
  });

  it('answers queries by prefix, filter, order, offset and limit', async () => {
    const store = open(path());
    for (const [name, value] of [
      ['/z/1', 'c'],
      ['/z/2', 'a'],
      ['/z/3', 'b'],
      ['/q/1', 'd'],
    ] as const)
      await store.put(key(name), bytes(value));
    expect(names(await all(store.query({ prefix: '/z' })))).toEqual(['/z/1', '/z/2', '/z/3']);
    expect(names(await all(store.query({ filters: [({ value }) => text(value) > 'b'] })))).toEqual([
      '/q/1',
      '/z/1',
    ]);
    const ordered = await all(
      store.query({ prefix: '/z', orders: [(a, b) => (text(a.value) < text(b.value) ? -1 : 1)] }),
    );
    expect(ordered.map(({ value }) => text(value))).toEqual(['a', 'b', 'c']);
    expect(await all(store.query({ offset: 3 }))).toHaveLength(1);
    expect(await all(store.query({ limit: 2 }))).toHaveLength(2);
    expect(await all(store.query({ limit: 0 }))).toHaveLength(0);
    expect((await all(store.queryKeys({ prefix: '/q' }))).map(String)).toEqual(['/q/1']);
  });

  it('may be written while a query is being read', async () => {
    const store = open(path());
    for (let i = 0; i < 20; i++) await store.put(key(`/w/${i}`), bytes('x'));
    let seen = 0;
    for await (const pair of store.query({ prefix: '/w' })) {
      seen += 1;
      await store.delete(pair.key);
      await store.put(key(`/later/${seen}`), bytes('y'));
    }
    expect(seen).toBe(20);
    expect(await all(store.queryKeys({ prefix: '/w' }))).toEqual([]);
  });

  it('stops at an abort', async () => {
    const store = open(path());
    expect(() => store.put(key('/x'), bytes('x'), { signal: AbortSignal.abort() })).toThrow();
    expect(() => store.get(key('/x'), { signal: AbortSignal.abort() })).toThrow();
    await store.put(key('/x'), bytes('x'));
    await expect(all(store.query({}, { signal: AbortSignal.abort() }))).rejects.toThrow();
  });

  it('is bounded: what nobody asked for longest goes first', async () => {
    const store = open(path(), 3);
    for (const name of ['/1', '/2', '/3']) await store.put(key(name), bytes(name));
    await store.get(key('/1'));
    await store.put(key('/4'), bytes('4'));
    expect(names(await all(store.query({})))).toEqual(['/1', '/3', '/4']);
  });

  it('keeps what is pinned, and counts it with nothing else', async () => {
    const store = open(path(), 3);
    store.put(key('/pinned/a'), bytes('a'));
    for (const name of ['/1', '/2', '/3', '/4']) store.put(key(name), bytes(name));
    expect(names(await all(store.query({})))).toEqual(['/2', '/3', '/4', '/pinned/a']);
    expect([text(await store.get(key('/pinned/a'))), store.has(key('/pinned/a'))]).toEqual(['a', true]);
    store.delete(key('/pinned/a'));
    expect(store.has(key('/pinned/a'))).toBe(false);
  });
});

describe('the file of the peer store', () => {
  it('is readable by its owner only, and brings everything back but the own entry', async () => {
    const path = join(scratch(), 'peers.db');
    const first = open(path);
    await first.put(key('/peers/a'), bytes('a'));
    await first.put(key('/peers/gone'), bytes('x'));
    await first.put(key('/own/me'), bytes('me'));
    first.flush();
    await first.delete(key('/peers/gone'));
    first.close();
    expect(statSync(path).mode & 0o077).toBe(0);
    expect(names(await all(open(path).query({})))).toEqual(['/peers/a']);
  });

  it('brings back what is pinned, however old, and as many others as it may hold', async () => {
    const path = join(scratch(), 'peers.db');
    const first = open(path);
    first.put(key('/pinned/a'), bytes('a'));
    first.flush();
    await new Promise((resolve) => setTimeout(resolve, 5));
    for (const name of ['/1', '/2', '/3']) first.put(key(name), bytes(name));
    first.close();
    const again = open(path, 3);
    expect(names(await all(again.query({})))).toEqual(['/1', '/2', '/3', '/pinned/a']);
    again.put(key('/4'), bytes('4'));
    again.close();
    expect(names(await all(open(path, 3).query({})))).toEqual(['/2', '/3', '/4', '/pinned/a']);
  });

  it('is begun anew when it is damaged', async () => {
    const path = join(scratch(), 'peers.db');
    writeFileSync(path, 'this is no database at all, and never was one'.repeat(100));
    const store = open(path);
    await store.put(key('/a'), bytes('a'));
    store.close();
    expect(existsSync(path)).toBe(true);
    expect(names(await all(open(path).query({})))).toEqual(['/a']);
  });

  it('is not written for every change', async () => {
    const path = join(scratch(), 'peers.db');
    const store = openPeerFile({ path, delay: 10_000 });
    for (let i = 0; i < 1000; i++) store.put(key('/same'), bytes(String(i)));
    const reader = new DatabaseSync(path, { readOnly: true });
    expect(reader.prepare('SELECT count(*) AS n FROM pairs').get()).toMatchObject({ n: 0 });
    store.flush();
    expect(reader.prepare('SELECT value FROM pairs').all()).toHaveLength(1);
    reader.close();
    store.close();
  });

  it('lets a node that starts again find its peers without being told', async () => {
    const peerFile = join(scratch(), 'peers.db');
    const keys = nodeKey();
    const other = await universe();
    const before = await universe({ keys, peerFile });
    await introduce(before, other);
    await before.connect(other.self);
    await before.close();
    const after = await universe({ keys, peerFile });
    expect(await after.remembered(10)).toEqual([other.self]);
    await after.connect(other.self);
    expect(after.connected()).toEqual([other.self]);
  });
});
