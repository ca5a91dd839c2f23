/** The snapshot suite of coalition.md 13: who is far behind installs a state, and is then like everybody else. */
import { describe, expect, it } from 'vitest';
import {
  defineMap,
  defineVec,
  numberSchema,
  textSchema,
} from '../../../../src/main/substrate/collection/index.ts';
import type { CollectionMember, CollectionReader } from '../../../../src/main/substrate/collection/index.ts';
import { kinds, range } from './kinds.ts';
import { newStore, openSpace } from './space.ts';

const space = openSpace(6);
const SOON = { compactAfter: 20 };
/** Members that never compact: where the log of one begins with a state, that state came from another. */
const late = (member: CollectionMember): CollectionMember => ({ ...member, compactAfter: 0 });
const installed = (handle: CollectionReader): boolean => handle.group.status().snapshot.index > 0;

/** Closes a writer that has compacted and opens it again: what it has now begins with its state. */
async function rested<W extends CollectionReader>(writer: W, open: () => Promise<W>): Promise<W> {
  await writer.group.when.holds(({ snapshot }) => snapshot.index > 0);
  await writer.close();
  const again = await open();
  await again.when.online();
  expect(installed(again)).toBe(true);
  return again;
}

const many = kinds.filter(({ name }) => ['Map', 'Vec', 'Set', 'PriorityQueue'].includes(name));

describe.each(many)('$name', { concurrent: true }, ({ define, expected }) => {
  it('frozen: what is written and rests comes as a state', async () => {
    const collection = define(newStore());
    const { member } = space.committee(1, 1, SOON);
    const open = () => collection.writer(member(0));
    let writer = await open();
    await Promise.all(range(100).map((n) => writer.write(n)));
    writer = await rested(writer, open);
    const reader = await collection.reader(late(member(1)));
    await reader.when.reaches(99);
    expect(installed(reader)).toBe(true);
    expect(reader.shows()).toEqual(expected(range(100)));
    expect(reader.digest()).toEqual(writer.digest());
    await Promise.all([writer.close(), reader.close()]);
  });

  it('writes_during_sync, concurrent_reads_during_sync, extend_during_snapshot_sync', async () => {
    const collection = define(newStore());
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

  it('reader_before_writer, empty, single_entry', async () => {
    const collection = define(newStore());
    const { member } = space.committee(1, 1, SOON);
    const reader = await collection.reader(member(1));
    expect(reader.shows()).toEqual(expected([]));
    const writer = await collection.writer(member(0));
    await reader.when.online();
    expect(reader.version()).toBe(-1);
    const { version } = await writer.write(42);
    await reader.when.reaches(version);
    expect(reader.shows()).toEqual(expected([42]));
    await Promise.all([writer.close(), reader.close()]);
  });

  it('many_readers, incremental_after_convergence, recreate_reader', async () => {
    const collection = define(newStore());
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

  it('clear_and_repopulate, mixed_mutations, overwrite: the state is that after all of it', async () => {
    const collection = define(newStore());
    const { member } = space.committee(1, 1, SOON);
    const open = () => collection.writer(member(0));
    let writer = await open();
    await writer.writeMany(range(50));
    await writer.clear?.();
    await Promise.all(range(10, 50).map((n) => writer.write(n)));
    await writer.removeMissing?.();
    await writer.writeMany([]);
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
});

describe('sizes', { concurrent: true }, () => {
  it.each([1, 0])('extreme_batch_sizes: a state after every %i commands (0: none)', async (compactAfter) => {
    const map = defineMap({ id: newStore(), key: numberSchema('n/1'), value: textSchema('t/1') });
    const { member } = space.committee(1, 1, { compactAfter });
    let writer = await map.writer(member(0));
    for (const n of range(30)) await writer.insert(n, `value ${n}`);
    if (compactAfter === 1) writer = await rested(writer, () => map.writer(member(0)));
    const reader = await map.reader(late(member(1)));
    await reader.when.reaches(29);
    expect(installed(reader)).toBe(compactAfter === 1);
    expect([...reader]).toEqual(range(30).map((n) => [n, `value ${n}`]));
    await Promise.all([writer.close(), reader.close()]);
  });

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

  it('a state of large values', async () => {
    const vec = defineVec({ id: newStore(), value: textSchema('t/1') });
    const { member } = space.committee(1, 1, SOON);
    let writer = await vec.writer(member(0));
    await writer.extend(range(60).map((n) => String(n).padEnd(15_000, 'x')));
    writer = await rested(writer, () => vec.writer(member(0)));
    const reader = await vec.reader(late(member(1)));
    await reader.when.reaches(writer.version());
    expect(installed(reader)).toBe(true);
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
