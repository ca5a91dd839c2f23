/** How commands stand in the log: tag, count, leaf; alone and many at once. */
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../../src/protocol/bytes/index.ts';
import {
  createSessions,
  encodeCommands,
  leafOf,
  MAX_LEAF,
  tagOf,
} from '../../../src/protocol/group/index.ts';
import { codeOf } from '../../refusal.ts';

const SESSION = fromHex('0102030405060708');
const encodeCommand = (counter: number, leaf: Uint8Array): Uint8Array =>
  encodeCommands(SESSION, counter, [leaf])[0]!;
const leafOfSize = (size: number, fill: number): Uint8Array => new Uint8Array(size).fill(fill);

describe('a command', () => {
  it('is 8 bytes of its session, 8 that count, big-endian, and the leaf', () => {
    expect(toHex(encodeCommand(258, Uint8Array.of(0xaa, 0xbb)))).toBe('01020304050607080000000000000102aabb');
    expect(toHex(encodeCommand(2 ** 53 - 1, new Uint8Array(0)))).toBe('0102030405060708001fffffffffffff');
  });

  it('is the same whether it is made alone or with others, of whatever sizes', () => {
    for (const first of [1, 2 ** 32 - 3, 2 ** 40])
      for (const sizes of [
        [],
        [0],
        [MAX_LEAF],
        [300, 0, 300],
        Array(30).fill(MAX_LEAF),
        Array(500).fill(300),
      ]) {
        const leaves = (sizes as number[]).map((size, i) => leafOfSize(size, i));
        const together = encodeCommands(SESSION, first, leaves);
        expect(together.map(toHex)).toEqual(leaves.map((leaf, i) => toHex(encodeCommand(first + i, leaf))));
        for (const [i, command] of together.entries()) {
          expect(tagOf(command)).toEqual({ session: '0102030405060708', counter: first + i });
          expect(leafOf(command)).toEqual(leaves[i]);
        }
      }
  });

  it('shares memory with others, and no command keeps more than a piece of it alive', () => {
    const commands = encodeCommands(SESSION, 1, Array(1000).fill(leafOfSize(300, 7)) as Uint8Array[]);
    const pieces = new Set(commands.map(({ buffer }) => buffer));
    expect(pieces.size).toBeLessThan(10);
    for (const { byteLength } of pieces) expect(byteLength).toBeLessThanOrEqual(64 * 1024);
  });

  it('is refused when it is too long, and the others with it', () => {
    const long = leafOfSize(MAX_LEAF + 1, 0);
    expect(codeOf(() => encodeCommand(1, long))).toBe('COMMAND_TOO_LONG');
    expect(codeOf(() => encodeCommands(SESSION, 1, [leafOfSize(1, 0), long]))).toBe('COMMAND_TOO_LONG');
  });

  it('has no tag when it is too short, or counts nothing, or beyond what can be counted', () => {
    expect(tagOf(new Uint8Array(15))).toBeNull();
    expect(tagOf(encodeCommand(0, new Uint8Array(1)))).toBeNull();
    expect(tagOf(new Uint8Array(16).fill(255))).toBeNull();
  });
});

describe('sessions', () => {
  it('take each command once, and in order', () => {
    const sessions = createSessions();
    const take = (counter: number): boolean => sessions.take({ session: 'a', counter });
    expect([2, 1, 1, 3, 2, 3].map(take)).toEqual([false, true, false, false, true, true]);
    expect(sessions.last('a')).toBe(3);
    expect(createSessions(sessions.save()).last('a')).toBe(3);
  });
});
