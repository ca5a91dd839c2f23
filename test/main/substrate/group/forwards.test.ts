/** Commands that members forward to whoever leads, honest and other ones. Real libp2p, real SQLite. */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../../src/protocol/bytes/index.ts';
import { encodeCommands, MAX_LEAF, TAG_BYTES } from '../../../../src/protocol/group/index.ts';
import { bareMember } from './bare.ts';

const commandsOf = (session: Uint8Array, first: number, texts: readonly string[]): Uint8Array[] =>
  encodeCommands(session, first, texts.map(utf8));

describe('a leader', () => {
  it('drops a command that is longer than an entry may be, and goes on', async () => {
    const { seats, leader, forward } = await bareMember();
    const session = randomBytes(8);
    const [tag] = commandsOf(session, 1, ['']);
    for (const size of [TAG_BYTES + MAX_LEAF + 1, 1024 * 1024 - 8]) {
      const long = new Uint8Array(size);
      long.set(tag!);
      forward([long]);
    }
    forward(encodeCommands(session, 1, [new Uint8Array(MAX_LEAF).fill(97)]));
    await Promise.all(seats.map(({ group }) => group.when.applied(1)));
    expect(leader.machine.list.map(({ length }) => length)).toEqual([MAX_LEAF]);
    expect(seats.map(({ group }) => group.status().stopped)).toEqual([null, null]);
  });
});
