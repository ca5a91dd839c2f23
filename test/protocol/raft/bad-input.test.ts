import { describe, expect, it } from 'vitest';
import { entriesInMemory, status, step, TIMING } from '../../../src/protocol/raft/index.ts';
import type { Entry, Message, RaftState } from '../../../src/protocol/raft/index.ts';
import { randomFrom } from '../../random.ts';
import { bytes, Group, voters } from './group.ts';

const HUGE = Number.MAX_SAFE_INTEGER;
const append = (over: Partial<Extract<Message, { kind: 'append' }>>): Message => ({
  kind: 'append',
  term: 1,
  prev: { term: 1, index: 2 },
  entries: [],
  commit: 0,
  round: 1,
  ...over,
});
const entry = (index: number, term: number): Entry => ({ kind: 'command', index, term, data: bytes('evil') });

/** a leads in term 1; "x" at index 2 is committed everywhere. */
function settled(): Group {
  const group = new Group(voters('a', 'b', 'c'));
  group.electThis('a');
  group.propose('a', 'x');
  return group;
}

const nonsense: [string, Message][] = [
  ['a negative term', append({ term: -1 })],
  ['a term that is no number', append({ term: Number.NaN })],
  ['a broken number', append({ commit: 1.5 })],
  ['a term nobody could have reached', append({ term: HUGE })],
  ['an index beyond counting', append({ prev: { term: 1, index: HUGE }, entries: [entry(HUGE + 1, 1)] })],
  ['entries with a gap', append({ entries: [entry(3, 1), entry(5, 1)] })],
  ['entries that do not follow the one before', append({ entries: [entry(9, 1)] })],
  ['entries whose terms fall', append({ term: 3, entries: [entry(3, 3), entry(4, 2)] })],
  ['entries of a later term than the message', append({ entries: [entry(3, 7)] })],
  [
    'a membership nobody could decide in',
    append({
      entries: [
        { kind: 'members', index: 3, term: 1, members: { voters: [], learners: [] }, data: bytes('') },
      ],
    }),
  ],
  ['a position without a term', append({ prev: { term: 0, index: 2 } })],
  [
    'a candidate from the future of its own log',
    { kind: 'vote-request', term: 2, pre: false, last: { term: 9, index: 9 }, transfer: true },
  ],
  ['a snapshot of a later term', { kind: 'snapshot-offer', term: 1, last: { term: 5, index: 9 }, round: 0 }],
  ['a word that is none', { kind: 'nonsense', term: 1 } as unknown as Message],
];

describe('a bad message', () => {
  it.each(nonsense)('with %s changes nothing and is not answered', (_what, message) => {
    const group = settled();
    for (const id of ['a', 'b']) {
      const before = group.state(id);
      const from = id === 'a' ? 'b' : 'a';
      const { state, effects } = step(before, { kind: 'message', from, message });
      expect(status(state)).toEqual(status(before));
      expect(effects).toMatchObject({ now: [], after: [], persist: null, commit: null });
    }
  });

  it('that would replace committed entries changes nothing', () => {
    const group = settled();
    const before = group.state('b');
    for (const message of [
      append({ prev: { term: 1, index: 1 }, entries: [entry(2, 2)], term: 2 }),
      append({ prev: { term: 0, index: 0 }, entries: [entry(1, 2), entry(2, 2)], term: 2 }),
      append({ prev: { term: 9, index: 1 }, entries: [entry(2, 9)], term: 9 }),
    ]) {
      const { state, effects } = step(before, { kind: 'message', from: 'a', message });
      expect(entriesInMemory(state, 1, 9)).toEqual(entriesInMemory(before, 1, 9));
      expect(effects.persist?.append ?? []).toEqual([]);
      expect(effects.after).toEqual([]);
    }
  });

  it('from a second leader of the same term changes nothing', () => {
    const group = settled();
    for (const id of ['a', 'b']) {
      const before = group.state(id);
      const { state } = step(before, {
        kind: 'message',
        from: 'c',
        message: append({ entries: [entry(3, 1)] }),
      });
      expect(status(state)).toEqual(status(before));
    }
  });

  it('that claims more than was ever sent counts for nothing', () => {
    const group = settled();
    const answer: Message = {
      kind: 'append-answer',
      term: 1,
      round: 0,
      ok: true,
      index: 1_000,
      conflict: 0,
    };
    const before = group.status('a');
    for (const from of ['b', 'c', 'stranger']) group.input('a', { kind: 'message', from, message: answer });
    group.input('a', { kind: 'message', from: 'b', message: { ...answer, index: 2, round: 1_000 } });
    expect(group.status('a')).toEqual(before);
  });

  it('from an earlier term is answered with the present one, so that an old leader goes', () => {
    const group = settled();
    group.partition(['a'], ['b', 'c']);
    group.pass(3 * TIMING.election);
    const leader = group.elect();
    const other = leader === 'b' ? 'c' : 'b';
    const { after } = group.input(other, { kind: 'message', from: 'a', message: append({}) });
    expect(after).toMatchObject([{ to: 'a', message: { kind: 'append-answer', term: 2, ok: false } }]);
  });

  it('of any kind, by the ten thousand, never takes back what is committed nor throws', () => {
    const random = randomFrom(4);
    const names = ['a', 'b', 'c', 'stranger'];
    const number = (): number => random.pick([0, 1, 2, 3, 4, 5, 6, 100, -1, 0.5, HUGE, random.below(10)]);
    const position = () => ({ term: number(), index: number() });
    const some = (): Message =>
      random.pick<() => Message>([
        () => ({
          kind: 'vote-request',
          term: number(),
          pre: random.oneIn(2),
          last: position(),
          transfer: random.oneIn(2),
        }),
        () => ({ kind: 'vote-answer', term: number(), pre: random.oneIn(2), granted: random.oneIn(2) }),
        () => {
          const prev = { term: random.below(4), index: random.below(6) };
          const entries = Array.from({ length: random.below(4) }, (_, at) =>
            entry(prev.index + 1 + at, random.below(4)),
          );
          return append({ term: random.below(6), prev, entries, commit: number(), round: number() });
        },
        () => ({
          kind: 'append-answer',
          term: number(),
          round: number(),
          ok: random.oneIn(2),
          index: number(),
          conflict: number(),
        }),
        () => ({ kind: 'snapshot-offer', term: number(), last: position(), round: number() }),
        () => ({ kind: 'stand-now', term: number() }),
      ])();
    let moved = 0;
    const group = settled();
    for (let round = 0; round < 2_000; round++) {
      let state: RaftState = group.state(random.pick(['a', 'b', 'c']));
      const { commit } = status(state);
      const committed = entriesInMemory(state, 1, commit);
      for (let n = 0; n < 10; n++) {
        const before = state;
        ({ state } = step(state, { kind: 'message', from: random.pick(names), message: some() }));
        if (random.oneIn(5)) ({ state } = step(state, { kind: 'tick', now: n * 1000 }));
        if (status(state).term !== status(before).term) moved += 1;
        expect(status(state).commit).toBeGreaterThanOrEqual(commit);
        expect(status(state).term).toBeGreaterThanOrEqual(status(before).term);
      }
      expect(entriesInMemory(state, 1, commit)).toEqual(committed);
    }
    expect(moved).toBeGreaterThan(100);
  });
});

describe('a mistake of the rim', () => {
  it('that compacts what is not committed throws', () => {
    const group = settled();
    expect(() => step(group.state('a'), { kind: 'compacted', upTo: { term: 1, index: 9 } })).toThrow(
      'must not be compacted',
    );
  });

  it('that trims too much is corrected', () => {
    const group = settled();
    group.partition(['a'], ['b', 'c']);
    group.propose('a', 'y');
    group.input('a', { kind: 'trim', upTo: 100 });
    expect(group.status('a').trimmed.index).toBe(2);
  });

  it('that reports entries durable which have been replaced is ignored', () => {
    const group = settled();
    group.member('a').slow = true;
    group.propose('a', 'y');
    group.input('a', { kind: 'persisted', upTo: { term: 9, index: 3 } });
    expect(group.status('a').durable).toBe(2);
  });
});

describe('a step', () => {
  it('is a function: stepped again, an older state gives the same, and a newer one is not disturbed', () => {
    const group = settled();
    const old = group.state('a');
    const input = { kind: 'propose', commands: [bytes('y')] } as const;
    const one = step(old, input);
    const two = step(old, { kind: 'propose', commands: [bytes('another'), bytes('way')] });
    const three = step(old, input);
    expect(three.effects).toEqual(one.effects);
    expect(status(three.state)).toEqual(status(one.state));
    expect(entriesInMemory(one.state, 3, 9)).toHaveLength(1);
    expect(entriesInMemory(two.state, 3, 9)).toHaveLength(2);
    expect(entriesInMemory(three.state, 3, 9)).toEqual(entriesInMemory(one.state, 3, 9));
    expect(status(old).last.index).toBe(2);
  });

  it('that has nothing to say says so with one shared object', () => {
    const group = settled();
    const { effects } = step(group.state('b'), { kind: 'tick', now: group.now });
    const again = step(group.state('c'), { kind: 'tick', now: group.now });
    expect(effects).toBe(again.effects);
    expect(effects).toMatchObject({ persist: null, now: [], after: [], commit: null, changed: false });
  });
});
