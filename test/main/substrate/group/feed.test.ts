/** Commands that are fed: placed by the leader, not waited for (coalition.md 3.4 and 13). */
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../../src/protocol/bytes/index.ts';
import type { Position } from '../../../../src/protocol/raft/index.ts';
import { codeOf, entries, followersOf, leaderOf, newLeader, table, walls, write } from './table.ts';

const indexes = (positions: readonly Position[]): number[] => positions.map(({ index }) => index);

describe('feed', () => {
  it('feed::smoke: answers the place in the log, of leader and follower, in the order of the calls', async () => {
    const { seats } = await table(3);
    const applied = new Map<string, Position>();
    seats[0]!.group.subscribe((event) => {
      if (event.kind !== 'applied') return;
      for (const { leaf, position } of event.commands) applied.set(Buffer.from(leaf).toString(), position);
    });
    for (const [name, { group }] of [
      ['leader', leaderOf(seats)],
      ['follower', followersOf(seats)[0]!],
    ] as const) {
      const texts = entries(0, 200).map((text) => `${name} ${text}`);
      // every tenth one is executed, between the others
      const places = await Promise.all(
        texts.map((text, n) => (n % 10 === 9 ? group.execute(utf8(text)) : group.feed(utf8(text)))),
      );
      const fed = places.filter((place) => 'term' in place);
      expect(indexes(fed)).toEqual(indexes(fed).toSorted((a, b) => a - b));
      await seats[0]!.group.when.holds(() => texts.every((text) => applied.has(text)));
      for (const [n, place] of places.entries())
        if ('term' in place) expect(applied.get(texts[n]!)).toEqual(place);
    }
    await Promise.all(seats.map(({ group }) => group.when.applied(400)));
    for (const name of ['leader', 'follower'])
      for (const { machine } of seats)
        expect(machine.list.filter((text) => text.startsWith(name))).toEqual(
          entries(0, 200).map((text) => `${name} ${text}`),
        );
  });

  it('a place is no commit: it is told where nothing can be committed, and is another one when its leader is lost', async () => {
    const between = walls();
    const { seats } = await table(4, 0, between.of);
    const old = leaderOf(seats);
    const [near, ...far] = followersOf(seats);
    await write(old, 0, 3);
    await Promise.all(seats.map(({ group }) => group.when.applied(3)));
    const { commit, last, term } = old.group.status();
    between.cut(far, [old, near!]);

    // two of four: they agree on an order, and on nothing else
    const places = await Promise.all([old.group.feed(utf8('fed here')), near!.group.feed(utf8('fed there'))]);
    expect(places.map((place) => place.term)).toEqual([term, term]);
    expect(new Set(indexes(places))).toEqual(new Set([last.index + 1, last.index + 2]));
    expect(old.group.status()).toMatchObject({ commit, open: 1 });

    // the others elect, with one that comes over to them, and the old leader stays behind
    between.heal();
    between.cut([old], [near!, ...far]);
    const next = await newLeader([near!, ...far]);
    await write(next, 3, 5);
    between.heal();
    await Promise.all(seats.map(({ group }) => group.when.applied(7)));
    for (const { machine } of seats) expect(machine.list).toEqual(old.machine.list);
    expect(old.machine.list.toSorted()).toEqual([...entries(0, 5), 'fed here', 'fed there']);
    await Promise.all(seats.map(({ group }) => group.when.holds(({ open }) => open === 0)));
  });

  it('is refused as an execution is', async () => {
    const { seats } = await table(1);
    const [{ group }] = seats as [(typeof seats)[0]];
    expect(await codeOf(group.feed(new Uint8Array(20_000)))).toBe('COMMAND_TOO_LONG');
    expect(await codeOf(group.feed(utf8('a'), AbortSignal.abort()))).toBe('CANCELLED');
    await group.close();
    expect(await codeOf(group.feed(utf8('a')))).toBe('GROUP_CLOSED');
  });
});
