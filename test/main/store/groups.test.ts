/** The logs of Groups on disk: what is truncated, pruned and reset, and what is left of it after a restart. */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { nodeHashes } from '../../../src/main/hashes.ts';
import { decodeSnapshot, openGroupStore, openLocalGroups } from '../../../src/main/store/index.ts';
import type { GroupLog, GroupStore, GroupWrite } from '../../../src/main/store/index.ts';
import { fromUtf8, toHex, utf8 } from '../../../src/protocol/bytes/index.ts';
import { encodeCommands } from '../../../src/protocol/group/index.ts';
import { leafHash, rootOf, verifyConsistency, verifyInclusion } from '../../../src/protocol/log/index.ts';
import type { Entry, Position } from '../../../src/protocol/raft/index.ts';
import { randomFrom } from '../../random.ts';
import { codeFrom, codeOf } from '../../refusal.ts';
import { scratch } from '../../scratch.ts';

const GROUP = new Uint8Array(32).fill(1);
const SESSION = new Uint8Array(8).fill(2);
const nobody = { voters: [], learners: [] };

const command = (index: number, text: string, term = 1): Entry => ({
  kind: 'command',
  index,
  term,
  data: encodeCommands(SESSION, index, [utf8(text)])[0]!,
});
/** Commands from `from` to `to`, the text of each its index and `mark`. */
const commands = (from: number, to: number, term = 1, mark = ''): Entry[] =>
  Array.from({ length: to - from + 1 }, (_, n) => command(from + n, `${from + n}${mark}`, term));
const members = (index: number, term = 1): Entry => ({
  kind: 'members',
  index,
  term,
  members: nobody,
  data: utf8(`members ${index}`),
});
const commit = (upTo: number, gaps: readonly number[] = []): GroupWrite => ({
  commit: { upTo, gaps, sessions: [['0202020202020202', upTo]] },
});
const rootFrom = (texts: readonly string[]): string =>
  toHex(
    rootOf(
      nodeHashes,
      texts.map((text) => leafHash(nodeHashes, utf8(text))),
    ),
  );
const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, n) => `${from + n}`);
const at = (index: number, term = 1): Position => ({ term, index });

interface Member {
  readonly groups: ReturnType<typeof openLocalGroups>;
  readonly num: number;
}

interface Disk {
  readonly folder: string;
  log: GroupLog;
  store: GroupStore;
  /** Closed and opened again. */
  reopen(): Promise<GroupLog>;
}

async function disk(): Promise<Disk> {
  const folder = scratch();
  const open = () => openGroupStore({ path: join(folder, 'groups.db'), heads: join(folder, 'heads') });
  const store = await open();
  const own: Disk = {
    folder,
    store,
    log: await store.open(GROUP),
    async reopen() {
      await own.store.close();
      own.store = await open();
      own.log = await own.store.open(GROUP);
      return own.log;
    },
  };
  onTestFinished(() => own.store.close());
  return own;
}

/** Entries that are stored from `from` on, as index/term. */
const stored = async (log: GroupLog, from: number): Promise<string[] | null> =>
  (await log.read(from, 1_000_000))?.entries.map(({ index, term }) => `${index}/${term}`) ?? null;
const leavesOf = async (log: GroupLog, from = 0): Promise<string[]> =>
  (await log.leaves(from, 1_000_000)).map(({ leaf }) => fromUtf8(leaf));
const snapshotOf = async (upTo: number, texts: string): Promise<Uint8Array> => {
  const other = await disk();
  await other.log.write({ append: commands(1, upTo) });
  await other.log.write(commit(upTo));
  await other.log.write({ compact: { last: at(upTo), state: utf8(texts) } });
  return (await other.log.snapshot())!;
};

describe('truncating', () => {
  it('removes what is not committed from an entry on, and what comes instead stands in its place', async () => {
    const own = await disk();
    await own.log.write({ append: commands(1, 6) });
    await own.log.write(commit(2));
    await own.log.write({ truncateFrom: 4, append: commands(4, 5, 2, ' anew') });
    const expected = ['1/1', '2/1', '3/1', '4/2', '5/2'];
    expect(await stored(own.log, 1)).toEqual(expected);
    const { last } = (await own.reopen()).opened;
    expect(last).toEqual(at(5, 2));
    expect(await stored(own.log, 1)).toEqual(expected);
    // the tree is that of what came instead
    const head = await own.log.write(commit(5));
    expect(toHex(head.root)).toBe(rootFrom(['1', '2', '3', '4 anew', '5 anew']));
  });

  it('may leave nothing but what is committed, or move the end without putting anything there', async () => {
    const own = await disk();
    await own.log.write({ append: commands(1, 4) });
    await own.log.write(commit(3));
    await own.log.write({ truncateFrom: 4 });
    expect(await stored(own.log, 4)).toEqual([]);
    expect((await own.reopen()).opened).toMatchObject({ last: at(3), committed: 3 });
    // beyond the end there is nothing to remove
    await own.log.write({ truncateFrom: 9 });
    expect(await stored(own.log, 1)).toEqual(['1/1', '2/1', '3/1']);
  });

  it('forgets a change of members with the entry', async () => {
    const own = await disk();
    await own.log.write({ append: [members(1), command(2, '2'), members(3)] });
    expect((await own.reopen()).opened.members.map(({ index }) => index)).toEqual([1, 3]);
    await own.log.write({ truncateFrom: 3, append: [command(3, '3', 2)] });
    expect((await own.reopen()).opened.members.map(({ index }) => index)).toEqual([1]);
  });

  it('of what is committed is refused; nothing of that write happens, and the next one does', async () => {
    const own = await disk();
    await own.log.write({ hard: { term: 1, vote: 'a' }, append: commands(1, 4) });
    await own.log.write(commit(3));
    const bad = own.log.write({ hard: { term: 9, vote: null }, truncateFrom: 3, append: commands(3, 3, 9) });
    await expect(bad).rejects.toThrow('committed');
    expect(await stored(own.log, 1)).toEqual(['1/1', '2/1', '3/1', '4/1']);
    await own.log.write({ append: commands(5, 5) });
    const head = await own.log.write(commit(5));
    expect(toHex(head.root)).toBe(rootFrom(numbers(1, 5)));
    expect((await own.reopen()).opened.hard).toEqual({ term: 1, vote: 'a' });
  });
});

describe('pruning', () => {
  it('drops the entries up to a state, and keeps those behind it', async () => {
    const own = await disk();
    await own.log.write({ append: commands(1, 8) });
    await own.log.write(commit(6));
    await own.log.write({ compact: { last: at(6), state: utf8('state of 6') } });
    for (const log of [() => own.log, () => own.reopen()]) {
      expect(await stored(await log(), 6)).toBeNull();
      expect(await stored(own.log, 7)).toEqual(['7/1', '8/1']);
      expect((await own.log.read(7, 1))?.prev).toEqual(at(6));
    }
    expect(own.log.opened).toMatchObject({ base: at(6), last: at(8), committed: 6 });
    expect(fromUtf8(decodeSnapshot(own.log.opened.snapshot!).state)).toBe('state of 6');
  });

  it('of everything leaves a log that goes on after it', async () => {
    const own = await disk();
    await own.log.write({ append: commands(1, 3) });
    await own.log.write(commit(3));
    await own.log.write({ compact: { last: at(3), state: utf8('') } });
    expect((await own.reopen()).opened).toMatchObject({ base: at(3), last: at(3) });
    await own.log.write({ append: commands(4, 5, 2) });
    const head = await own.log.write(commit(5));
    expect(toHex(head.root)).toBe(rootFrom(numbers(1, 5)));
    expect(await leavesOf(own.log, 3)).toEqual(['4', '5']);
  });

  it('takes no leaf out of the tree: roots and proofs are what they were, across tiles and gaps', async () => {
    const own = await disk();
    const log = [{ kind: 'no-op', index: 1, term: 1 } as const, ...commands(2, 400), members(401)];
    await own.log.write({ append: [...log, ...commands(402, 620)] });
    await own.log.write(commit(500, [1, 401]));
    await own.log.write({ compact: { last: at(500), state: utf8('') } });
    await own.reopen();
    await own.log.write(commit(620));
    const texts = [...numbers(2, 400), ...numbers(402, 620)];
    expect(await leavesOf(own.log, 498)).toEqual(texts.slice(498));
    expect(await leavesOf(own.log, 300)).toEqual([]);
    const rootAt = (size: number): Uint8Array => Buffer.from(rootFrom(texts.slice(0, size)), 'hex');
    for (const size of [1, 255, 256, 257, 498, 499, 512, 618]) {
      expect(toHex(await own.log.rootAt(size))).toBe(toHex(rootAt(size)));
      for (const index of [0, size >> 1, size - 1]) {
        const leaf = leafHash(nodeHashes, utf8(texts[index]!));
        const proof = await own.log.inclusion(index, size);
        verifyInclusion(nodeHashes, { index, size, leaf, root: rootAt(size) }, proof);
      }
      const claim = { first: size, second: 618, firstRoot: rootAt(size), secondRoot: rootAt(618) };
      verifyConsistency(nodeHashes, claim, await own.log.consistency(size, 618));
    }
  });

  it('keeps the newest change of members in the state, also when it is pruned again', async () => {
    const own = await disk();
    await own.log.write({ append: [members(1), command(2, '2'), members(3), command(4, '4')] });
    await own.log.write(commit(4, [1, 3]));
    const kept = async () => decodeSnapshot((await own.log.snapshot())!).members?.index;
    await own.log.write({ compact: { last: at(4), state: utf8('') } });
    expect(await kept()).toBe(3);
    await own.log.write({ append: commands(5, 6) });
    await own.log.write(commit(6));
    await own.log.write({ compact: { last: at(6), state: utf8('') } });
    expect(await kept()).toBe(3);
    expect((await own.reopen()).opened.members).toEqual([]);
  });

  it('at anything but what is committed last is refused, and nothing is dropped', async () => {
    const own = await disk();
    await own.log.write({ append: commands(1, 5) });
    await own.log.write(commit(4));
    for (const last of [at(3), at(5), at(4, 2), at(0, 0)])
      await expect(own.log.write({ compact: { last, state: utf8('') } })).rejects.toThrow('stand for');
    expect(await stored(own.log, 1)).toHaveLength(5);
    expect(await own.log.snapshot()).toBeNull();
  });
});

describe('resetting to a state of another member', () => {
  it('puts it in place of a log that is behind: entries go, sessions, members and tree are its', async () => {
    const own = await disk();
    await own.log.write({ hard: { term: 3, vote: 'a' }, append: commands(1, 4, 1, ' of a dead branch') });
    const snapshot = await snapshotOf(200, 'state of 200');
    const head = await own.log.restore(snapshot);
    expect(head.size).toBe(200);
    expect(toHex(head.root)).toBe(rootFrom(numbers(1, 200)));
    expect(await stored(own.log, 200)).toBeNull();
    expect(await stored(own.log, 201)).toEqual([]);
    expect((await own.reopen()).opened).toMatchObject({
      base: at(200),
      last: at(200),
      committed: 200,
      // what it has promised it has still promised
      hard: { term: 3, vote: 'a' },
      sessions: [['0202020202020202', 200]],
      restored: false,
    });
    await own.log.write({ append: commands(201, 210, 4) });
    const next = await own.log.write(commit(210));
    expect(toHex(next.root)).toBe(rootFrom(numbers(1, 210)));
    expect(await leavesOf(own.log, 200)).toEqual(numbers(201, 210));
    expect(toHex(await own.log.rootAt(200))).toBe(toHex(head.root));
  });

  it('keeps entries behind it when the log has the very entry that it ends with', async () => {
    const own = await disk();
    await own.log.write({ append: commands(1, 14) });
    await own.log.write(commit(5));
    await own.log.restore(await snapshotOf(10, ''));
    expect(await stored(own.log, 11)).toEqual(['11/1', '12/1', '13/1', '14/1']);
    const head = await own.log.write(commit(14));
    expect(toHex(head.root)).toBe(rootFrom(numbers(1, 14)));
  });

  it('drops entries behind it when the log went another way', async () => {
    const own = await disk();
    await own.log.write({ append: [...commands(1, 9), ...commands(10, 14, 2, ' elsewhere')] });
    await own.log.write(commit(5));
    await own.log.restore(await snapshotOf(10, ''));
    expect(await stored(own.log, 11)).toEqual([]);
    expect((await own.reopen()).opened.last).toEqual(at(10));
    await own.log.write({ append: commands(11, 12) });
    const head = await own.log.write(commit(12));
    expect(toHex(head.root)).toBe(rootFrom(numbers(1, 12)));
  });

  it.each([
    [300, 700],
    [512, 600],
    [65_300, 66_000],
    [65_800, 66_100],
  ])(
    'of %i leaves grows the same tree, to %i: proves what comes after it and says what it cannot',
    (from, to) => {
      const folder = scratch();
      const [a, b, c] = ['a', 'b', 'c'].map((name) => {
        const groups = openLocalGroups(join(folder, `${name}.db`), join(folder, name));
        onTestFinished(() => groups.close());
        return { groups, num: groups.open(GROUP).num };
      }) as [Member, Member, Member];
      const grow = ({ groups, num }: Member, first: number, last: number): void => {
        for (let next = first; next <= last; next += 8192) {
          const upTo = Math.min(last, next + 8191);
          groups.write([{ num, write: { append: commands(next, upTo), ...commit(upTo) } }]);
        }
      };
      const compact = ({ groups, num }: Member, upTo: number): Uint8Array => {
        groups.write([{ num, write: { compact: { last: at(upTo), state: utf8('') } } }]);
        return groups.snapshot(num)!;
      };
      grow(a, 1, from);
      b.groups.restore(b.num, compact(a, from));
      const middle = from + ((to - from) >> 1);
      grow(b, from + 1, middle);
      // and what it hands on itself is as good
      c.groups.restore(c.num, compact(b, middle));
      for (const member of [b, c]) grow(member, middle + 1, to);

      const hashes = numbers(1, to).map((text) => leafHash(nodeHashes, utf8(text)));
      const rootAt = (size: number): Uint8Array => rootOf(nodeHashes, hashes.slice(0, size));
      for (const [{ groups, num }, start] of [
        [b, from],
        [c, middle],
      ] as const) {
        for (const size of [start, start + 1, to - 1, to]) {
          const root = rootAt(size);
          expect(toHex(groups.rootAt(num, size)), `root at ${size}`).toBe(toHex(root));
          for (const index of [start, to - 1].filter((one) => one < size))
            verifyInclusion(
              nodeHashes,
              { index, size, leaf: hashes[index]!, root },
              groups.inclusion(num, index, size),
            );
          verifyConsistency(
            nodeHashes,
            { first: start, second: size, firstRoot: rootAt(start), secondRoot: root },
            groups.consistency(num, start, size),
          );
        }
        expect(codeOf(() => groups.inclusion(num, 0, to))).toBe('LOG_PRUNED');
        expect(codeOf(() => groups.rootAt(num, 255))).toBe('LOG_PRUNED');
      }
    },
  );

  it('is refused when the bytes are no state; the log is as it was', async () => {
    const own = await disk();
    await own.log.write({ append: commands(1, 4) });
    await own.log.write(commit(3));
    const snapshot = await snapshotOf(10, 'state');
    for (const bytes of [new Uint8Array(0), utf8('nonsense'), snapshot.subarray(0, -1)])
      expect(await codeFrom(own.log.restore(bytes))).toMatch(/^(SNAPSHOT_FORMAT|CBOR_)/);
    expect(await stored(own.log, 1)).toHaveLength(4);
    const head = await own.log.write(commit(4));
    expect(toHex(head.root)).toBe(rootFrom(numbers(1, 4)));
  });
});

describe('the Groups of one file', () => {
  it('do not touch each other, whatever is written to them at once', async () => {
    const own = await disk();
    const others = await Promise.all([3, 4, 5].map((byte) => own.store.open(new Uint8Array(32).fill(byte))));
    await Promise.all(
      [own.log, ...others].flatMap((log, n) => [
        log.write({ append: commands(1, 20, 1, ` of ${n}`) }),
        log.write(commit(10 + n)),
      ]),
    );
    await others[0]!.write({ truncateFrom: 15 });
    await others[1]!.write({ compact: { last: at(12), state: utf8('') } });
    await others[2]!.restore(await snapshotOf(40, ''));
    expect(await stored(own.log, 1)).toHaveLength(20);
    expect(await leavesOf(own.log)).toEqual(numbers(1, 10).map((text) => `${text} of 0`));
  });

  it('do not fail with each other: a write that is refused takes no other one along', async () => {
    const own = await disk();
    const other = await own.store.open(new Uint8Array(32).fill(3));
    await own.log.write({ append: commands(1, 5) });
    await own.log.write(commit(5));
    const refused = own.log.write({ truncateFrom: 3 });
    const taken = other.write({ append: commands(1, 7) });
    // but what the same Group builds on it does
    const later = own.log.write({ append: commands(6, 6) });
    await expect(refused).rejects.toThrow('are committed');
    await expect(later).rejects.toThrow('are committed');
    await taken;
    expect(await stored(other, 1)).toHaveLength(7);
    expect(await stored(own.log, 1)).toHaveLength(5);
  });

  it('go on after a compaction of one that could not be', async () => {
    const own = await disk();
    await own.log.write({ append: commands(1, 5) });
    await own.log.write(commit(5));
    const refused = own.log.write({ compact: { last: at(4), state: utf8('') } });
    const taken = own.log.write({ append: commands(6, 6) });
    await expect(refused).rejects.toThrow('cannot stand for');
    await taken;
    expect(await stored(own.log, 1)).toHaveLength(6);
  });

  it('say when they came out of a backup: the head file is ahead of them, or gone', async () => {
    const own = await disk();
    await own.log.write({ hard: { term: 2, vote: 'b' }, append: commands(1, 3) });
    expect((await own.reopen()).opened).toMatchObject({ restored: false, hard: { term: 2, vote: 'b' } });
    await own.store.close();
    rmSync(join(own.folder, 'heads'), { recursive: true });
    expect((await own.reopen()).opened.restored).toBe(true);
  });

  it('say so also where the backup is of before their first write, or there is none', async () => {
    const files = ['groups.db', 'groups.db-wal', 'groups.db-shm'];
    const own = await disk();
    await own.store.close();
    const backup = scratch();
    cpSync(join(own.folder, 'groups.db'), join(backup, 'groups.db'));
    await (await own.reopen()).write({ hard: { term: 7, vote: 'b' }, append: commands(1, 3) });
    for (const kept of [true, false]) {
      await own.store.close();
      for (const name of files) rmSync(join(own.folder, name), { force: true });
      if (kept) cpSync(join(backup, 'groups.db'), join(own.folder, 'groups.db'));
      expect((await own.reopen()).opened).toMatchObject({ restored: true, hard: { term: 0 } });
    }
  });
});

describe('the largest head that a member has signed', () => {
  it('is remembered by the head file alone, however often it was written before', async () => {
    for (const rounds of [1, 2, 3, 4]) {
      const own = await disk();
      let head = own.log.opened.head;
      for (let index = 1; index <= rounds; index++) {
        await own.log.write({ append: commands(index, index) });
        head = await own.log.write(commit(index));
        await own.log.sign(head);
      }
      const again = await own.reopen();
      expect(again.opened.signed?.size).toBe(rounds);
      expect(await codeFrom(again.sign({ size: rounds - 1, root: head.root }))).toBe('SIGNED_LARGER');
      expect(await codeFrom(again.sign({ size: rounds, root: new Uint8Array(32) }))).toBe('SIGNED_OTHER');
    }
  });
});

describe('whatever is done to a log', () => {
  it('it has what a list has to which the same is done', () => {
    for (let seed = 1; seed <= 20; seed++) randomRun(seed);
  });
});

/** Random writes to a log and to plain lists; compared after each. */
function randomRun(seed: number): void {
  const random = randomFrom(seed);
  const folder = scratch();
  const open = () => {
    const groups = openLocalGroups(join(folder, `${seed}.db`), join(folder, `heads-${seed}`));
    return { groups, ...groups.open(GROUP) };
  };
  let { groups, num } = open();
  /** Everything ever appended and not truncated; entry i has index i + 1. */
  let log: Entry[] = [];
  const gaps = new Set<number>();
  let [base, committed, term] = [0, 0, 1];
  const texts = (): string[] =>
    log
      .slice(0, committed)
      .filter(({ index }) => !gaps.has(index))
      .map((entry) => (entry.kind === 'command' ? fromUtf8(entry.data.subarray(16)) : ''));
  const write = (one: GroupWrite): void => void groups.write([{ num, write: one }]);

  for (let step = 0; step < 30; step++) {
    if (random.oneIn(3)) term += 1;
    const cut = random.oneIn(3) ? committed + 1 + random.below(log.length - committed + 1) : null;
    const kept = cut === null ? log : log.slice(0, cut - 1);
    const fresh = Array.from({ length: random.below(90) }, (_, n): Entry => {
      const index = kept.length + 1 + n;
      return random.oneIn(7) ? { kind: 'no-op', index, term } : command(index, `${seed} ${step} ${n}`, term);
    });
    log = [...kept, ...fresh];
    write({ truncateFrom: cut ?? undefined, append: fresh });
    if (random.oneIn(2) && log.length > committed) {
      const upTo = committed + 1 + random.below(log.length - committed);
      const more = log
        .slice(committed, upTo)
        // a command that was sent twice is a gap as well
        .filter(({ kind }) => kind !== 'command' || random.oneIn(9))
        .map(({ index }) => index);
      for (const index of more) gaps.add(index);
      committed = upTo;
      write(commit(upTo, more));
    }
    if (random.oneIn(5) && committed > base) {
      base = committed;
      write({ compact: { last: { index: base, term: log[base - 1]!.term }, state: utf8(`${base}`) } });
    }
    if (random.oneIn(6)) {
      groups.close();
      let state;
      ({ groups, num, state } = open());
      const termOf = (index: number): number => log[index - 1]?.term ?? 0;
      expect(state).toMatchObject({
        base: { index: base, term: termOf(base) },
        last: { index: log.length, term: termOf(log.length) },
        committed,
        restored: false,
      });
    }
    const all = texts();
    const root = rootFrom(all);
    expect(toHex(groups.rootAt(num, all.length)), `seed ${seed}, step ${step}`).toBe(root);
    expect(groups.read(num, base + 1, 10_000_000)?.entries).toEqual(log.slice(base));
    const first = log.slice(0, base).filter(({ index }) => !gaps.has(index)).length;
    const found = groups.leaves(num, first, 10_000_000);
    expect(found.map(({ leaf }) => fromUtf8(leaf))).toEqual(all.slice(first));
    expect(found.every(({ position }) => log[position.index - 1]!.term === position.term)).toBe(true);
    if (all.length > 0) {
      const index = random.below(all.length);
      const claim = {
        index,
        size: all.length,
        leaf: leafHash(nodeHashes, utf8(all[index]!)),
        root: Buffer.from(root, 'hex'),
      };
      verifyInclusion(nodeHashes, claim, groups.inclusion(num, index, all.length));
    }
  }
  groups.close();
}
