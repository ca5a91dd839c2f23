/** Commands that members forward to whoever leads, honest and other ones. Real libp2p, real SQLite. */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fromHex, utf8 } from '../../../../src/protocol/bytes/index.ts';
import {
  encodeCommands,
  MAX_COMMAND,
  MAX_LEAF,
  MAX_SESSIONS,
  sessionName,
} from '../../../../src/protocol/group/index.ts';
import { CLOSE } from '../../../../src/main/substrate/universe/index.ts';
import { bareBond, bareMember } from './bare.ts';
import type { Bare } from './bare.ts';
import type { TestNode } from '../../../member/net.ts';
import { entries, followersOf, leaderOf, table, write } from './table.ts';

const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 500));
/** Another session of this node. */
const newSession = ({ self }: TestNode): Uint8Array => sessionName(self, randomBytes(4));
const commandsOf = (session: Uint8Array, first: number, texts: readonly string[]): Uint8Array[] =>
  encodeCommands(session, first, texts.map(utf8));

describe('a follower', () => {
  it('submits more at once than a link holds: all of it is committed in order, and hardly anything goes twice', async () => {
    const { seats } = await table(3);
    const [follower] = followersOf(seats);
    const count = 1500;
    const texts = entries(0, count).map((text) => text.padEnd(16 * 1024, '.'));
    await follower!.group.executeMany(texts.map(utf8));
    expect(follower!.machine.list).toEqual(texts);
    expect(leaderOf(seats).group.status().commit).toBeLessThan(2 * count);
  }, 40_000);
});

describe('a leader', () => {
  it('lets into the log only what comes next in its session, however often and mixed it is sent', async () => {
    const { leader, forward, bare } = await bareMember();
    const { last } = leader.group.status();
    const session = newSession(bare);
    const sent = commandsOf(session, 1, entries(0, 20));
    for (const part of [sent.slice(3), sent.slice(0, 5), sent, sent.toReversed(), sent, sent.slice(7)])
      forward(part);
    await leader.group.when.applied(20);
    await soon();
    expect(leader.machine.list).toEqual(entries(0, 20));
    expect(leader.group.status().last.index).toBe(last.index + 20);
  });

  it('drops a command that is longer than an entry may be, and goes on', async () => {
    const { seats, leader, forward, bare } = await bareMember();
    const session = newSession(bare);
    const [tag] = commandsOf(session, 1, ['']);
    for (const size of [MAX_COMMAND + 1, 1024 * 1024 - 8]) {
      const long = new Uint8Array(size);
      long.set(tag!);
      forward([long]);
    }
    forward(encodeCommands(session, 1, [new Uint8Array(MAX_LEAF).fill(97)]));
    await Promise.all(seats.map(({ group }) => group.when.applied(1)));
    expect(leader.machine.list.map(({ length }) => length)).toEqual([MAX_LEAF]);
    expect(seats.map(({ group }) => group.status().stopped)).toEqual([null, null]);
  });

  it('takes nothing in the name of another member, whoever led before and whatever came since', async () => {
    const { net, seats, leader, forward, sessions, bare } = await bareMember();
    const [follower] = followersOf(seats);
    await write(follower!, 0, 2);
    await write(leader, 2, 4);
    await expect.poll(() => sessions.size).toBe(2);
    for (const session of sessions) forward(commandsOf(fromHex(session), 3, ['forged']));
    forward(commandsOf(newSession(bare), 1, ['own']));
    await leader.group.when.applied(5);
    await write(follower!, 4, 6);
    await write(leader, 6, 8);
    // whoever leads next has heard of no session yet
    leader.group.transfer(follower!.node.self);
    await follower!.group.when.leading();
    const other = await bareBond(net, bare, follower!);
    for (const session of sessions) other.forward(commandsOf(fromHex(session), 77, ['forged']));
    await soon();
    await write(leader, 8, 10);
    expect(leader.machine.list).toEqual([...entries(0, 4), 'own', ...entries(4, 10)]);
  });

  it('ends a bond over which more sessions begin than any member begins', async () => {
    const { leader, forward, bond, bare } = await bareMember();
    const many = Array.from({ length: 300 }, () => commandsOf(newSession(bare), 1, ['x'])[0]!);
    forward(many);
    await bond.link.closed;
    expect(leader.group.status().leaves).toBeLessThan(many.length);
    expect(leader.node.notes.join()).toContain('sessions');
  });
});

describe('a member that was quiet while more sessions spoke than are remembered', () => {
  it('is heard again, in order, and nothing of it is committed twice', async () => {
    const { net, seats, leader, bare, ...first } = await bareMember();
    const [quiet] = followersOf(seats);
    await write(quiet!, 0, 3);
    let other: Pick<Bare, 'bond' | 'forward'> = first;
    for (let begun = 128; begun <= MAX_SESSIONS; begun += 128) {
      other.forward(Array.from({ length: 128 }, () => commandsOf(newSession(bare), 1, ['other'])[0]!));
      await leader.group.when.applied(3 + begun);
      await other.bond.close(CLOSE.gracefulShutdown);
      other = await bareBond(net, bare, leader);
    }
    const before = leader.group.status().commit;
    await quiet!.group.executeMany(entries(3, 53).map(utf8));
    expect(leader.machine.list.filter((text) => text !== 'other')).toEqual(entries(0, 53));
    expect(leader.group.status().commit - before).toBeLessThan(100);
  }, 30_000);
});
