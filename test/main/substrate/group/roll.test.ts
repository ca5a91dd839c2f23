/** Changes of members that a leader took and lost with the lead. Real libp2p, real SQLite. */
import { describe, expect, it } from 'vitest';
import { encodeMembersCommand, idsOf } from '../../../../src/protocol/group/index.ts';
import { CLOSE } from '../../../../src/main/substrate/universe/index.ts';
import { memberOf, newKeys } from '../../../member/net.ts';
import { bareMember } from './bare.ts';
import { codeOf, entries, leaderOf, newLeader, table, walls, write } from './table.ts';
import type { Seat } from './table.ts';

/** A leader that takes a change of members behind a wall, and the leader that the others elect. */
async function cutOff() {
  const between = walls();
  const { net, seats } = await table(3, 0, between.of);
  await write(leaderOf(seats), 0, 3);
  await Promise.all(seats.map(({ group }) => group.when.applied(3)));
  const old = leaderOf(seats);
  const rest = seats.filter((seat) => seat !== old);
  between.cut([old], rest);
  const { members } = old.group.membership();
  const card = memberOf(newKeys());
  const change = ({ group }: Seat, learners = [card]): Promise<unknown> =>
    group.changeMembers({ ...members, learners }, net.operator);
  const lost = codeOf(change(old));
  expect(old.group.status().changing).toBe(true);
  return { between, old, rest, lost, change, next: await newLeader(rest) };
}

const membersOf = ({ group }: Seat) => {
  const { index, members } = group.membership();
  return { index, ...idsOf(members) };
};

describe('a member with a change of members that was never committed', () => {
  it('comes back to a Group that has made one since', async () => {
    const { between, old, next, change } = await cutOff();
    await write(next, 3, 5);
    await change(next);
    await write(next, 5, 8);
    between.heal();
    await old.group.when.applied(8);
    expect(old.machine.list).toEqual(entries(0, 8));
    expect(membersOf(old)).toEqual(membersOf(next));
  });

  it('comes back to one that was led by yet another when it made one', async () => {
    const { between, old, rest, next, change } = await cutOff();
    await write(next, 3, 5);
    const heir = rest.find((seat) => seat !== next)!;
    next.group.transfer(heir.node.self);
    await heir.group.when.leading();
    await change(heir);
    between.heal();
    await old.group.when.applied(5);
    await old.group.when.holds(({ commit }) => commit >= heir.group.status().commit);
    expect(membersOf(old)).toEqual(membersOf(heir));
    await write(old, 5, 6);
  });
});

describe('a change of members that no operator signed', () => {
  it('is refused to whoever says that it leads, nothing of what it says is taken, and a note says why', async () => {
    const { net, seats, leader, bare, bond } = await bareMember();
    const { members } = leader.group.membership();
    const change = { group: leader.group.id, replaces: 0, members, operator: net.operator.key };
    const data = encodeMembersCommand({ ...change, sig: new Uint8Array(64) });
    const { term, commit, last } = leader.group.status();
    const entry = { kind: 'members', index: last.index + 1, term, members: idsOf(members), data } as const;
    const append = {
      kind: 'append',
      term: term + 5,
      prev: last,
      entries: [entry],
      commit,
      round: 1,
    } as const;
    bond.send({ kind: 'raft', message: append });
    expect((await bond.link.closed).code).toBe(CLOSE.protocolViolation);
    expect(leader.node.notes).toEqual([expect.stringContaining('MEMBERS_SIGNATURE')]);
    expect(leader.node.notes[0]).toContain(bare.self.slice(0, 12));
    expect(leader.group.status()).toMatchObject({ term, role: 'leader' });
    await write(leader, 0, 3);
    await Promise.all(seats.map(({ group }) => group.when.applied(3)));
  });
});

describe('whoever asked for a change of members that was lost', () => {
  it('hears it as soon as something else is committed in its place, though no other change is made', async () => {
    const { between, old, next, lost } = await cutOff();
    await write(next, 3, 4);
    between.heal();
    await old.group.when.applied(4);
    expect(await lost).toBe('NOT_LEADER');
  });

  it('hears it as well when another one has been made since', async () => {
    const { between, old, next, lost, change } = await cutOff();
    await change(next, [memberOf(newKeys())]);
    between.heal();
    expect(['NOT_LEADER', 'MEMBERS_STALE']).toContain(await lost);
    expect(membersOf(old)).toEqual(membersOf(next));
  });
});
