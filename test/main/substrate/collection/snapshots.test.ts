/** The snapshot suite of coalition.md 13: who is far behind installs a state, and is then like everybody else. */
import { describe, expect, it, vi } from 'vitest';
import { defineMap, numberSchema } from '../../../../src/main/substrate/collection/index.ts';
import type { CollectionMember, CollectionReader } from '../../../../src/main/substrate/collection/index.ts';
import { holdsMany, KEYS, kinds, kindsOf, range } from './kinds.ts';
import type { Kind, WritingHandle } from './kinds.ts';
import { newStore, openSpace } from './space.ts';

const space = openSpace(6);
const SOON = { compactAfter: 20 };
/** Members that never compact: where the log of one begins with a state, that state came from another. */
const late = (member: CollectionMember): CollectionMember => ({ ...member, compactAfter: 0 });
const installed = (handle: CollectionReader): boolean => handle.group.status().snapshot.index > 0;

/** The log of this handle begins with a state, and no other one is due: too few commands came after it. */
const compacted = ({ group }: CollectionReader, compactAfter: number): Promise<void> =>
  vi.waitFor(
    async () => {
      const { snapshot, leaves } = group.status();
      expect(snapshot.index).toBeGreaterThan(0);
      const [oldest] = await group.proofs.leaves(leaves - compactAfter, 1);
      expect(oldest?.position.index ?? 0).toBeLessThanOrEqual(snapshot.index);
    },
    { interval: 5, timeout: 30_000 },
  );

/** Closes a writer that has compacted and opens it again: what it has now begins with its state. */
async function rested<W extends CollectionReader>(
  writer: W,
  open: () => Promise<W>,
  compactAfter = SOON.compactAfter,
): Promise<W> {
  await compacted(writer, compactAfter);
  await writer.close();
  const again = await open();
  await again.when.online();
  expect(installed(again)).toBe(true);
  return again;
}

/** What a writer wrote, as the state that a reader installs who comes when the log behind it is gone. */
async function comesAsState(
  { define }: Kind,
  write: (writer: WritingHandle) => Promise<unknown>,
  expected: unknown,
  compactAfter = SOON.compactAfter,
): Promise<void> {
  const collection = define({ id: newStore() });
  const { member } = space.committee(1, 1, { compactAfter });
  const open = () => collection.writer(member(0));
  let writer = await open();
  await write(writer);
  writer = await rested(writer, open, compactAfter);
  const reader = await collection.reader(late(member(1)));
  await reader.when.reaches(writer.version());
  expect(installed(reader)).toBe(true);
  expect(reader.shows()).toEqual(expected);
  expect(reader.digest()).toEqual(writer.digest());
  await Promise.all([writer.close(), reader.close()]);
}

const many = kinds.filter(holdsMany);

describe.each(many)('$name', { concurrent: true }, (kind) => {
  const { define, expected } = kind;

  it('frozen: what is written and rests comes as a state', () =>
    comesAsState(
      kind,
      (writer) => Promise.all(range(100).map((n) => writer.write(n))),
      expected(range(100)),
    ));

  it('frozen: so do 10,000 items, in pieces', () =>
    comesAsState(kind, (writer) => writer.writeMany(range(10_000)), expected(range(10_000)), 2));

  it('writes_during_sync, concurrent_reads_during_sync, extend_during_snapshot_sync', async () => {
    const collection = define({ id: newStore() });
    const { member } = space.committee(1, 1, SOON);
    const open = () => collection.writer(member(0));
    let writer = await open();
    await writer.writeMany(range(2000));
    for (const n of range(2000, 2030)) await writer.write(n);
    writer = await rested(writer, open);
    const reader = await collection.reader(late(member(1)));
    let reading = true;
    const reads = (async () => {
      let last = -1;
      while (reading) {
        // never half a state: it is that of some version, and versions only grow
        const shown = reader.shows() as unknown[];
        expect(reader.version()).toBeGreaterThanOrEqual(last);
        last = reader.version();
        if (shown.length > 0) expect(shown).toEqual(expected(range(shown.length)));
        await new Promise((done) => setTimeout(done, 1));
      }
    })();
    await Promise.all(range(2030, 2080).map((n) => writer.write(n)));
    await writer.writeMany(range(2080, 2600));
    await reader.when.reaches(writer.version());
    reading = false;
    await reads;
    expect(installed(reader)).toBe(true);
    expect(reader.shows()).toEqual(expected(range(2600)));
    expect(reader.digest()).toEqual(writer.digest());
    await Promise.all([writer.close(), reader.close()]);
  });

  it('reader_before_writer: who waits for the first writer hears from it', async () => {
    const collection = define({ id: newStore() });
    const { member } = space.committee(1, 1, SOON);
    const reader = await collection.reader(member(1));
    expect(reader.shows()).toEqual(expected([]));
    const writer = await collection.writer(member(0));
    await reader.when.online();
    expect(reader.version()).toBe(-1);
    const { version } = await writer.writeMany(range(100));
    await reader.when.reaches(version);
    expect(reader.shows()).toEqual(expected(range(100)));
    await Promise.all([writer.close(), reader.close()]);
  });

  it('empty: a state of nothing', () =>
    comesAsState(
      kind,
      async (writer) => {
        await writer.writeMany(range(10));
        await writer.clear?.();
      },
      expected([]),
      2,
    ));

  it('single_entry, single_element: a state of one', () =>
    comesAsState(kind, (writer) => writer.write(42), expected([42]), 1));

  it.each([
    [10, 1],
    [1000, 1],
    [1000, 100_000],
  ])('extreme_batch_sizes: %i items, a state after every %i commands', async (count, compactAfter) => {
    const collection = define({ id: newStore() });
    const { member } = space.committee(1, 2, { compactAfter });
    const writer = await collection.writer(member(0));
    const reader = await collection.reader(member(1));
    await Promise.all(range(count).map((n) => writer.write(n)));
    if (compactAfter < count) await compacted(writer, compactAfter);
    expect(installed(writer)).toBe(compactAfter < count);
    const afterwards = await collection.reader(late(member(2)));
    for (const one of [reader, afterwards]) {
      await one.when.reaches(count - 1);
      expect(one.shows()).toEqual(expected(range(count)));
      expect(one.digest()).toEqual(writer.digest());
    }
    await Promise.all([writer, reader, afterwards].map((handle) => handle.close()));
  });

  it('many_readers, incremental_after_convergence, recreate_reader', async () => {
    const collection = define({ id: newStore() });
    const { member } = space.committee(1, 4, SOON);
    const open = () => collection.writer(member(0));
    let writer = await open();
    await Promise.all(range(60).map((n) => writer.write(n)));
    writer = await rested(writer, open);
    const readers = await Promise.all(range(1, 5).map((n) => collection.reader(late(member(n)))));
    await Promise.all(readers.map((reader) => reader.when.reaches(59)));
    const started = readers.map((reader) => reader.group.status().snapshot.index);
    for (const n of range(60, 90)) await writer.write(n);
    await Promise.all(readers.map((reader) => reader.when.reaches(writer.version())));
    for (const [n, reader] of readers.entries()) {
      expect(reader.shows()).toEqual(expected(range(90)));
      // told entry by entry: nobody fetched a second state
      expect(started[n]).toBeGreaterThan(0);
      expect(reader.group.status().snapshot.index).toBe(started[n]);
    }
    await readers[0]!.close();
    for (const n of range(90, 120)) await writer.write(n);
    writer = await rested(writer, open);
    // one that was there, and one that comes back to a log that has gone on without it
    const again = await collection.reader(late(member(1)));
    await Promise.all([again, readers[1]!].map((reader) => reader.when.reaches(writer.version())));
    for (const reader of [again, readers[1]!]) {
      expect(reader.shows()).toEqual(expected(range(120)));
      expect(reader.digest()).toEqual(writer.digest());
    }
    await Promise.all([writer, again, ...readers.slice(1)].map((handle) => handle.close()));
  });

  it('clear_and_repopulate: the state is what was written since', async () => {
    const collection = define({ id: newStore() });
    const { member } = space.committee(1, 1, SOON);
    const open = () => collection.writer(member(0));
    let writer = await open();
    await writer.writeMany(range(50));
    await writer.clear?.();
    expect(writer.shows()).toEqual(expected([]));
    await Promise.all(range(10, 50).map((n) => writer.write(n)));
    writer = await rested(writer, open);
    const reader = await collection.reader(late(member(1)));
    await reader.when.reaches(writer.version());
    expect(installed(reader)).toBe(true);
    expect(reader.shows()).toEqual(expected(range(10, 50)));
    expect(reader.digest()).toEqual(writer.digest());
    // and writes on top of an installed state replicate as ever
    await writer.write(50);
    await reader.when.reaches(writer.version());
    expect(reader.shows()).toEqual(expected(range(10, 51)));
    await Promise.all([writer.close(), reader.close()]);
  });

  it('mixed_mutations: the state is that after all of them', () =>
    comesAsState(
      kind,
      async (writer) => {
        for (const n of range(20)) await writer.write(n);
        await writer.remove?.(7);
        await writer.remove?.(3);
        await writer.remove?.(999);
        await writer.writeMany([]);
        await writer.writeMany(range(20, 30));
      },
      expected(range(30).filter((n) => n !== 7 && n !== 3)),
    ));

  it('overwrite_keys, insert_duplicates, extend_with_overlapping_keys: of each key the last one stays', () => {
    const items = [...range(100), ...range(KEYS, KEYS + 100), ...range(2 * KEYS + 50, 2 * KEYS + 150)];
    return comesAsState(
      kind,
      async (writer) => {
        await Promise.all(items.slice(0, 200).map((n) => writer.write(n)));
        await writer.writeMany(items.slice(200));
      },
      expected(items),
    );
  });
});

describe.each(kindsOf(10_000).filter(holdsMany))('$name', (kind) => {
  it('large_values, large_elements: a state of 100 long ones', () =>
    comesAsState(kind, (writer) => writer.writeMany(range(100)), kind.expected(range(100)), 5));
});

describe('sizes', () => {
  it('large: 100,000 entries travel in pieces', async () => {
    const map = defineMap({ id: newStore(), key: numberSchema('n/1'), value: numberSchema('n/1') });
    const { member } = space.committee(1, 1, SOON);
    let writer = await map.writer(member(0));
    await writer.extend(range(100_000).map((n) => [n, n * 10]));
    writer = await rested(writer, () => map.writer(member(0)));
    expect(writer.size).toBe(100_000);
    const reader = await map.reader(late(member(1)));
    await reader.when.reaches(writer.version());
    expect(installed(reader)).toBe(true);
    expect(reader.size).toBe(100_000);
    for (const n of [0, 1, 5000, 99_999]) expect(reader.get(n)).toBe(n * 10);
    expect(reader.digest()).toEqual(writer.digest());
    await Promise.all([writer.close(), reader.close()]);
  });
});

describe('restart', () => {
  it('a node that starts again has the state and the log behind it, and its author counts on', async () => {
    const map = defineMap({ id: newStore(), key: numberSchema('n/1'), value: numberSchema('n/1') });
    const { member } = space.committee(1, 1, SOON);
    const before = await map.writer(member(0));
    for (const n of range(55)) await before.insert(n, n);
    const digest = before.digest();
    await space.restart(0);
    const after = await map.writer(member(0));
    await after.when.online();
    expect(after.digest()).toEqual(digest);
    expect(await after.insert(55, 55)).toMatchObject({ version: 55, changed: 1 });
    const reader = await map.reader(late(member(1)));
    await reader.when.reaches(55);
    expect(reader.size).toBe(56);
    expect(reader.digest()).toEqual(after.digest());
    await Promise.all([after.close(), reader.close()]);
  });
});
