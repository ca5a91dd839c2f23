/** Who joins a Group that has a history (coalition.md 13, Groups). */
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../../src/protocol/bytes/index.ts';
import { LIMITS } from '../../../../src/protocol/raft/index.ts';
import { listMachine } from '../../../member/machine.ts';
import { memberOf } from '../../../member/net.ts';
import { configOf, table } from './table.ts';

describe('a joiner is not online until it has applied what was there', () => {
  it.each([
    { name: 'one_leader_one_follower_small', count: 20, size: 20 },
    { name: 'one_leader_one_follower_large', count: 400, size: 8192 },
  ])('$name: $count commands of $size bytes', async ({ name, count, size }) => {
    if (name.endsWith('large')) expect(count * size).toBeGreaterThan(6 * LIMITS.batchBytes);

    const { net, seats } = await table(1, 1);
    const [leader] = seats;
    const texts = Array.from({ length: count }, (_, n) => `${n}`.padStart(size, '.'));
    await leader!.group.executeMany(texts.map(utf8));

    const list = listMachine();
    const { promise: mayApply, resolve: release } = Promise.withResolvers<void>();
    const machine = {
      ...list,
      async apply(commands: Parameters<typeof list.apply>[0]) {
        await mayApply;
        return list.apply(commands);
      },
    };
    const guest = await net.nodes[1]!.groups.join({ ...configOf(net, list), machine });
    const early: number[] = [];
    guest.changes(() => {
      if (guest.status().online && list.list.length < count) early.push(list.list.length);
    });
    const { members } = leader!.group.membership();
    const card = memberOf(net.nodes[1]!.keys);
    await leader!.group.changeMembers({ ...members, learners: [card] }, net.operator);

    // it has all of it, and knows that it is committed
    const { commit } = leader!.group.status();
    await guest.when.holds((status) => status.commit >= commit);
    expect(guest.status()).toMatchObject({ online: false, leaves: count, applied: 0 });
    release();
    await guest.when.online();
    expect(list.list).toEqual(texts);
    expect(early).toEqual([]);
    expect(await leader!.group.execute(utf8('next'))).toMatchObject({ index: count });
    await guest.when.applied(count + 1);
  });
});
