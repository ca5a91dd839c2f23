import { describe, expect, it } from 'vitest';
import { TIMING } from '../../../src/protocol/raft/index.ts';
import { Group, voters } from './group.ts';

describe('a linearizable read', () => {
  it('is answered with the commit index once a quorum has confirmed the leader', () => {
    const group = new Group(voters('a', 'b', 'c'));
    group.electThis('a');
    group.propose('a', 'x');
    group.input('a', { kind: 'read', id: 1 });
    expect(group.member('a').reads).toEqual([]);
    group.deliver();
    expect(group.member('a').reads).toEqual([{ id: 1, index: 2 }]);
  });

  it('is answered at once by a sole voter', () => {
    const group = new Group({ voters: ['a'], learners: ['l'] });
    group.pass(50);
    expect(group.input('a', { kind: 'read', id: 1 }).reads).toEqual([{ id: 1, index: 1 }]);
  });

  it('is not answered by a leader that was cut off while another one leads, but lost', () => {
    const group = new Group(voters('a', 'b', 'c'));
    group.electThis('a');
    group.partition(['a'], ['b', 'c']);
    group.input('a', { kind: 'read', id: 7 });
    group.pass(2 * TIMING.election);
    group.propose(group.elect(), 'newer');
    group.heal();
    group.pass(2 * TIMING.heartbeat);
    expect(group.member('a')).toMatchObject({ reads: [], readsLost: [7] });
  });

  it('is not confirmed by answers to what was sent before it', () => {
    const group = new Group(voters('a', 'b', 'c'));
    group.electThis('a');
    group.partition(['c'], ['a', 'b']);
    const { now } = group.input('a', { kind: 'propose', commands: [new Uint8Array(1)] });
    const append = now.find(({ to }) => to === 'b')!.message;
    const { after } = group.input('b', { kind: 'message', from: 'a', message: append });
    group.partition(['a'], ['b', 'c']);
    group.input('a', { kind: 'read', id: 1 });
    group.input('a', { kind: 'message', from: 'b', message: after[0]!.message });
    group.deliver();
    expect(group.status('a').commit).toBe(2);
    expect(group.member('a').reads).toEqual([]);
  });

  it('waits until a new leader has committed an entry of its own term', () => {
    const group = new Group(voters('a', 'b', 'c'));
    group.passes = (_from, _to, message) => message.kind !== 'append-answer';
    group.electThis('a');
    group.input('a', { kind: 'read', id: 1 });
    group.deliver();
    expect(group.member('a').reads).toEqual([]);
    group.passes = () => true;
    group.pass(TIMING.heartbeat);
    expect(group.member('a').reads).toEqual([{ id: 1, index: 1 }]);
  });

  it('shares its round with the others that came meanwhile', () => {
    const group = new Group(voters('a', 'b', 'c'));
    group.electThis('a');
    const { length } = group.sent;
    for (let id = 1; id <= 64; id++) group.input('a', { kind: 'read', id });
    group.deliver();
    expect(group.member('a').reads.map(({ id }) => id)).toEqual(Array.from({ length: 64 }, (_, n) => n + 1));
    expect(group.sent.slice(length).filter(({ from }) => from === 'a')).toHaveLength(4);
  });

  it('survives a lost round: the next heartbeat confirms it', () => {
    const group = new Group(voters('a', 'b', 'c'));
    group.electThis('a');
    group.partition(['a'], ['b', 'c']);
    group.input('a', { kind: 'read', id: 1 });
    group.deliver();
    group.heal();
    group.pass(TIMING.heartbeat);
    expect(group.member('a').reads).toEqual([{ id: 1, index: 1 }]);
  });

  it('is lost at once where nobody leads', () => {
    const group = new Group(voters('a', 'b', 'c'));
    expect(group.input('b', { kind: 'read', id: 3 }).readsLost).toEqual([3]);
  });
});
