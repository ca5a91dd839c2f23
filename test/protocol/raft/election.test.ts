import { describe, expect, it } from 'vitest';
import { createRaft, LIMITS, nextDue, status, step, TIMING } from '../../../src/protocol/raft/index.ts';
import { Group, voters } from './group.ts';

describe('an election', () => {
  it('gives a group of three one leader, whom all know, after the bootstrap delay of term 0', () => {
    const group = new Group(voters('a', 'b', 'c'));
    group.pass(TIMING.bootstrap + TIMING.election - 50);
    expect(group.leader()).toBeUndefined();
    const leader = group.elect();
    group.pass(TIMING.heartbeat);
    for (const id of ['a', 'b', 'c']) expect(group.status(id)).toMatchObject({ leader, term: 1 });
    expect(group.log('a')).toEqual(['no-op']);
  });

  it('happens at the first tick for a sole voter, which commits alone', () => {
    const group = new Group(voters('a'));
    group.pass(50);
    expect(group.status('a')).toMatchObject({ role: 'leader', term: 1, commit: 1 });
    group.propose('a', 'x');
    expect(group.committed('a')).toEqual(['x']);
  });

  it('leaves a leader alone that is heard, however often another one asks', () => {
    const group = new Group(voters('a', 'b', 'c'));
    const leader = group.elect();
    const term = group.status(leader).term;
    group.pass(60_000);
    expect(group.status(leader)).toMatchObject({ role: 'leader', term });
  });

  it('follows the death of a leader within two election timeouts', () => {
    const group = new Group(voters('a', 'b', 'c'));
    const first = group.elect();
    group.crash(first);
    const died = group.now;
    const second = group.elect();
    expect(second).not.toBe(first);
    expect(group.now - died).toBeLessThan(2 * TIMING.election);
  });

  it('needs more than half of all voters, not of those who can be reached', () => {
    const group = new Group(voters('a', 'b', 'c', 'd'));
    group.partition(['a', 'b'], ['c', 'd']);
    group.pass(60_000);
    expect(group.leader()).toBeUndefined();
    for (const id of ['a', 'b', 'c', 'd']) expect(group.status(id).term).toBe(0);
  });

  it('is not forced upon a group by a member that was cut off: it asks first and its term stays', () => {
    const group = new Group(voters('a', 'b', 'c'));
    const leader = group.elect();
    const away = ['a', 'b', 'c'].find((id) => id !== leader)!;
    group.partition(
      [away],
      ['a', 'b', 'c'].filter((id) => id !== away),
    );
    group.pass(30_000);
    expect(group.status(away)).toMatchObject({ role: 'pre-candidate', term: 1 });
    group.heal();
    group.pass(5_000);
    expect(group.status(leader)).toMatchObject({ role: 'leader', term: 1 });
    expect(group.status(away)).toMatchObject({ role: 'follower', leader });
  });

  it('is lost by a member whose log is behind that of a quorum', () => {
    const group = new Group(voters('a', 'b', 'c'));
    group.electThis('a');
    group.partition(['c'], ['a', 'b']);
    group.propose('a', 'x');
    group.crash('a');
    group.heal();
    expect(group.elect()).toBe('b');
  });

  it('is never stood for by an observer, nor soon by a reluctant member', () => {
    const observers = new Group(voters('a', 'b', 'c'), { observers: ['a', 'b', 'c'] });
    observers.pass(60_000);
    expect(observers.leader()).toBeUndefined();
    for (let from = 0; from < 5; from++) {
      const group = new Group(voters('a', 'b', 'c'), { reluctant: ['a', 'b'] });
      group.now = from * 1000;
      expect(group.elect()).toBe('c');
    }
  });

  it('comes when a leader hears no quorum for an election timeout: it steps down by itself', () => {
    const group = new Group(voters('a', 'b', 'c'));
    const leader = group.elect();
    group.partition(
      [leader],
      ['a', 'b', 'c'].filter((id) => id !== leader),
    );
    group.pass(TIMING.election + TIMING.heartbeat);
    expect(group.status(leader).role).not.toBe('leader');
  });

  it('comes even when the leader is heard by all but hears nobody', () => {
    const group = new Group(voters('a', 'b', 'c'));
    const deaf = group.elect();
    for (const id of ['a', 'b', 'c']) group.cuts.add(`${id}>${deaf}`);
    group.pass(TIMING.election + TIMING.heartbeat + 50);
    expect(group.status(deaf).role).not.toBe('leader');
    expect(group.elect()).not.toBe(deaf);
  });
});

describe('a vote', () => {
  const request = (term: number, transfer = false) =>
    ({
      kind: 'message',
      from: 'b',
      message: { kind: 'vote-request', term, pre: false, last: { term: 0, index: 0 }, transfer },
    }) as const;

  it('leaves only after it is durable, and survives a restart', () => {
    const group = new Group(voters('a', 'b', 'c'));
    group.member('a').slow = true;
    const effects = group.input('a', request(5));
    expect(effects.persist?.hard).toEqual({ term: 5, vote: 'b' });
    expect(effects.now).toEqual([]);
    expect(effects.after).toMatchObject([{ to: 'b', message: { kind: 'vote-answer', granted: true } }]);
    group.flush('a');
    group.restart('a');
    const again = step(group.state('a'), { ...request(5), from: 'c' });
    expect(again.effects.after).toMatchObject([{ to: 'c', message: { granted: false, term: 5 } }]);
    const same = step(group.state('a'), request(5));
    expect(same.effects.after).toMatchObject([{ to: 'b', message: { granted: true, term: 5 } }]);
  });

  it('for oneself is durable before anybody is asked', () => {
    const group = new Group(voters('a', 'b', 'c'));
    group.pass(TIMING.bootstrap);
    group.member('a').slow = true;
    for (let now = group.now; group.status('a').role !== 'candidate'; now += 50) {
      const before = group.sent.length;
      group.input('a', { kind: 'tick', now });
      group.deliver();
      const asked = group.sent.slice(before).filter(({ message }) => message.kind === 'vote-request');
      expect(asked.every(({ message }) => message.kind === 'vote-request' && message.pre)).toBe(true);
      if (now > 60_000) throw new Error('never stood');
    }
    const before = group.sent.length;
    group.flush('a');
    expect(group.member('a').disk.hard).toEqual({ term: 1, vote: 'a' });
    expect(group.sent.slice(before).map(({ message }) => message.kind)).toEqual([
      'vote-request',
      'vote-request',
    ]);
  });

  it('is refused to anybody, term and all, while a leader is heard; but not when that leader hands over', () => {
    const group = new Group(voters('a', 'b', 'c'));
    group.electThis('c');
    const held = group.input('a', request(9));
    expect(held.after).toEqual([]);
    expect(group.status('a').term).toBe(1);
    const handed = group.input('a', request(9, true));
    expect(handed.persist?.hard?.term).toBe(9);
  });

  it('of a sole voter is durable before anything of its term reaches a learner', () => {
    const group = new Group({ voters: ['a'], learners: ['l'] });
    group.member('a').slow = true;
    const tick = group.input('a', { kind: 'tick', now: 50 });
    expect(group.status('a').role).toBe('leader');
    expect(tick.now).toEqual([]);
    expect(group.propose('a', 'x').now).toEqual([]);
    expect(group.sent).toEqual([]);
    group.flush('a');
    expect(group.member('a').disk.hard).toEqual({ term: 1, vote: 'a' });
    group.deliver();
    expect(group.propose('a', 'y').now).toHaveLength(1);
  });
});

describe('handing over', () => {
  it('waits until the chosen member has everything, and then takes one round trip', () => {
    const group = new Group(voters('a', 'b', 'c'));
    group.electThis('a');
    group.passes = (_from, to, message) => !(to === 'b' && message.kind === 'append');
    group.propose('a', 'x', 'y');
    group.input('a', { kind: 'transfer', to: 'b' });
    group.deliver();
    expect(group.status('a')).toMatchObject({ role: 'leader', handingOverTo: 'b' });
    expect(group.propose('a', 'z').refused?.code).toBe('NOT_LEADER');
    group.passes = () => true;
    group.pass(TIMING.heartbeat);
    expect(group.status('b')).toMatchObject({ role: 'leader', term: 2 });
    expect(group.committed('b')).toEqual(['x', 'y']);
  });

  it('is given up after an election timeout when the chosen member does not answer', () => {
    const group = new Group(voters('a', 'b', 'c'));
    group.electThis('a');
    group.partition(['b'], ['a', 'c']);
    group.input('a', { kind: 'transfer', to: 'b' });
    group.pass(TIMING.election + TIMING.heartbeat);
    expect(group.propose('a', 'x').refused).toBeNull();
    expect(group.committed('a')).toEqual(['x']);
  });

  it('goes to voters only', () => {
    const group = new Group({ voters: ['a', 'b', 'c'], learners: ['l'] });
    group.electThis('a');
    for (const to of ['l', 'a', 'stranger'])
      expect(group.input('a', { kind: 'transfer', to }).refused?.code).toBe('TRANSFER_TARGET');
    expect(group.input('b', { kind: 'transfer', to: 'c' }).refused?.code).toBe('NOT_LEADER');
  });
});

describe('time', () => {
  const fresh = (seed: number) =>
    createRaft({
      self: 'a',
      members: voters('a', 'b'),
      hard: { term: 3, vote: null },
      snapshot: { term: 0, index: 0 },
      tail: [],
      commit: 0,
      now: 1000,
      seed,
      timing: TIMING,
      limits: LIMITS,
    });

  it('spreads election timeouts over the jitter, the same way for the same seed', () => {
    const dues = Array.from({ length: 200 }, (_, seed) => nextDue(fresh(seed)) - 1000);
    expect(Math.min(...dues)).toBeGreaterThanOrEqual(TIMING.election);
    expect(Math.max(...dues)).toBeLessThanOrEqual(TIMING.election + TIMING.jitter);
    expect(new Set(dues).size).toBeGreaterThan(100);
    expect(nextDue(fresh(7))).toBe(nextDue(fresh(7)));
  });

  it('that goes backwards stands still', () => {
    const { state } = step(fresh(1), { kind: 'tick', now: 10 });
    expect(nextDue(state)).toBe(nextDue(fresh(1)));
    expect(status(state).role).toBe('follower');
  });
});
