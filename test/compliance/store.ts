/** What every Store must do, in whatever thread it works: run by each implementation's own test. */
import { beforeAll, describe, expect, it } from 'vitest';
import { nodeHashes } from '../../src/main/hashes.ts';
import type { CheckpointRow, Store, StoreOptions } from '../../src/main/store/index.ts';
import { encodeCanonical, NO_COALITION, toHex, utf8 } from '../../src/protocol/bytes/index.ts';
import type { Value } from '../../src/protocol/bytes/index.ts';
import {
  completeNodes,
  proveConsistency,
  proveInclusion,
  recordLeafHash,
  rootOf,
  subtreeRoot,
  verifyConsistency,
  verifyInclusion,
} from '../../src/protocol/log/index.ts';
import type { NodeReader } from '../../src/protocol/log/index.ts';
import { encodeRecord, recordId } from '../../src/protocol/record/index.ts';
import type { Signed } from '../../src/protocol/record/index.ts';
import { codeFrom } from '../refusal.ts';

export interface StoreUnderTest {
  readonly store: Store;
  /** Closes the store and opens it again on the same files. */
  reopen(): Promise<StoreUnderTest>;
  /** Another store on the same files, while this one is open. */
  second(): Promise<StoreUnderTest>;
  close(): Promise<void>;
}

/** An opaque command. */
export const command = (n: number): Signed => ({
  bytes: utf8(`command ${n}`),
  sig: new Uint8Array(64).fill(n % 256),
});
const commands = (from: number, to: number): Signed[] =>
  Array.from({ length: to - from }, (_, n) => command(from + n));
const leafOf = ({ bytes, sig }: Signed): Uint8Array => recordLeafHash(nodeHashes, bytes, sig);
const rootAfter = (n: number): Uint8Array => rootOf(nodeHashes, commands(0, n).map(leafOf));

const [alice, bob] = [new Uint8Array(32).fill(0xa1), new Uint8Array(32).fill(0xb2)];
let seq = 0;
/** A signed record; its signature is not the store's business. */
const record = (kind: string, body: Value, change: object = {}): Signed => ({
  bytes: encodeRecord({
    v: 1,
    kind,
    coalition: NO_COALITION,
    author: alice,
    seq: seq++,
    at: 1000 + seq,
    body,
    evidence: [],
    ...change,
  }),
  sig: new Uint8Array(64).fill(7),
});
const identity = (name: string, change: object = {}): Signed =>
  record('identity.created', { name, log: alice, cosigner: bob, issuer: alice }, change);

const checkpoint = (size: number, at: number): CheckpointRow => ({
  size,
  root: rootAfter(size),
  at,
  note: utf8(`note of ${size}`),
});

/** `open` gives a fresh, empty store. */
export function storeCompliance(open: (rules: StoreOptions['rules']) => Promise<StoreUnderTest>): void {
  describe('order', () => {
    it('starts empty and healthy', async () => {
      const { store, close } = await open('none');
      expect(store.health).toMatchObject({ size: 0, writable: true, checkpoint: null });
      expect(toHex(store.health.root)).toBe(toHex(nodeHashes.sha256(new Uint8Array(0))));
      expect(store.health.checks.map(({ outcome }) => outcome)).not.toContain('failed');
      expect(await store.entry(0)).toBeNull();
      expect(await store.range(0, 10)).toEqual([]);
      await close();
    });

    it('gives a batch its indexes in order, with leaf, id and the head after it', async () => {
      const { store, close } = await open('none');
      const first = await store.append(commands(0, 3));
      expect(first.appended.map(({ index }) => index)).toEqual([0, 1, 2]);
      expect(first.size).toBe(3);
      expect(toHex(first.root)).toBe(toHex(rootAfter(3)));
      for (const { index, leaf, id, refused } of first.appended) {
        expect(toHex(leaf)).toBe(toHex(leafOf(command(index))));
        expect(id).toBe(recordId(nodeHashes, command(index).bytes));
        expect(refused).toBeNull();
      }
      const second = await store.append(commands(3, 4));
      expect(second).toMatchObject({ size: 4 });
      expect(second.appended[0]!.index).toBe(3);
      await close();
    });

    it('keeps the order of submission when hundreds are under way at once', async () => {
      const { store, close } = await open('none');
      const batches = await Promise.all(
        Array.from({ length: 400 }, (_, n) => store.append(commands(2 * n, 2 * n + 2))),
      );
      // each caller hears of its own commands, under a head that covers them
      for (const [n, { appended, size }] of batches.entries()) {
        expect(appended.map(({ index }) => index)).toEqual([2 * n, 2 * n + 1]);
        expect(size).toBeGreaterThan(2 * n + 1);
      }
      const rows = await store.range(0, 800);
      expect(rows.map(({ bytes }) => new TextDecoder().decode(bytes))).toEqual(
        Array.from({ length: 800 }, (_, n) => `command ${n}`),
      );
      expect(toHex(await store.rootAt(800))).toBe(toHex(rootAfter(800)));
      await close();
    });

    it('takes a batch whole or not at all', async () => {
      const { store, close } = await open('none');
      await store.append(commands(0, 2));
      const broken = { bytes: utf8('broken'), sig: new Uint8Array(63) };
      expect(await codeFrom(store.append([command(2), command(3), broken]))).toBe('LEAF_FORMAT');
      expect(await store.entry(2)).toBeNull();
      const next = await store.append([command(2)]);
      expect(next.appended[0]!.index).toBe(2);
      expect(toHex(next.root)).toBe(toHex(rootAfter(3)));
      await close();
    });

    it('answers the exact bytes, ascending, both ends included', async () => {
      const { store, close } = await open('none');
      await store.append(commands(0, 10));
      const row = (await store.entry(7))!;
      expect([toHex(row.bytes), toHex(row.sig)]).toEqual([toHex(command(7).bytes), toHex(command(7).sig)]);
      expect(toHex(row.digest)).toBe(toHex(nodeHashes.sha256(command(7).bytes)));
      const indexes = async (from: number, to: number) =>
        (await store.range(from, to)).map(({ index }) => index);
      expect(await indexes(3, 5)).toEqual([3, 4, 5]);
      expect(await indexes(8, 99)).toEqual([8, 9]);
      expect(await indexes(5, 3)).toEqual([]);
      await close();
    });

    it('has everything after it was closed and opened again', async () => {
      const first = await open('none');
      await first.store.append(commands(0, 300), undefined);
      const again = await first.reopen();
      expect(again.store.health).toMatchObject({ size: 300, writable: true });
      expect(toHex(again.store.health.root)).toBe(toHex(rootAfter(300)));
      expect((await again.store.append([command(300)])).appended[0]!.index).toBe(300);
      expect(toHex(await again.store.rootAt(301))).toBe(toHex(rootAfter(301)));
      await again.close();
    });

    it('refuses a second writer whose view of the head is old, and stays whole', async () => {
      const first = await open('none');
      const { store } = first;
      await store.append(commands(0, 2));
      const other = await first.second();
      await other.store.append([command(2)]);
      expect(await codeFrom(store.append([command(99)]))).toBe('STORE_MOVED');
      expect(await codeFrom(store.append([command(99)]))).toBe('STORE_MOVED');
      expect((await other.store.append([command(3)])).appended[0]!.index).toBe(3);
      await other.close();
      const again = await first.reopen();
      expect(toHex(again.store.health.root)).toBe(toHex(rootAfter(4)));
      await again.close();
    });
  });

  describe('rules', () => {
    it('fold records into the view, keep refused ones with their reason, and survive a restart', async () => {
      const first = await open('kinds');
      const { appended } = await first.store.append([
        identity('rack-07'),
        identity('twice'),
        { bytes: utf8('nonsense'), sig: new Uint8Array(64) },
      ]);
      expect(appended.map(({ refused }) => refused?.code ?? null)).toEqual([
        null,
        'IDENTITY_EXISTS',
        'CBOR_PROFILE',
      ]);
      const key = `identity/${toHex(alice)}`;
      expect(appended[0]!.changed).toContain(key);
      expect(appended[1]!.changed).toEqual([]);
      const again = await first.reopen();
      expect(await again.store.viewRow(key)).toMatchObject({ name: 'rack-07', index: 0 });
      expect((await again.store.viewRows('identity/')).map(([name]) => name)).toEqual([key]);
      expect(await again.store.viewRow('identity/none')).toBeUndefined();
      expect((await again.store.entry(1))!.refused).toMatchObject({ code: 'IDENTITY_EXISTS' });
      await again.close();
    });

    it('judge a record without ordering it', async () => {
      const { store, close } = await open('kinds');
      expect(await store.judge(identity('rack-07').bytes)).toBeNull();
      await store.append([identity('rack-07')]);
      expect(await store.judge(identity('again').bytes)).toMatchObject({ code: 'IDENTITY_EXISTS' });
      expect(await store.entry(1)).toBeNull();
      await close();
    });

    it('see what the same batch said before', async () => {
      const { store, close } = await open('kinds');
      const { appended } = await store.append([identity('a'), identity('b'), identity('c', { author: bob })]);
      expect(appended.map(({ refused }) => refused === null)).toEqual([true, false, true]);
      await close();
    });

    it('are none for a log of opaque commands', async () => {
      const { store, close } = await open('none');
      const { appended } = await store.append([identity('a'), identity('b'), command(0)]);
      expect(appended.every(({ refused, changed }) => refused === null && changed.length === 0)).toBe(true);
      expect(await store.viewRows('')).toEqual([]);
      expect(await store.judge(command(0).bytes)).toBeNull();
      await close();
    });
  });

  describe('search', () => {
    const machine = new Uint8Array(32).fill(0x3c);
    let under: StoreUnderTest;
    let rows: Signed[];
    beforeAll(async () => {
      under = await open('kinds');
      rows = [
        identity('one', { at: 100 }),
        record('machine.retired', { machine }, { at: 200 }),
        identity('two', { author: bob, at: 300 }),
        record('machine.unpinned', { machine: bob }, { at: 400, author: bob }),
        { bytes: utf8('nonsense'), sig: new Uint8Array(64) },
        record('machinery.other', {}, { at: 500 }),
      ];
      await under.store.append(rows);
      return async () => under.close();
    });
    const found = async (filter: Parameters<Store['find']>[0], from = 99, limit = 99): Promise<number[]> =>
      (await under.store.find(filter, from, limit)).map(({ index }) => index);

    it('goes downwards from a place, as far as asked', async () => {
      expect(await found({})).toEqual([5, 4, 3, 2, 1, 0]);
      expect(await found({}, 3)).toEqual([3, 2, 1, 0]);
      expect(await found({}, 3, 2)).toEqual([3, 2]);
    });

    it('finds a kind, or kinds that begin alike', async () => {
      expect(await found({ kind: 'identity.created' })).toEqual([2, 0]);
      expect(await found({ kind: 'machine.*' })).toEqual([3, 1]);
      expect(await found({ kind: 'machine*' })).toEqual([5, 3, 1]);
      expect(await found({ kind: 'machine' })).toEqual([]);
      expect(await found({ kind: '*' })).toHaveLength(6);
    });

    it('finds an author by the first digits', async () => {
      expect(await found({ author: toHex(bob) })).toEqual([3, 2]);
      expect(await found({ author: 'b2b' })).toEqual([3, 2]);
      expect(await found({ author: 'b3' })).toEqual([]);
    });

    it('finds times: after is included, before is not', async () => {
      expect(await found({ after: 200, before: 400 })).toEqual([2, 1]);
      expect(await found({ after: 500 })).toEqual([5]);
    });

    it('finds a record by the digits with which its hash begins', async () => {
      const digest = toHex(nodeHashes.sha256(rows[3]!.bytes));
      expect(await found({ digest })).toEqual([3]);
      expect(await found({ digest: digest.slice(0, 9) })).toEqual([3]);
    });

    it('finds what a body mentions, by all of its digits or the first ones', async () => {
      expect(await found({ mentions: toHex(machine) })).toEqual([1]);
      expect(await found({ mentions: toHex(machine).slice(0, 8) })).toEqual([1]);
      expect(await found({ mentions: toHex(bob) })).toEqual([3, 2, 0]);
      expect(await found({ mentions: 'ff'.repeat(32) })).toEqual([]);
    });

    it('tells refused from taken, and joins conditions', async () => {
      expect(await found({ refused: false })).toEqual([2, 0]);
      expect(await found({ refused: true })).toEqual([5, 4, 3, 1]);
      expect(await found({ refused: true, author: toHex(alice), kind: 'machine.*' })).toEqual([1]);
    });

    it('refuses digits that are none', async () => {
      expect(await codeFrom(under.store.find({ author: 'xyz' }, 9, 9))).toBe('TEXT_HEX');
      expect(await codeFrom(under.store.find({ mentions: 'ab'.repeat(33) }, 9, 9))).toBe('TEXT_HEX');
    });
  });

  describe('the tree', () => {
    const sizes = [1, 2, 3, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537];
    const [most, grown] = [65_537, 65_800];
    let under: StoreUnderTest;
    let leaves: Uint8Array[];
    /** The reference: every complete node of the whole tree, all in memory. */
    let read: NodeReader;
    const rootFor = (size: number): Uint8Array => subtreeRoot(nodeHashes, 0, size, read);
    beforeAll(async () => {
      under = await open('none');
      leaves = commands(0, grown).map(leafOf);
      read = completeNodes(nodeHashes, leaves);
      for (let at = 0; at < most; at += 8192)
        await under.store.append(commands(at, Math.min(at + 8192, most)));
      return async () => under.close();
    }, 60_000);

    it.each(sizes)('of %i entries gives the proofs of RFC 6962, and they verify', async (size) => {
      const { store } = under;
      const root = rootFor(size);
      expect(toHex(await store.rootAt(size))).toBe(toHex(root));
      for (const index of new Set([0, 1, 254, 255, 256, 257, 32_768, size - 2, size - 1])) {
        if (index < 0 || index >= size) continue;
        const proof = await store.inclusion(index, size);
        expect(proof.map(toHex)).toEqual(proveInclusion(nodeHashes, index, size, read).map(toHex));
        verifyInclusion(nodeHashes, { index, size, leaf: leaves[index]!, root }, proof);
      }
      for (const first of sizes.filter((one) => one <= size)) {
        const proof = await store.consistency(first, size);
        expect(proof.map(toHex)).toEqual(proveConsistency(nodeHashes, first, size, read).map(toHex));
        const claim = { first, firstRoot: rootFor(first), second: size, secondRoot: root };
        verifyConsistency(nodeHashes, claim, proof);
      }
    });

    it('has the root that its leaves give', () => {
      // the reference itself, against the plain recursion over all leaves
      expect(toHex(rootFor(most))).toBe(toHex(rootOf(nodeHashes, leaves.slice(0, most))));
    });

    it('answers complete nodes of every level', async () => {
      const refs = [
        { level: 0, index: 65_536 },
        { level: 1, index: 127 },
        { level: 8, index: 255 },
        { level: 9, index: 3 },
        { level: 16, index: 0 },
      ];
      const nodes = await under.store.nodes(refs);
      expect(nodes.map(toHex)).toEqual(refs.map(({ level, index }) => toHex(read(level, index))));
    });

    it('is the same after a restart, and grows on', async () => {
      under = await under.reopen();
      const before = under.store.health;
      expect(toHex(before.root)).toBe(toHex(rootFor(most)));
      const { root, size } = await under.store.append(commands(most, grown));
      expect(size).toBe(grown);
      expect(toHex(root)).toBe(toHex(rootFor(grown)));
      const claim = { first: most, firstRoot: before.root, second: grown, secondRoot: root };
      verifyConsistency(nodeHashes, claim, await under.store.consistency(most, grown));
    });

    it('proves nothing about entries or sizes that it does not have', async () => {
      const { store } = under;
      expect(await codeFrom(store.inclusion(0, 65_801))).toBe('LOG_SIZE');
      expect(await codeFrom(store.inclusion(257, 257))).toBe('LOG_INDEX');
      expect(await codeFrom(store.inclusion(-1, 257))).toBe('LOG_SIZE');
      expect(await codeFrom(store.consistency(10, 9))).toBe('LOG_SIZE');
      expect(await codeFrom(store.consistency(0, 65_801))).toBe('LOG_SIZE');
      expect(await codeFrom(store.rootAt(65_801))).toBe('LOG_SIZE');
    });
  });

  describe('checkpoints', () => {
    const sizesOf = async (store: Store, before = 1e9, limit = 99): Promise<number[]> =>
      (await store.checkpoints(before, limit)).map(({ size }) => size);

    it('are kept with a batch or alone, newest first', async () => {
      const { store, close } = await open('none');
      await store.append(commands(0, 5));
      await store.append(commands(5, 10), checkpoint(5, 1000));
      await store.putCheckpoint(checkpoint(10, 3000));
      expect(await sizesOf(store)).toEqual([10, 5]);
      expect(await sizesOf(store, 10)).toEqual([5]);
      expect(await sizesOf(store, 1e9, 1)).toEqual([10]);
      const [row] = await store.checkpoints(1e9, 1);
      expect(row).toMatchObject({ size: 10, at: 3000 });
      expect(new TextDecoder().decode(row!.note)).toBe('note of 10');
      await close();
    });

    it('stay half a second apart, and the newest always stays', async () => {
      const { store, close } = await open('none');
      await store.append(commands(0, 40));
      for (let n = 1; n <= 40; n++) await store.putCheckpoint(checkpoint(n, 1000 + n * 100));
      const kept = await store.checkpoints(1e9, 99);
      expect(kept[0]!.size).toBe(40);
      // all but the newest pair keep their distance, and the timeline has no holes
      const times = kept.map(({ at }) => at).toReversed();
      const gaps = times.slice(1, -1).map((at, n) => at - times[n]!);
      expect(gaps.length).toBeGreaterThan(4);
      for (const gap of gaps) {
        expect(gap).toBeGreaterThanOrEqual(500);
        expect(gap).toBeLessThanOrEqual(700);
      }
      await close();
    });

    it('never go back, and never stand for two trees', async () => {
      const { store, close } = await open('none');
      await store.append(commands(0, 9));
      await store.putCheckpoint(checkpoint(8, 1000));
      expect(await codeFrom(store.putCheckpoint(checkpoint(7, 2000)))).toBe('CHECKPOINT_BELOW');
      const other = { ...checkpoint(8, 2000), root: new Uint8Array(32) };
      expect(await codeFrom(store.putCheckpoint(other))).toBe('CHECKPOINT_BELOW');
      await store.putCheckpoint(checkpoint(8, 2000));
      // what was signed for entries that are not here would make the store contradict itself at its next start
      expect(await codeFrom(store.putCheckpoint(checkpoint(10, 2500)))).toBe('LOG_SIZE');
      expect(await sizesOf(store)).toEqual([8]);
      // a checkpoint that is refused takes its batch with it
      expect(await codeFrom(store.append([command(9)], checkpoint(3, 3000)))).toBe('CHECKPOINT_BELOW');
      expect(await store.entry(9)).toBeNull();
      await close();
    });

    it('are known again after a restart', async () => {
      const first = await open('none');
      await first.store.append(commands(0, 3));
      await first.store.putCheckpoint(checkpoint(3, 1000));
      const again = await first.reopen();
      expect(again.store.health.checkpoint).toMatchObject({ size: 3, at: 1000 });
      expect(again.store.health.checks.map(({ id }) => id)).toContain('checkpoint');
      await again.close();
    });
  });

  describe('local rows', () => {
    it('are written, replaced and removed, and stay over a restart', async () => {
      const first = await open('none');
      await first.store.putLocal('a', { theme: 'dark', bytes: utf8('x') });
      await first.store.putLocal('b', 1);
      await first.store.putLocal('b', 2);
      await first.store.putLocal('c', 3);
      await first.store.putLocal('c', undefined);
      const again = await first.reopen();
      expect(toHex(encodeCanonical((await again.store.getLocal('a'))!))).toBe(
        toHex(encodeCanonical({ theme: 'dark', bytes: utf8('x') })),
      );
      expect(await again.store.getLocal('b')).toBe(2);
      expect(await again.store.getLocal('c')).toBeUndefined();
      // they are no entries
      expect(again.store.health.size).toBe(0);
      await again.close();
    });
  });
}
