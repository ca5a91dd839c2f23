import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { nodeHashes } from '../../../src/main/hashes.ts';
import { encodeCanonical, NO_COALITION, Refusal, toHex, utf8 } from '../../../src/protocol/bytes/index.ts';
import type { Value } from '../../../src/protocol/bytes/index.ts';
import {
  defineKind,
  encodeRecord,
  foldInto,
  judge,
  memberKey,
  memoryView,
  recordId,
  requireMember,
  viewDigest,
} from '../../../src/protocol/record/index.ts';

/** A kind that counts: it asks for a member, refuses the number 13, and breaks at 666. */
const counted = defineKind<{ n: number }>({
  name: 'test.counted',
  schema: z.object({ n: z.number().int().min(0) }),
  authorize: requireMember,
  fold(view, record, { index, id }) {
    if (record.body.n === 13) throw new Refusal('TEST_THIRTEEN', 'Not this one.');
    if (record.body.n === 666) throw new TypeError('a bug');
    const sum = Number(view.get('sum') ?? 0) + record.body.n;
    return record.body.n === 0
      ? [['sum', undefined]]
      : [
          ['sum', sum],
          ['last', { index, id }],
        ];
  },
});
const kinds = new Map([[counted.name, counted]]);
const [alice, bob] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
const coalition = new Uint8Array(32).fill(3);

function world() {
  const view = memoryView();
  view.apply([[memberKey(coalition, alice), { since: 0 }]]);
  let index = 0;
  const record = (seq: number, body: Value, change: object = {}): Uint8Array =>
    encodeRecord({
      v: 1,
      kind: 'test.counted',
      coalition,
      author: alice,
      seq,
      at: 5,
      body,
      evidence: [],
      ...change,
    });
  return {
    view,
    record,
    fold: (bytes: Uint8Array) => foldInto(kinds, nodeHashes, view, bytes, index++),
    /** The code with which it was refused, or `taken`. */
    say: (seq: number, body: Value, change: object = {}): string =>
      foldInto(kinds, nodeHashes, view, record(seq, body, change), index++).refused?.code ?? 'taken',
  };
}

describe('the fold engine', () => {
  it('takes a record that its rule allows, and writes what the rule answers', () => {
    const { fold, record, view } = world();
    const bytes = record(0, { n: 4 });
    const result = fold(bytes);
    expect(result.refused).toBeNull();
    expect(result.id).toBe(recordId(nodeHashes, bytes));
    expect(result.record?.kind).toBe('test.counted');
    expect(view.get('sum')).toBe(4);
    expect(view.get('last')).toEqual({ index: 0, id: result.id });
  });

  it('removes a row where the rule says so', () => {
    const { say, view } = world();
    expect([say(0, { n: 4 }), say(1, { n: 0 })]).toEqual(['taken', 'taken']);
    expect(view.rows.has('sum')).toBe(false);
  });

  it.each<[string, string, (w: ReturnType<typeof world>) => Uint8Array]>([
    ['bytes that are no CBOR', 'CBOR_PROFILE', () => utf8('nonsense')],
    ['more bytes than a record has', 'CBOR_SIZE', () => new Uint8Array(16 * 1024 + 1)],
    ['CBOR that is no record', 'RECORD_FORMAT', () => encodeCanonical({ v: 1 })],
    ['a kind that nobody knows', 'KIND_UNKNOWN', (w) => w.record(1, {}, { kind: 'test.later' })],
    ['a body that does not fit', 'BODY_FORMAT', (w) => w.record(1, { n: -1 })],
    ['an author who is not a member', 'NOT_A_MEMBER', (w) => w.record(1, { n: 1 }, { author: bob })],
    [
      'a member of another coalition',
      'NOT_A_MEMBER',
      (w) => w.record(1, { n: 1 }, { coalition: NO_COALITION }),
    ],
    ['what the rule refuses', 'TEST_THIRTEEN', (w) => w.record(1, { n: 13 })],
  ])('refuses %s with %s, and changes nothing', (_what, code, make) => {
    const w = world();
    w.say(0, { n: 4 });
    const before = toHex(viewDigest(nodeHashes, w.view));
    const bytes = make(w);
    const result = w.fold(bytes);
    expect(result.refused?.code).toBe(code);
    expect(result.refused?.message).toMatch(/\.$/);
    expect(result.changes).toEqual([]);
    expect(result.id).toBe(recordId(nodeHashes, bytes));
    expect(toHex(viewDigest(nodeHashes, w.view))).toBe(before);
  });

  it('names the member of the body that is wrong', () => {
    const { fold, record } = world();
    expect(fold(record(0, { n: 'four' })).refused?.message).toContain('n is wrong');
  });

  it('refuses a sequence number that is not above the last, and allows gaps', () => {
    const { say } = world();
    expect(say(5, { n: 1 })).toBe('taken');
    expect(say(5, { n: 2 })).toBe('SEQ_REUSED');
    expect(say(4, { n: 2 })).toBe('SEQ_REUSED');
    expect(say(9, { n: 2 })).toBe('taken');
  });

  it('counts sequence numbers for each author and coalition apart', () => {
    const { say, view } = world();
    const other = new Uint8Array(32).fill(9);
    view.apply([
      [memberKey(coalition, bob), { since: 0 }],
      [memberKey(other, alice), { since: 0 }],
    ]);
    expect(say(5, { n: 1 })).toBe('taken');
    expect(say(5, { n: 1 }, { author: bob })).toBe('taken');
    expect(say(5, { n: 1 }, { coalition: other })).toBe('taken');
  });

  it('does not use up the sequence number of a record that was refused', () => {
    const { say } = world();
    expect(say(5, { n: 13 })).toBe('TEST_THIRTEEN');
    expect(say(5, { n: 1 })).toBe('taken');
  });

  it('lets a bug be a bug', () => {
    const { fold, record } = world();
    expect(() => fold(record(0, { n: 666 }))).toThrow(TypeError);
  });

  it('judges without changing anything, and as it then folds', () => {
    const { view, record } = world();
    const before = toHex(viewDigest(nodeHashes, view));
    for (const body of [{ n: 4 }, { n: 13 }]) {
      const judged = judge(kinds, nodeHashes, view, record(0, body), 0);
      expect(toHex(viewDigest(nodeHashes, view))).toBe(before);
      const copy = memoryView();
      copy.apply([...view.list('')]);
      expect(foldInto(kinds, nodeHashes, copy, record(0, body), 0)).toEqual(judged);
    }
  });
});

describe('a view in memory', () => {
  it('lists rows in the order of the bytes of their keys', () => {
    const view = memoryView();
    for (const key of ['b/2', 'a/10', 'a/9', 'b/1', 'a/']) view.apply([[key, key.length]]);
    expect([...view.list('a/')].map(([key]) => key)).toEqual(['a/', 'a/10', 'a/9']);
    expect([...view.list('')].map(([key]) => key)).toEqual(['a/', 'a/10', 'a/9', 'b/1', 'b/2']);
  });

  it('has one digest for one state, however it came about', () => {
    const [one, other] = [memoryView(), memoryView()];
    one.apply([
      ['a', 1],
      ['b', { x: 1, y: 2 }],
    ]);
    other.apply([
      ['b', { y: 2, x: 1 }],
      ['c', 3],
    ]);
    other.apply([
      ['a', 1],
      ['c', undefined],
    ]);
    expect(viewDigest(nodeHashes, other)).toEqual(viewDigest(nodeHashes, one));
    other.apply([['a', 2]]);
    expect(viewDigest(nodeHashes, other)).not.toEqual(viewDigest(nodeHashes, one));
  });
});
