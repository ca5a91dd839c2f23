/** What every collection does, by the names of coalition.md 13, on real Groups over libp2p. */
import { describe, expect, it } from 'vitest';
import { kinds, range } from './kinds.ts';
import { newStore, openSpace } from './space.ts';

const space = openSpace(5);

describe.each(kinds)('$name', { concurrent: true }, ({ define, expected, anyOrder }) => {
  it('smoke_no_catchup: a reader that is there from the beginning sees what a writer writes', async () => {
    const collection = define({ id: newStore() });
    const { member } = space.committee(1, 1);
    const [writer, reader] = await Promise.all([collection.writer(member(0)), collection.reader(member(1))]);
    await Promise.all([writer.when.online(), reader.when.online()]);
    expect(reader.version()).toBe(-1);
    const first = await writer.write(0);
    expect(first).toMatchObject({ version: 0, changed: 1 });
    const { version } = await writer.writeMany(range(1, 20));
    await reader.when.reaches(version);
    expect(reader.shows()).toEqual(expected(range(20)));
    expect(reader.digest()).toEqual(writer.digest());
    await Promise.all([writer.close(), reader.close()]);
  });

  it('catchup_single_reader, late_writer_catchup: who comes late has everything, and can write on', async () => {
    const collection = define({ id: newStore() });
    const { member } = space.committee(1, 2);
    const writer = await collection.writer(member(0));
    const { version } = await writer.writeMany(range(50));
    const reader = await collection.reader(member(1));
    await reader.when.online();
    await reader.when.reaches(version);
    expect(reader.shows()).toEqual(expected(range(50)));
    const late = await collection.writer(member(2));
    const more = await late.write(50);
    expect(late.shows()).toEqual(expected(range(51)));
    await reader.when.reaches(more.version);
    expect(reader.shows()).toEqual(late.shows());
    await Promise.all([writer.close(), reader.close(), late.close()]);
  });

  it('multiple_readers, multiple_writers, many_writers_many_readers: all see one order of what three write at once', async () => {
    const collection = define({ id: newStore() });
    const { member } = space.committee(3, 2);
    const writers = await Promise.all(range(3).map((n) => collection.writer(member(n))));
    const readers = await Promise.all(range(3, 5).map((n) => collection.reader(member(n))));
    const written = await Promise.all(range(60).map((n) => writers[n % 3]!.write(n)));
    expect(written.map(({ version }) => version).toSorted((a, b) => a - b)).toEqual(range(60));
    const all = [...writers, ...readers];
    await Promise.all(all.map((handle) => handle.when.reaches(59)));
    const shown = all.map((handle) => handle.shows());
    for (const one of shown) expect(one).toEqual(shown[0]);
    const inOrder = range(60).toSorted((a, b) => written[a]!.version - written[b]!.version);
    expect(shown[0]).toEqual(expected(anyOrder ? range(60) : inOrder));
    // what one writer wrote stands in the order in which it wrote it
    for (const n of range(3, 60)) expect(written[n]!.version).toBeGreaterThan(written[n - 3]!.version);
    await Promise.all(all.map((handle) => handle.close()));
  });

  it('writer_reads_own_writes: a write that is told is read, on whichever member', async () => {
    const collection = define({ id: newStore() });
    const { member } = space.committee(3);
    const writers = await Promise.all(range(3).map((n) => collection.writer(member(n))));
    for (const n of range(12)) {
      const writer = writers[n % 3]!;
      const { version } = await writer.write(n);
      expect(version).toBe(n);
      expect(writer.version()).toBeGreaterThanOrEqual(version);
      expect(writer.shows()).toEqual(expected(range(n + 1)));
    }
    // and after a barrier on any other
    await writers[0]!.write(12);
    expect(await writers[1]!.barrier()).toBeGreaterThanOrEqual(12);
    expect(writers[1]!.shows()).toEqual(expected(range(13)));
    await Promise.all(writers.map((writer) => writer.close()));
  });

  it('clear_then_rebuild, extend_empty, remove_nonexistent: nothing to write is no command', async () => {
    const collection = define({ id: newStore() });
    const { member } = space.committee(1, 1);
    const [writer, reader] = await Promise.all([collection.writer(member(0)), collection.reader(member(1))]);
    expect(await writer.writeMany([])).toMatchObject({ version: -1, changed: 0 });
    await writer.writeMany(range(10));
    const before = writer.version();
    expect(await writer.writeMany([])).toMatchObject({ version: before, changed: 0 });
    expect(writer.version()).toBe(before);
    if (writer.remove !== undefined) {
      const missing = await writer.remove(999);
      expect(missing).toMatchObject({ version: before + 1, changed: 0 });
      expect(writer.shows()).toEqual(expected(range(10)));
    }
    if (writer.clear !== undefined) {
      await writer.clear();
      expect(writer.shows()).toEqual(expected([]));
      const { version } = await writer.writeMany(range(5, 15));
      await reader.when.reaches(version);
      expect(reader.shows()).toEqual(expected(range(5, 15)));
    }
    await reader.when.reaches(writer.version());
    expect(reader.digest()).toEqual(writer.digest());
    await Promise.all([writer.close(), reader.close()]);
  });

  it('construct_from_def, construct_from_macro: two definitions of the same meet; the same node gets the same Group', async () => {
    const id = newStore();
    const { member } = space.committee(1, 1);
    const [writer, reader] = await Promise.all([
      define({ id }).writer(member(0)),
      define({ id }).reader(member(1)),
    ]);
    const again = await define({ id }).reader(member(0));
    expect(again.id).toEqual(writer.id);
    const { version } = await writer.write(1);
    await reader.when.reaches(version);
    expect(again.shows()).toEqual(expected([1]));
    expect(reader.shows()).toEqual(expected([1]));
    // the Group is left when the last handle is closed
    await again.close();
    await writer.write(1);
    await writer.close();
    await expect(writer.write(2)).rejects.toMatchObject({ code: 'GROUP_CLOSED' });
    // and opened again it knows what it knew
    const third = await define({ id }).writer(member(0));
    await third.when.online();
    expect(third.shows()).toEqual(expected([1, 1]));
    await Promise.all([third.close(), reader.close()]);
  });
});
