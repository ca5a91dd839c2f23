/** Reads of one's own state, stale or strong, and many calls at once (coalition.md 13, Groups). */
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../../src/protocol/bytes/index.ts';
import { entries, followersOf, leaderOf, newLeader, table } from './table.ts';
import type { Seat } from './table.ts';

/**
 * Commands of leader and follower in turn, one after the other, with an election in the middle; `read` looks after
 * each of them. Answers who is left.
 */
async function rounds(read: (seats: readonly Seat[], text: string, index: number) => Promise<void>) {
  const { seats: all } = await table(3);
  let seats: readonly Seat[] = all;
  for (const [index, text] of entries(0, 30).entries()) {
    if (index === 15) {
      const gone = leaderOf(seats);
      seats = seats.filter((seat) => seat !== gone);
      await gone.node.stop();
      await newLeader(seats);
    }
    const from = index % 2 === 0 ? leaderOf(seats) : followersOf(seats)[0]!;
    expect(await from.group.execute(utf8(text))).toEqual({ index, answer: index + 1 });
    expect(from.machine.list[index]).toBe(text);
    await read(seats, text, index);
  }
  return seats;
}

describe('a read', () => {
  it('no_catchup_weak_query: may be stale, and is never anything but an earlier state', async () => {
    const seen: string[][] = [];
    const seats = await rounds(async (present) => {
      for (const { machine } of present) seen.push([...machine.list]);
    });
    await Promise.all(seats.map(({ group }) => group.when.applied(30)));
    const all = entries(0, 30);
    for (const { machine } of seats) expect(machine.list).toEqual(all);
    for (const list of seen) expect(list).toEqual(all.slice(0, list.length));
  });

  it('no_catchup_strong_query: has what was committed before it was asked, at its index, on every member', async () => {
    await rounds(async (present, text, index) => {
      for (const { group, machine } of present) {
        expect((await group.barrier()).applied).toBeGreaterThan(index);
        expect(machine.list[index]).toBe(text);
      }
    });
  });
});

describe('many calls at once, of leader and follower', () => {
  it('execute_is_send_sync_via_joinset, execute_many_is_send_sync_via_joinset, query_is_send_sync_via_joinset', async () => {
    const { seats } = await table(3);
    const callers = [leaderOf(seats), followersOf(seats)[0]!];
    const many = (name: string) => Array.from({ length: 50 }, (_, n) => utf8(`${name} ${n}`));
    await Promise.all(
      callers.flatMap(({ group, machine }, caller) =>
        Array.from({ length: 20 }, async (_, task) => {
          const name = `${caller}/${task}`;
          const [one, lot] = await Promise.all([
            group.execute(utf8(name)),
            group.executeMany(many(name)),
            group.barrier(),
          ]);
          expect(machine.list[one.index]).toBe(name);
          expect(lot.map(({ index }) => machine.list[index])).toEqual(
            Array.from({ length: 50 }, (_none, n) => `${name} ${n}`),
          );
          // in the order of the call
          expect(lot.map(({ index }) => index)).toEqual(
            lot.map(({ index }) => index).toSorted((a, b) => a - b),
          );
          const other = callers[1 - caller]!;
          await other.group.barrier();
          expect(other.machine.list[one.index]).toBe(name);
        }),
      ),
    );
    await Promise.all(seats.map(({ group }) => group.when.applied(2 * 20 * 51)));
    for (const { machine } of seats) expect(machine.list).toEqual(seats[0]!.machine.list);
    expect(new Set(seats[0]!.machine.list).size).toBe(2 * 20 * 51);
  });
});
