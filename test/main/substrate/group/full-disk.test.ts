/** A member whose disk is full: three real processes, the data folder of one on a disk that is small enough to fill. */
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startFleet } from '../../../member/fleet.ts';
import type { Member } from '../../../member/fleet.ts';
import { describeWith } from '../../../parts.ts';
import { scratch } from '../../../scratch.ts';
import { smallDisk } from '../../../small-disk.ts';

/** Large enough that a few dozen fill what is left of the disk. */
const big = (n: number): string => `${n} `.padEnd(16_000, 'x');

describeWith('tmpfs', 'a member whose disk is full', () => {
  it.each([
    { role: 'leads', end: 'stop' },
    { role: 'follows', end: 'kill' },
  ] as const)(
    'and that $role stops and says so; the others go on, and with room again ($end, start) it has everything',
    async ({ role, end }) => {
      const folder = scratch();
      const disk = smallDisk(join(folder, 'member-2'), 16);
      const fleet = await startFleet({ folder, voters: 3 });
      onTestFinished(() => fleet.stop());
      const [one, two, full] = fleet.members as [Member, Member, Member];
      await Promise.all(fleet.members.map((member) => member.online()));
      const leader = role === 'leads' ? full : one;
      const statuses = await Promise.all(fleet.members.map((member) => member.status()));
      const first = fleet.members[statuses.findIndex((status) => status.role === 'leader')]!;
      if (first !== leader) await first.transfer(leader.self);
      await expect.poll(async () => (await leader.status()).role, { timeout: 20_000 }).toBe('leader');

      const written: string[] = [];
      const write = async (): Promise<void> => {
        const text = big(written.length);
        expect(await one.execute(text)).toBe(written.length);
        written.push(text);
      };
      for (let n = 0; n < 5; n++) await write();
      await full.applied(5);
      disk.fill(256 * 1024);
      while ((await full.status()).stopped === null) {
        if (written.length > 1000) expect.fail('the disk does not become full');
        await write();
      }

      const { stopped, online, notes } = await full.status();
      expect(stopped).toMatch(/disk .* full/);
      expect(online).toBe(false);
      expect(notes).toContainEqual(expect.stringContaining('STORE_FULL'));
      // whoever asks it is told at once, and why
      await expect(full.execute('refused')).rejects.toThrow(/disk .* full/);
      await expect(full.applied(100_000)).rejects.toThrow(/disk .* full/);

      const behind = (await full.status()).applied;
      for (let n = 0; n < 20; n++) await write();
      await Promise.all([one, two].map((member) => member.applied(written.length)));
      expect((await full.status()).applied).toBe(behind);

      disk.free();
      await full[end]();
      const back = await fleet.restart(2);
      await back.online();
      await back.applied(written.length);
      expect(await back.list()).toEqual(written);
      expect(await back.status()).toMatchObject({ stopped: null, online: true });
      expect(await back.execute('on again')).toBe(written.length);
      const present = [one, two, back];
      const checkpoints = async () =>
        (await Promise.all(present.map((member) => member.status()))).map(({ checkpoint }) => checkpoint);
      await expect.poll(checkpoints, { timeout: 20_000 }).toEqual(present.map(() => written.length + 1));
      const all = await Promise.all(present.map((member) => member.digest()));
      expect(new Set(all.map((digest) => JSON.stringify(digest))).size).toBe(1);
      expect([one, two, full, back].flatMap(({ trouble }) => trouble)).toEqual([]);
    },
  );
});
