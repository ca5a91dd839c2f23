/** Who leads (coalition.md 13, Groups): elections among real processes, and rivals on two sides of a wall. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { utf8 } from '../../../../src/protocol/bytes/index.ts';
import type { GroupStatus } from '../../../../src/main/substrate/group/index.ts';
import type { Timing } from '../../../../src/protocol/raft/index.ts';
import { startFleet } from '../../../member/fleet.ts';
import type { Member } from '../../../member/fleet.ts';
import { listMachine } from '../../../member/machine.ts';
import { QUICK, startNet } from '../../../member/net.ts';
import { scratch } from '../../../scratch.ts';
import { configOf, entries, followersOf, leaderOf, newLeader, table, walls, write } from './table.ts';
import type { Seat } from './table.ts';

/** Everybody of `members` names the same leader, one of `among`; answers its place. */
async function agreed(members: readonly Member[], among: readonly Member[]): Promise<Member> {
  for (;;) {
    const statuses = await Promise.all(members.map((member) => member.status()));
    const [first] = statuses;
    const leader = among.find(({ self }) => self === first!.leader);
    if (leader !== undefined && statuses.every((one) => one.leader === leader.self && one.online))
      return leader;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('is_elected', () => {
  it('none before the bootstrap delay, not even when everybody would else have stood long ago', async () => {
    const net = await startNet(scratch, 3);
    onTestFinished(() => net.stop());
    const join = (secret: number, timing: Partial<Timing>) =>
      Promise.all(
        net.nodes.map((node) =>
          node.groups.join({
            ...configOf(net, listMachine(), { timing }),
            secret: new Uint8Array(32).fill(secret),
          }),
        ),
      );
    const waiting = await join(1, { ...QUICK, election: 300, jitter: 100, bootstrap: 600_000 });
    const bonds = () => net.nodes.map(({ groups }) => groups.bonds().length);
    await expect.poll(bonds, { timeout: 20_000 }).toEqual([2, 2, 2]);
    // another Group of the same nodes begins later, waits longer for votes, and leads
    const quick = await join(2, QUICK);
    await Promise.all(quick.map((group) => group.when.online()));
    for (const group of waiting)
      expect(group.status()).toMatchObject({ role: 'follower', leader: null, term: 0, online: false });
  });

  it('oneself when alone; joiners adopt the leader, survivors of kill -9 agree on one, a later joiner adopts it', async () => {
    const fleet = await startFleet({ folder: scratch(), voters: 1, others: 3 });
    onTestFinished(() => fleet.stop());
    const [first, second, third, late] = fleet.members as [Member, Member, Member, Member];
    await first.online();
    expect(await first.status()).toMatchObject({ role: 'leader', leader: first.self, bonds: 0 });
    expect(await first.execute('alone')).toBe(0);

    for (const [voters, learners] of [
      [[first], [second]],
      [[first], [second, third]],
      [[first, second], [third]],
      [[first, second, third], []],
    ] as const)
      await first.members(
        voters.map(({ seed }) => seed),
        learners.map(({ seed }) => seed),
      );
    expect(await agreed([first, second, third], [first])).toBe(first);
    const { term } = await first.status();

    await first.kill();
    const survivors = [second, third];
    const next = await agreed(survivors, survivors);
    expect((await next.status()).term).toBeGreaterThan(term);
    const other = survivors.find((member) => member !== next)!;
    expect((await other.status()).role).toBe('follower');
    expect(await other.execute('after the loss')).toBe(1);

    await other.members(
      [first, second, third].map(({ seed }) => seed),
      [late.seed],
    );
    expect(await agreed([late, ...survivors], survivors)).toBe(next);
    expect(await late.list()).toEqual(['alone', 'after the loss']);
  });
});

/** Notes who leads in which term. */
function watchLeads(seats: readonly Seat[]): Map<number, Set<string>> {
  const leads = new Map<number, Set<string>>();
  for (const { node, group } of seats) {
    const look = (): void => {
      const { role, term } = group.status();
      if (role === 'leader') leads.set(term, (leads.get(term) ?? new Set()).add(node.self));
    };
    look();
    group.changes(look);
  }
  return leads;
}

/**
 * An old leader that is cut off with `lost` commands that it cannot commit, while the others elect and commit until
 * their log ends `behind` entries before its own.
 */
async function rivals(lost: number, behind: number) {
  const between = walls();
  const { seats } = await table(3, 0, between.of);
  const leads = watchLeads(seats);
  const old = leaderOf(seats);
  const rest = followersOf(seats);
  await write(old, 0, 5);
  await Promise.all(seats.map(({ group }) => group.when.applied(5)));
  const before = old.group.status();

  between.cut([old], rest);
  const waiting = old.group.executeMany(entries(100, 100 + lost).map(utf8));
  // answered in `heal`; were something wrong before, that is what shall be told
  waiting.catch(() => undefined);
  const here = (): GroupStatus => old.group.status();
  await expect.poll(() => here().last.index).toBe(before.last.index + lost);
  const rival = await newLeader(rest);
  // each election among them adds an entry of its own
  let kept = 0;
  while (rival.group.status().last.index < here().last.index - behind) {
    await write(rival, 5 + kept, 6 + kept);
    kept++;
  }
  const there = rival.group.status();
  expect(here().commit).toBe(before.commit);
  expect(here().last).toEqual({ term: before.term, index: before.last.index + lost });
  expect(there.last.index).toBe(here().last.index - behind);
  expect(there.last.term).toBeGreaterThan(before.term);
  expect(there.commit).toBe(there.last.index);

  between.heal();
  const done = await waiting;
  expect(done.map(({ index }) => index)).toEqual(Array.from({ length: lost }, (_, n) => 5 + kept + n));
  await Promise.all(seats.map(({ group }) => group.when.applied(5 + kept + lost)));
  // what the rival committed stands; what the old leader could not, comes after it, once
  for (const { machine } of seats)
    expect(machine.list).toEqual([...entries(0, 5 + kept), ...entries(100, 100 + lost)]);
  const [leader] = new Set(seats.map(({ group }) => group.status().leader));
  expect(seats.filter(({ group }) => group.status().role === 'leader')).toHaveLength(1);
  expect(leaderOf(seats).node.self).toBe(leader);
  for (const [term, who] of leads) expect([term, who.size]).toEqual([term, 1]);
}

describe('rivals', () => {
  it('rivals_with_same_log_pos: only one of them can commit; healed, one leads and its entries stand', () =>
    rivals(8, 0));

  it('rivals_with_different_log_pos: a longer log that nobody agreed to gives way to a shorter one that is committed', () =>
    rivals(40, 36));

  it('rivals_with_different_log_pos: of logs of one term the longer one wins; whoever lacks what is committed never leads', async () => {
    const between = walls();
    const { seats } = await table(3, 0, between.of);
    const first = leaderOf(seats);
    const [behind, ahead] = followersOf(seats) as [Seat, Seat];
    await write(first, 0, 3);
    await behind.group.when.applied(3);
    between.cut([behind], [first, ahead]);
    await write(first, 3, 9);
    await ahead.group.when.applied(9);
    const leads = watchLeads([behind]);
    await first.node.stop();
    between.heal();
    await ahead.group.when.leading();
    await behind.group.when.applied(9);
    expect(behind.machine.list).toEqual(entries(0, 9));
    expect(leads.size).toBe(0);
    expect(behind.group.status().leader).toBe(ahead.node.self);
  });
});
