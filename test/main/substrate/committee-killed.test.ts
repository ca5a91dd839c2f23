/** Members of a committee as processes, killed at any moment: their own stores and the Group's log go on together. */
import { afterEach, expect, it } from 'vitest';
import { startFleet } from '../../member/fleet.ts';
import type { Fleet } from '../../member/fleet.ts';
import { scratch } from '../../scratch.ts';

let fleet: Fleet | undefined;
afterEach(async () => {
  await fleet?.stop();
});

it('a member that is killed under load comes back, whatever its store had of the last commands, and nothing is lost', async () => {
  fleet = await startFleet({ folder: scratch(), voters: 3, machine: 'store' });
  const members = () => fleet!.members;
  const all = [...members()];
  const load = (n: number, round: number): Promise<void> => members()[n]!.begin(`${n}-${round}`, 4);
  await Promise.all(members().map((member) => member.online()));
  await Promise.all(members().map((_, n) => load(n, 0)));
  for (let round = 1; round <= 3; round++)
    for (const n of [0, 1, 2]) {
      const { applied } = await members()[n]!.status();
      await members()[n]!.applied(applied + 20);
      await members()[n]!.kill();
      const back = await fleet.restart(n);
      all.push(back);
      await back.online();
      await load(n, round);
    }
  // and all of them at one moment, as when the power goes
  const { applied: before } = await members()[0]!.status();
  await members()[0]!.applied(before + 20);
  await Promise.all(members().map((member) => member.kill()));
  for (const n of [0, 1, 2]) all.push(await fleet.restart(n));
  await Promise.all(members().map((member) => member.online()));
  await Promise.all(members().map((_, n) => load(n, 9)));
  await members()[0]!.applied((await members()[0]!.status()).applied + 20);
  await Promise.all(members().map((member) => member.end()));
  const counts = await Promise.all(members().map(async (member) => (await member.status()).applied));
  const most = Math.max(...counts);
  await Promise.all(members().map((member) => member.applied(most)));
  const digests = await Promise.all(members().map((member) => member.digest()));
  expect(new Set(digests.map((digest) => JSON.stringify(digest))).size).toBe(1);
  expect(digests[0]!.count).toBe(most);
  const list = await members()[0]!.list();
  expect(new Set(list).size).toBe(list.length);
  const acknowledged = all.flatMap((member) => member.acknowledged);
  expect(acknowledged.length).toBeGreaterThan(100);
  for (const [text, index] of acknowledged) expect(list[index]).toBe(text);
  expect(all.flatMap(({ trouble }) => trouble)).toEqual([]);
}, 180_000);
