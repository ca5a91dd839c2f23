import { describe, expect, it } from 'vitest';
import { TIMING } from '../../../src/protocol/raft/index.ts';
import type { Entry, Message } from '../../../src/protocol/raft/index.ts';
import { Group, voters } from './group.ts';

const FIVE = voters('a', 'b', 'c', 'd', 'e');

describe('a command', () => {
  it('is committed when a quorum has it durably, the leader only once its own disk does', () => {
    const group = new Group(voters('a', 'b', 'c'));
    group.electThis('a');
    group.member('a').slow = true;
    group.partition(['c'], ['a', 'b']);
    const effects = group.propose('a', 'x');
    expect(effects.now.map(({ to }) => to)).toEqual(['b', 'c']);
    expect(effects.accepted).toEqual({ first: { term: 1, index: 2 }, count: 1 });
    expect(group.status('b').last.index).toBe(2);
    expect(group.committed('a')).toEqual([]);
    group.flush('a');
    expect(group.committed('a')).toEqual(['x']);
  });

  it('is committed without the leader’s disk when all others have it', () => {
    const group = new Group(voters('a', 'b', 'c'));
    group.electThis('a');
    group.member('a').slow = true;
    group.propose('a', 'x');
    expect(group.committed('a')).toEqual(['x']);
    expect(group.log('a')).toEqual(['no-op']);
  });

  it('is acknowledged by a follower only after its disk has it', () => {
    const group = new Group(voters('a', 'b', 'c'));
    group.electThis('a');
    group.partition(['c'], ['a', 'b']);
    group.member('b').slow = true;
    group.propose('a', 'x');
    expect(group.committed('a')).toEqual([]);
    group.flush('b');
    group.deliver();
    expect(group.committed('a')).toEqual(['x']);
  });

  it('is known to be committed everywhere without waiting for a heartbeat', () => {
    const group = new Group(voters('a', 'b', 'c'));
    group.electThis('a');
    group.propose('a', 'x', 'y');
    for (const id of ['a', 'b', 'c']) expect(group.committed(id)).toEqual(['x', 'y']);
  });

  it('costs six messages in an idle group of three: append, answer, and the news of the commit', () => {
    const group = new Group(voters('a', 'b', 'c'));
    group.electThis('a');
    const { length } = group.sent;
    group.propose('a', 'x');
    const kinds = group.sent.slice(length).map(({ message }) => message.kind);
    expect(kinds.filter((kind) => kind === 'append')).toHaveLength(4);
    expect(kinds.filter((kind) => kind === 'append-answer')).toHaveLength(2);
    expect(kinds).toHaveLength(6);
  });

  it('goes to two followers as one message object, so that it is encoded once', () => {
    const group = new Group(voters('a', 'b', 'c'));
    group.electThis('a');
    group.propose('a', 'x');
    const { now } = group.propose('a', 'y');
    expect(now).toHaveLength(2);
    expect(now[0]!.message).toBe(now[1]!.message);
  });

  it('is refused by who does not lead', () => {
    const group = new Group(voters('a', 'b', 'c'));
    expect(group.propose('a', 'x').refused?.code).toBe('NOT_LEADER');
    group.electThis('a');
    expect(group.propose('b', 'x')).toMatchObject({ accepted: null, persist: null });
  });
});

describe('a partition of five into three and two', () => {
  it('lets the two commit nothing and the three go on; after healing all have what the three committed', () => {
    const group = new Group(FIVE);
    group.electThis('a');
    group.propose('a', 'before');
    group.partition(['a', 'b'], ['c', 'd', 'e']);
    group.propose('a', 'lost 1', 'lost 2');
    group.pass(20_000);
    expect(group.committed('a')).toEqual(['before']);
    expect(group.committed('b')).toEqual(['before']);
    expect(['a', 'b'].some((id) => group.status(id).role === 'leader')).toBe(false);
    const leader = group.leader()!;
    expect(['c', 'd', 'e']).toContain(leader);
    group.propose(leader, 'kept');
    group.heal();
    group.pass(10_000);
    for (const id of FIVE.voters) expect(group.committed(id)).toEqual(['before', 'kept']);
    expect(group.log('a')).toEqual(group.log(leader));
    expect(group.log('a')).not.toContain('lost 1');
  });

  it('lets nobody commit when no side has three', () => {
    const group = new Group(FIVE);
    group.electThis('a');
    group.partition(['a', 'b'], ['c', 'd'], ['e']);
    group.propose('a', 'x');
    group.pass(30_000);
    for (const id of FIVE.voters) expect(group.committed(id)).toEqual([]);
    expect(group.leader()).toBeUndefined();
  });
});

describe('figure 8 of the paper', () => {
  it('an entry of an older term that a majority has is not committed, and may still be replaced', () => {
    const group = new Group(FIVE, { limits: { batchBytes: 1, inflight: 1 } });
    group.electThis('a');
    const carries = (message: Message, term: number) =>
      message.kind === 'append' && message.entries.some((entry) => entry.term === term);
    // (a) a writes "one", which reaches b only
    group.passes = (_from, to, message) =>
      to === 'b' || message.kind !== 'append' || message.entries.length === 0;
    group.propose('a', 'one');
    // (b) a dies; e is elected by c and d, and its own entry reaches nobody
    group.crash('a');
    group.crash('b');
    group.passes = (_from, _to, message) => !carries(message, 2);
    group.electThis('e');
    group.crash('e');
    // (c) a comes back and brings "one" to c, but no entry of its own term anywhere
    group.restart('a');
    group.restart('b');
    group.passes = (_from, to, message) => !carries(message, 3) && (to !== 'd' || message.kind !== 'append');
    group.electThis('a');
    group.pass(TIMING.heartbeat);
    expect(['a', 'b', 'c'].map((id) => group.log(id)[1])).toEqual(['one', 'one', 'one']);
    expect(group.status('a')).toMatchObject({ term: 3, role: 'leader', commit: 0 });
    // (d) a dies again; e may be elected and replace it
    group.crash('a');
    group.restart('e');
    group.passes = () => true;
    group.electThis('e');
    group.pass(TIMING.heartbeat);
    expect(['b', 'c', 'd', 'e'].map((id) => group.log(id)[1])).toEqual(['no-op', 'no-op', 'no-op', 'no-op']);
    expect(group.status('c').commit).toBeGreaterThan(1);
  });
});

describe('a follower whose log went another way', () => {
  const entry = (index: number, term: number): Entry => ({ kind: 'no-op', index, term });
  /** Logs by the terms of their entries. */
  const withLogs = (logs: Record<string, readonly number[]>) => {
    const group = new Group(voters(...Object.keys(logs)));
    for (const [id, terms] of Object.entries(logs)) {
      const { disk } = group.member(id);
      disk.entries.push(...terms.map((term, at) => entry(at + 1, term)));
      disk.hard = { term: 8, vote: null };
      group.restart(id);
    }
    return group;
  };

  it('is brought into line within as many probes as terms differ, not as entries do', () => {
    const long = Array.from({ length: 500 }, () => 3);
    const group = withLogs({ a: [1, 1, 4, 4, 5, 5, 6, 6, 6], b: [1, 1, 2, 2, ...long], c: [1, 1, 4] });
    group.electThis('a');
    group.pass(TIMING.heartbeat);
    expect(group.member('b').disk.entries).toEqual(group.member('a').disk.entries);
    const refusals = group.sent.filter(
      ({ from, message }) => from === 'b' && message.kind === 'append-answer' && !message.ok,
    );
    expect(refusals.length).toBeLessThanOrEqual(3);
  });

  it('is brought into line whatever it has: the six logs of figure 7', () => {
    const leader = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6];
    const group = withLogs({
      l: leader,
      a: [1, 1, 1, 4, 4, 5, 5, 6, 6],
      b: [1, 1, 1, 4],
      c: [...leader, 6],
      d: [...leader, 7, 7],
      e: [1, 1, 1, 4, 4, 4, 4],
      f: [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
    });
    // c and d are more complete than l, and do not vote for it; the others are four of seven
    group.electThis('l');
    group.pass(2 * TIMING.heartbeat);
    for (const id of 'abcdef')
      expect(
        group.member(id).disk.entries.map(({ term }) => term),
        id,
      ).toEqual([...leader, 9]);
  });

  it('keeps what an old, late append does not mention', () => {
    const group = new Group(voters('a', 'b', 'c'));
    group.electThis('a');
    const first = group.propose('a', 'x').now.find(({ to }) => to === 'b')!;
    group.propose('a', 'y');
    const late = group.input('b', { kind: 'message', from: 'a', message: first.message });
    expect(late.persist).toBeNull();
    expect(group.status('b').last.index).toBe(3);
    expect(late.after).toMatchObject([{ message: { kind: 'append-answer', ok: true } }]);
  });
});

describe('the pipeline', () => {
  it('sends on without waiting for answers, up to its window, and in batches up to their size', () => {
    const limits = { batchBytes: 100, inflight: 3 };
    const group = new Group(voters('a', 'b'), { limits });
    group.electThis('a');
    group.member('b').slow = true;
    const words = Array.from({ length: 40 }, (_, n) => `command ${n}`);
    const { now } = group.propose('a', ...words);
    expect(now).toHaveLength(3);
    for (const { message } of now)
      expect((message as Extract<Message, { kind: 'append' }>).entries).toHaveLength(2);
    group.member('b').slow = false;
    group.flush('b');
    group.deliver();
    expect(group.committed('b')).toEqual(words);
  });

  it('finds a lost append by the next heartbeat and sends it again', () => {
    const group = new Group(voters('a', 'b', 'c'));
    group.electThis('a');
    group.propose('a', 'x');
    group.passes = (_from, to, message) =>
      !(to === 'b' && message.kind === 'append' && message.entries.length > 0);
    group.propose('a', 'y');
    group.passes = () => true;
    group.pass(TIMING.heartbeat);
    expect(group.committed('b')).toEqual(['x', 'y']);
  });

  it('is not held up by lost answers', () => {
    const group = new Group(voters('a', 'b'), { limits: { batchBytes: 1000, inflight: 2 } });
    group.electThis('a');
    group.passes = (from) => from !== 'b';
    for (const word of ['x', 'y', 'z', 'z2']) group.propose('a', word);
    expect(group.committed('a')).toEqual([]);
    group.passes = () => true;
    group.pass(TIMING.heartbeat);
    expect(group.committed('b')).toEqual(['x', 'y', 'z', 'z2']);
  });

  it('starts over from what is certain when the link breaks', () => {
    const group = new Group(voters('a', 'b', 'c'));
    group.electThis('a');
    group.propose('a', 'x');
    group.cuts.add('a>b');
    group.propose('a', 'y');
    group.input('a', { kind: 'disconnected', member: 'b' });
    expect(group.status('a').peers.find(({ id }) => id === 'b')).toMatchObject({ mode: 'probe', next: 3 });
    group.heal();
    group.pass(TIMING.heartbeat);
    expect(group.committed('b')).toEqual(['x', 'y']);
  });
});
