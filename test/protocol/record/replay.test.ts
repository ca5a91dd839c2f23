import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodeHashes } from '../../../src/main/hashes.ts';
import { openLocalStore } from '../../../src/main/store/index.ts';
import { encodeCanonical, toHex } from '../../../src/protocol/bytes/index.ts';
import type { Value } from '../../../src/protocol/bytes/index.ts';
import { kinds } from '../../../src/protocol/kinds.ts';
import {
  encodeRecord,
  foldInto,
  judge,
  memberKey,
  memoryView,
  viewDigest,
} from '../../../src/protocol/record/index.ts';
import { problems } from '../../../src/contract/problems.ts';
import { scratch } from '../../scratch.ts';
import { history, LENGTH, SEEDS } from './history.ts';

const sig = new Uint8Array(64);

/** Folds the records into a fresh view in memory; answers its digest and what was refused. */
function inMemory(records: readonly Uint8Array[]) {
  const view = memoryView();
  const outcomes = records.map(
    (bytes, index) => foldInto(kinds, nodeHashes, view, bytes, index).refused?.code ?? 'taken',
  );
  return { view, outcomes, digest: toHex(viewDigest(nodeHashes, view)) };
}

const openStore = (folder: string) =>
  openLocalStore({ path: join(folder, 'store.db'), headPath: join(folder, 'head'), rules: 'kinds' });
const digestOf = (store: ReturnType<typeof openStore>): string =>
  toHex(nodeHashes.sha256(encodeCanonical(store.viewRows('').map(([key, value]) => [key, value] as Value))));

describe.each(SEEDS)('a long history (seed %i)', (seed) => {
  const records = history(seed, LENGTH);

  it('has every kind taken and enough of them refused to mean something', () => {
    const { outcomes } = inMemory(records);
    const taken = new Set(
      records.flatMap((bytes, n) => {
        const { record } = judge(kinds, nodeHashes, memoryView(), bytes, n);
        return outcomes[n] === 'taken' && record !== null ? [record.kind] : [];
      }),
    );
    expect([...kinds.keys()].filter((kind) => !taken.has(kind))).toEqual([]);
    expect(new Set(outcomes).size).toBeGreaterThan(20);
    for (const outcome of new Set(outcomes))
      if (outcome !== 'taken') expect(problems[outcome], outcome).toBeDefined();
  });

  it('gives the same view bit for bit in memory, in SQLite, and again from zero', () => {
    const first = inMemory(records);
    expect(inMemory(records)).toMatchObject({ digest: first.digest, outcomes: first.outcomes });
    const folder = scratch();
    let store = openStore(folder);
    const outcomes: string[] = [];
    // in batches of many sizes, and over restarts: where the cuts are must not matter
    for (let at = 0, step = 1; at < records.length; at += step, step = (step % 97) + 13) {
      const batch = store.append(records.slice(at, at + step).map((bytes) => ({ bytes, sig })));
      outcomes.push(...batch.appended.map(({ refused }) => refused?.code ?? 'taken'));
      if (step % 5 === 0) {
        store.close();
        store = openStore(folder);
      }
    }
    expect(outcomes).toEqual(first.outcomes);
    expect(digestOf(store)).toBe(first.digest);
    // what the store keeps is all that a replay needs
    const kept = store.range(0, records.length - 1).map(({ bytes }) => bytes);
    expect(inMemory(kept).digest).toBe(first.digest);
    store.close();
  });

  it('gives another view when two entries that matter change places', () => {
    const { outcomes, digest } = inMemory(records);
    const [a, b] = outcomes.flatMap((outcome, n) => (outcome === 'taken' ? [n] : [])).slice(-2);
    const swapped = [...records];
    [swapped[a!], swapped[b!]] = [records[b!]!, records[a!]!];
    expect(inMemory(swapped).digest).not.toBe(digest);
  });
});

describe('whatever a record says', () => {
  const [author, coalition] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  const any: fc.Arbitrary<Value> = fc.letrec<{ v: Value }>((tie) => ({
    v: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom<Value>(
        null,
        true,
        0,
        -1,
        2 ** 53 - 1,
        '',
        'a',
        'sha256:',
        new Uint8Array(32),
        new Uint8Array(48),
      ),
      fc.string({ unit: 'grapheme', maxLength: 12 }).map((s) => s.normalize('NFC')),
      fc.array(tie('v'), { maxLength: 4 }),
      fc.dictionary(
        fc.constantFrom('machine', 'workload', 'ticket', 'pins', 'mrtd', 'name', 'config'),
        tie('v'),
        {
          noNullPrototype: true,
        },
      ),
    ),
  })).v;
  const view = memoryView();
  view.apply([[memberKey(coalition, author), { since: 0 }]]);
  for (const [n, bytes] of history(9, 400).entries()) foldInto(kinds, nodeHashes, view, bytes, n);

  it.each([...kinds.keys()])('%s either takes it or refuses it with a code of the list', (kind) => {
    fc.assert(
      fc.property(any, (body) => {
        const bytes = encodeRecord({ v: 1, kind, coalition, author, seq: 0, at: 0, body, evidence: [] });
        const { refused } = judge(kinds, nodeHashes, view, bytes, 1000);
        if (refused !== null) expect(problems[refused.code], refused.code).toBeDefined();
      }),
      { numRuns: 150 },
    );
  });
});
