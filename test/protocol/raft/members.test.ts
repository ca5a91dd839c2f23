import { describe, expect, it } from 'vitest';
import { status, step, TIMING } from '../../../src/protocol/raft/index.ts';
import type { Members } from '../../../src/protocol/raft/index.ts';
import { Group, NOBODY, voters } from './group.ts';

const withLearner = (...ids: string[]): Members => ({ voters: ids, learners: ['l'] });

describe('a change of membership', () => {
  it('is refused unless exactly one member differs and one to seven vote', () => {
    const group = new Group(voters('a', 'b', 'c'));
    group.elect();
    const leader = group.leader()!;
    const refusal = (members: Members) =>
      group.input(leader, { kind: 'propose-members', members, data: new Uint8Array(0) }).refused?.code;
    const invalid: Members[] = [
      voters('a', 'b', 'c'),
      voters('a', 'b', 'c', 'd', 'e'),
      voters('a', 'b', 'd'),
      voters('a'),
      voters(),
      voters('a', 'b', 'c', 'c'),
      voters('a', 'b', 'c', ''),
      { voters: ['a', 'b', 'c'], learners: ['a'] },
      { voters: ['a', 'b'], learners: ['c', 'd'] },
    ];
    for (const members of invalid) expect(refusal(members), JSON.stringify(members)).toBe('MEMBERS_INVALID');
    expect(refusal(voters('a', 'b', 'c', 'd'))).toBeUndefined();
    const seven = new Group(voters(...'abcdefg'));
    const first = seven.elect();
    expect(seven.change(first, voters(...'abcdefgh')).refused?.code).toBe('MEMBERS_INVALID');
    const one = new Group(voters('a'));
    one.pass(50);
    expect(one.change('a', { voters: [], learners: ['a'] }).refused?.code).toBe('MEMBERS_INVALID');
  });

  it('is refused while an earlier one is not committed, and before the leader committed in its term', () => {
    const group = new Group(voters('a', 'b', 'c'));
    group.passes = (_from, _to, message) => message.kind !== 'append-answer';
    group.electThis('a');
    expect(group.change('a', voters('a', 'b')).refused?.code).toBe('MEMBERS_PENDING');
    group.passes = () => true;
    group.elect();
    group.passes = (_from, _to, message) => message.kind !== 'append';
    expect(group.change('a', voters('a', 'b')).refused).toBeNull();
    expect(group.change('a', voters('a', 'b', 'c')).refused?.code).toBe('MEMBERS_PENDING');
    group.passes = () => true;
    group.pass(TIMING.heartbeat);
    expect(group.change('a', voters('a', 'b', 'c')).refused).toBeNull();
  });

  it('takes effect as soon as it is in the log: a fourth voter makes three the quorum', () => {
    const group = new Group(voters('a', 'b', 'c'));
    group.electThis('a');
    group.partition(['a', 'b'], ['c', 'd']);
    group.change('a', voters('a', 'b', 'c', 'd'));
    expect(group.status('a')).toMatchObject({ members: voters('a', 'b', 'c', 'd'), changing: true });
    group.propose('a', 'x');
    expect(group.committed('a')).toEqual([]);
  });

  it('is undone when its entry is replaced', () => {
    const group = new Group(voters('a', 'b', 'c'));
    group.electThis('a');
    group.partition(['a'], ['b', 'c']);
    group.change('a', voters('a', 'b'));
    expect(group.status('a').members).toEqual(voters('a', 'b'));
    group.pass(2 * TIMING.election);
    group.propose(group.elect(), 'x');
    group.heal();
    group.pass(2 * TIMING.heartbeat);
    expect(group.status('a')).toMatchObject({ members: voters('a', 'b', 'c'), changing: false });
    expect(group.committed('a')).toEqual(['x']);
  });

  it('is found again in the log after a restart', () => {
    const group = new Group(voters('a', 'b', 'c'));
    group.electThis('a');
    group.change('a', withLearner('a', 'b', 'c'));
    group.crash('b');
    group.restart('b');
    expect(group.status('b').members).toEqual(withLearner('a', 'b', 'c'));
  });
});

describe('a learner', () => {
  it('that does not know yet that it is a member takes the log of the leader and then knows', () => {
    const group = new Group(voters('a', 'b', 'c'));
    group.electThis('a');
    group.propose('a', ...Array.from({ length: 50 }, (_, n) => `command ${n}`));
    group.add('l');
    expect(group.status('l')).toMatchObject({ role: 'learner', members: NOBODY });
    group.pass(60_000);
    expect(group.status('l').term).toBe(0);
    group.change('a', withLearner('a', 'b', 'c'));
    expect(group.status('l')).toMatchObject({ role: 'learner', members: withLearner('a', 'b', 'c') });
    expect(group.committed('l')).toEqual(group.committed('a'));
  });

  it('neither counts nor stands', () => {
    const group = new Group(withLearner('a', 'b', 'c'));
    group.electThis('a');
    group.partition(['a', 'l'], ['b', 'c']);
    group.propose('a', 'x');
    expect(group.log('l')).toContain('x');
    expect(group.committed('a')).toEqual([]);
    group.pass(60_000);
    expect(group.status('l').role).toBe('learner');
    expect(group.sent.some(({ from, message }) => from === 'l' && message.kind === 'vote-request')).toBe(
      false,
    );
  });

  it('counts once it is promoted, and no longer once it is demoted', () => {
    const group = new Group(withLearner('a', 'b'));
    group.electThis('a');
    group.partition(['b'], ['a', 'l']);
    group.change('a', voters('a', 'b', 'l'));
    group.propose('a', 'x');
    expect(group.committed('a')).toEqual(['x']);
    group.heal();
    group.pass(TIMING.heartbeat);
    group.change('a', withLearner('a', 'b'));
    group.partition(['b'], ['a', 'l']);
    group.propose('a', 'y');
    expect(group.committed('a')).toEqual(['x']);
  });

  it('that was promoted and does not know it yet still gives the vote that the others need', () => {
    const group = new Group({ voters: ['a', 'b'], learners: ['l'] });
    group.electThis('a');
    group.cuts.add('a>l');
    group.change('a', voters('a', 'b', 'l'));
    expect(group.status('l').members.voters).not.toContain('l');
    group.crash('a');
    expect(group.elect()).toBe('b');
  });
});

describe('a member that leaves', () => {
  it('hears that it has left and stays quiet', () => {
    const group = new Group(voters('a', 'b', 'c'));
    group.electThis('a');
    group.change('a', voters('a', 'b'));
    expect(group.status('c')).toMatchObject({ role: 'learner', members: voters('a', 'b') });
    const { length } = group.sent;
    group.pass(30_000);
    expect(group.sent.slice(length).some(({ from, to }) => from === 'c' || to === 'c')).toBe(false);
  });

  it('without having heard of it cannot disturb the others', () => {
    const group = new Group(voters('a', 'b', 'c'));
    group.electThis('a');
    group.partition(['c'], ['a', 'b']);
    group.change('a', voters('a', 'b'));
    group.heal();
    group.pass(30_000);
    expect(group.sent.some(({ from, message }) => from === 'c' && message.kind === 'vote-request')).toBe(
      true,
    );
    expect(group.status('a')).toMatchObject({ role: 'leader', term: 1 });
    for (const term of [2, 1_000_000])
      for (const to of ['a', 'b'])
        group.input(to, {
          kind: 'message',
          from: 'c',
          message: { kind: 'vote-request', term, pre: false, last: { term: 1, index: 99 }, transfer: true },
        });
    expect(group.status('a').term).toBe(1);
    expect(group.status('b').term).toBe(1);
  });

  it('and led goes when that is committed, and another one leads at once', () => {
    const group = new Group(voters('a', 'b', 'c'));
    group.electThis('a');
    const now = group.now;
    group.change('a', voters('b', 'c'));
    expect(group.status('a')).toMatchObject({ role: 'learner', members: voters('b', 'c') });
    const next = group.elect();
    expect(group.now).toBe(now);
    group.propose(next, 'x');
    expect(group.committed(next)).toEqual(['x']);
  });

  it('and led does not count itself for its own leaving', () => {
    const group = new Group(voters('a', 'b', 'c'));
    group.electThis('a');
    group.partition(['a', 'b'], ['c']);
    group.change('a', voters('b', 'c'));
    expect(group.status('a')).toMatchObject({ role: 'leader', changing: true });
    group.heal();
    group.pass(TIMING.heartbeat);
    expect(group.status('a').changing).toBe(false);
  });

  it('may still be the only one who can finish it: it stands until its leaving is committed', () => {
    const group = new Group(voters('a', 'b'));
    group.electThis('a');
    group.partition(['a'], ['b']);
    group.change('a', voters('b'));
    group.crash('a');
    group.restart('a');
    group.heal();
    group.pass(30_000);
    expect(group.leader()).toBe('b');
    expect(group.status('b').members).toEqual(voters('b'));
    expect(group.status('a').role).toBe('learner');
  });
});

describe('a leader that removed itself and died before anybody heard of it', () => {
  it('stands again although it does not know after its restart that it ever was a voter', () => {
    const group = new Group({ voters: ['b'], learners: ['a'] });
    group.electThis('b');
    group.change('b', voters('a', 'b'));
    group.input('b', { kind: 'transfer', to: 'a' });
    group.deliver();
    expect(group.leader()).toBe('a');
    group.partition(['a'], ['b']);
    group.change('a', voters('b'));
    group.crash('a');
    group.restart('a');
    expect(group.status('a')).toMatchObject({ role: 'follower', members: voters('b'), commit: 0 });
    group.heal();
    group.pass(30_000);
    expect(group.leader()).toBe('b');
    expect(group.status('b').members).toEqual(voters('b'));
  });
});

describe('a member that was away while everybody else changed', () => {
  it('follows a leader it has never heard of, and votes for one', () => {
    const group = new Group(voters('a', 'b', 'x'));
    group.electThis('a');
    group.crash('x');
    for (const id of ['c', 'd']) group.add(id);
    const steps = [
      voters('a', 'b', 'c', 'x'),
      voters('a', 'b', 'c', 'd', 'x'),
      voters('b', 'c', 'd', 'x'),
      voters('c', 'd', 'x'),
    ];
    for (const members of steps) {
      const leader = group.elect();
      expect(group.change(leader, members).refused).toBeNull();
      group.pass(TIMING.heartbeat);
    }
    group.crash('a');
    group.crash('b');
    group.restart('x');
    expect(group.status('x').members).toEqual(voters('a', 'b', 'x'));
    group.pass(5_000);
    expect(group.status('x').members).toEqual(voters('c', 'd', 'x'));
    group.crash('x');
    group.restart('x');
    group.crash(group.leader()!);
    expect(['c', 'd', 'x']).toContain(group.elect());
  });

  it('but while a leader is heard, a stranger is not', () => {
    const group = new Group(voters('a', 'b', 'c'));
    group.electThis('a');
    const before = group.state('b');
    const { state, effects } = step(before, {
      kind: 'message',
      from: 'stranger',
      message: {
        kind: 'append',
        term: 99,
        prev: { term: 0, index: 0 },
        entries: [],
        commit: 0,
        round: 1,
      },
    });
    expect(effects).toMatchObject({ now: [], after: [], persist: null });
    expect(status(state)).toEqual(status(before));
  });
});
