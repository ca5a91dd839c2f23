/**
 * Five real node processes, each in a network namespace of its own: cut in two, healed, restarted one by one, killed
 * one by one under load, and losing a fifth of all packets. At the end nothing that was acknowledged is lost or
 * there twice, and all logs, views and roots are equal.
 */
import { afterAll, expect, it } from 'vitest';
import { startFleet } from '../member/fleet.ts';
import type { Fleet, Member } from '../member/fleet.ts';
import { makeNamespaces } from '../member/namespaces.ts';
import type { Namespaces } from '../member/namespaces.ts';
import { describeWith } from '../parts.ts';
import { keptScratch } from '../scratch.ts';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const FIVE = [0, 1, 2, 3, 4];

describeWith('netfilter', 'five members in namespaces', () => {
  let world: Namespaces | undefined;
  let fleet: Fleet | undefined;
  const dead: Member[] = [];
  let run = 0;

  afterAll(async () => {
    await fleet?.stop();
    world?.close();
  });

  const members = (): Member[] => fleet!.members;
  const online = async (): Promise<void> => {
    await Promise.all(members().map((member) => member.online()));
  };
  const load = (member: Member, n: number): Promise<void> => member.begin(`${n}-${run++}`, 4);
  const commits = async (of: readonly number[]) => (await statuses(of)).map(({ commit }) => commit);
  const statuses = (of: readonly number[]) => Promise.all(of.map((n) => members()[n]!.status()));

  it('elect a leader and commit under load', async () => {
    world = makeNamespaces(FIVE.length);
    fleet = await startFleet({
      folder: keptScratch(),
      voters: FIVE.length,
      timing: { heartbeat: 150, election: 1500, jitter: 800, bootstrap: 100 },
      listen: (n) => `/ip4/${world!.address(n)}/tcp/4001`,
      within: (n) => world!.within(n),
    });
    await online();
    await Promise.all(members().map(load));
    await expect
      .poll(async () => Math.min(...(await statuses(FIVE)).map(({ applied }) => applied)))
      .toBeGreaterThan(20);
  });

  it('cut 3 to 2, the two commit nothing, with the old leader among them, and the three go on', async () => {
    const leader = (await statuses(FIVE)).findIndex(({ role }) => role === 'leader');
    const two = [leader, (leader + 1) % 5];
    const three = FIVE.filter((n) => !two.includes(n));
    world!.cut(two, three);
    // what was under way may still be counted; then nothing may move on the small side
    await pause(2500);
    const before = await commits(two);
    const ahead = Math.max(...(await commits(three)));
    await pause(4000);
    await expect.poll(async () => Math.min(...(await commits(three)))).toBeGreaterThan(ahead + 20);
    expect(await commits(two)).toEqual(before);
    expect((await statuses(two)).every(({ online: is }) => !is)).toBe(true);
    world!.heal();
    await online();
  });

  it('restarted one by one, in good order, under load', async () => {
    for (const n of FIVE) {
      await Promise.race([members()[n]!.end(), pause(3000)]);
      dead.push(members()[n]!);
      await members()[n]!.stop();
      await pause(300);
      const back = await fleet!.restart(n);
      await back.online();
      await load(back, n);
    }
  }, 180_000);

  it('killed with -9 one by one under load, each comes back with what it had', async () => {
    for (const n of FIVE) {
      await pause(400);
      dead.push(members()[n]!);
      await members()[n]!.kill();
      const back = await fleet!.restart(n);
      await back.online();
      await load(back, n);
    }
  }, 180_000);

  it('commit on while a fifth of all packets is lost', async () => {
    world!.lose(0.2);
    const before = Math.max(...(await commits(FIVE)));
    await pause(4000);
    await expect.poll(async () => Math.max(...(await commits(FIVE)))).toBeGreaterThan(before + 20);
    world!.heal();
    await online();
  });

  it('have, at the end, every acknowledged command once, in one order, under one root', async () => {
    await Promise.all(members().map((member) => member.end()));
    const applied = (await statuses(FIVE)).map((status) => status.applied);
    const most = Math.max(...applied);
    await Promise.all(members().map((member) => member.applied(most)));
    const digests = await Promise.all(members().map((member) => member.digest()));
    expect(new Set(digests.map((digest) => JSON.stringify(digest))).size).toBe(1);

    const list = await members()[0]!.list();
    expect(new Set(list).size).toBe(list.length);
    const acknowledged = [...dead, ...members()].flatMap((member) => member.acknowledged);
    expect(acknowledged.length).toBeGreaterThan(500);
    const wrong = acknowledged.filter(([text, index]) => list[index] !== text);
    expect(wrong).toEqual([]);
    expect([...dead, ...members()].flatMap(({ trouble }) => trouble)).toEqual([]);
    console.log(
      `five members: ${acknowledged.length} acknowledged, ${list.length} in the log, none lost or twice`,
    );
  });
});
