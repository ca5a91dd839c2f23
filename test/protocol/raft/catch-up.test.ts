import { describe, expect, it } from 'vitest';
import { createRaft, LIMITS, status, step, TIMING } from '../../../src/protocol/raft/index.ts';
import type { Entry } from '../../../src/protocol/raft/index.ts';
import { bytes, Group, voters } from './group.ts';

describe('a follower that is far behind', () => {
  const behind = () => {
    const group = new Group(voters('a', 'b', 'c'), { limits: { batchBytes: 200, inflight: 2 } });
    group.electThis('a');
    group.crash('c');
    for (let n = 0; n < 100; n++) group.propose('a', `command ${n}`);
    return group;
  };
  const words = Array.from({ length: 100 }, (_, n) => `command ${n}`);

  it('gets what is no longer in memory from the stored log', () => {
    const group = behind();
    group.input('a', { kind: 'trim', upTo: 90 });
    expect(group.status('a').trimmed.index).toBe(90);
    group.restart('c');
    group.pass(TIMING.heartbeat);
    expect(group.committed('c')).toEqual(words);
  });

  it('gets it even when loaded entries are lost on the way', () => {
    const group = behind();
    group.input('a', { kind: 'trim', upTo: 101 });
    group.restart('c');
    let seen = 0;
    group.passes = (_from, to, message) =>
      !(to === 'c' && message.kind === 'append' && message.entries.length > 0 && ++seen % 3 === 0);
    group.pass(40 * TIMING.heartbeat);
    expect(seen).toBeGreaterThan(10);
    expect(group.committed('c')).toEqual(words);
  });

  it('is offered a snapshot when the stored log begins later, and goes on after it', () => {
    const group = behind();
    const a = group.member('a');
    group.input('a', { kind: 'trim', upTo: 80 });
    group.input('a', { kind: 'compacted', upTo: { term: 1, index: 80 } });
    a.disk.entries.splice(0, 80);
    a.disk.snapshot = { term: 1, index: 80 };
    group.restart('c');
    group.pass(TIMING.heartbeat);
    const { fetch } = group.member('c');
    expect(fetch).toEqual({ from: 'a', last: { term: 1, index: 80 } });
    expect(group.status('a').peers.find(({ id }) => id === 'c')).toMatchObject({ mode: 'snapshot' });
    const { disk } = group.member('c');
    disk.snapshot = fetch!.last;
    disk.entries = [];
    group.input('c', { kind: 'restored', last: fetch!.last, members: voters('a', 'b', 'c') });
    group.deliver();
    expect(group.committed('c')).toEqual(words.slice(79));
    expect(group.status('c').commit).toBe(101);
  });

  it('keeps entries after a snapshot that its log already leads to, and drops a log that it contradicts', () => {
    const entry = (index: number, term: number): Entry => ({
      kind: 'command',
      index,
      term,
      data: bytes('x'),
    });
    const start = (terms: number[]) =>
      createRaft({
        self: 'c',
        members: voters('a', 'b', 'c'),
        hard: { term: 3, vote: null },
        snapshot: { term: 0, index: 0 },
        tail: terms.map((term, at) => entry(at + 1, term)),
        commit: 0,
        now: 0,
        seed: 1,
        timing: TIMING,
        limits: LIMITS,
      });
    const restored = { kind: 'restored', last: { term: 2, index: 3 }, members: voters('a', 'c') } as const;
    const kept = step(start([1, 2, 2, 3]), restored);
    expect(status(kept.state)).toMatchObject({ commit: 3, last: { term: 3, index: 4 }, durable: 4 });
    expect(kept.effects.persist).toBeNull();
    const dropped = step(start([1, 1, 1, 1, 1]), restored);
    expect(status(dropped.state)).toMatchObject({ commit: 3, last: { term: 2, index: 3 }, durable: 3 });
    expect(dropped.effects.persist).toMatchObject({ truncateFrom: 4, append: [] });
    expect(status(dropped.state).members).toEqual(voters('a', 'c'));
  });
});

describe('a snapshot of what is known already', () => {
  it('only says where the stored log begins: nothing is lost, at a follower as at a leader', () => {
    const group = new Group(voters('a', 'b', 'c'));
    group.electThis('a');
    group.propose('a', 'x', 'y');
    for (const id of ['a', 'b']) {
      const restored = { kind: 'restored', last: { term: 1, index: 2 }, members: voters('a') } as const;
      const { persist } = group.input(id, restored);
      expect(persist).toBeNull();
      expect(group.status(id)).toMatchObject({
        commit: 3,
        snapshot: { term: 1, index: 2 },
        members: voters('a', 'b', 'c'),
      });
    }
    group.propose('a', 'z');
    expect(group.committed('b')).toContain('z');
  });
});

describe('a restart', () => {
  it('of the whole group, in turn or at once, loses nothing that was committed', () => {
    const group = new Group(voters('a', 'b', 'c'));
    for (let round = 0; round < 5; round++) {
      group.propose(group.elect(), `command ${round}`);
      for (const id of ['a', 'b', 'c']) group.crash(id);
      for (const id of ['a', 'b', 'c']) group.restart(id);
    }
    group.elect();
    group.pass(TIMING.heartbeat);
    for (const id of ['a', 'b', 'c'])
      expect(group.committed(id)).toEqual(Array.from({ length: 5 }, (_, n) => `command ${n}`));
  });

  it('from a disk that contradicts itself is refused', () => {
    const options = {
      self: 'a',
      members: voters('a', 'b'),
      hard: { term: 1, vote: null },
      snapshot: { term: 0, index: 0 },
      tail: [{ kind: 'no-op', index: 1, term: 1 }],
      commit: 1,
      now: 0,
      seed: 1,
      timing: TIMING,
      limits: LIMITS,
    } as const;
    expect(createRaft(options).commit).toBe(1);
    expect(() => createRaft({ ...options, commit: 2 })).toThrow('ends at 1');
    expect(() => createRaft({ ...options, hard: { term: 0, vote: null } })).toThrow('behind the stored log');
    expect(() => createRaft({ ...options, tail: [{ kind: 'no-op', index: 2, term: 1 }] })).toThrow(
      'cannot follow',
    );
    expect(() => createRaft({ ...options, tail: [], before: { term: 1, index: 1 }, commit: 0 })).toThrow(
      'must be in the tail',
    );
  });
});
