/** Which commands get into the log of a member that leads. */
import { describe, expect, it } from 'vitest';
import { fromHex, utf8 } from '../../../../src/protocol/bytes/index.ts';
import { createSessions, encodeCommands, tagOf } from '../../../../src/protocol/group/index.ts';
import type { Entry } from '../../../../src/protocol/raft/index.ts';
import { createTurns } from '../../../../src/main/substrate/group/turns.ts';

const commandsOf = (session: string, from: number, to: number): Uint8Array[] =>
  encodeCommands(
    fromHex(session),
    from,
    Array.from({ length: to - from + 1 }, (_, n) => utf8(`${from + n}`)),
  );
const [A, B] = ['0a'.repeat(8), '0b'.repeat(8)] as [string, string];
const spell = (commands: readonly Uint8Array[]): string[] =>
  commands.map((data) => `${tagOf(data)!.session.slice(1, 2)}${tagOf(data)!.counter}`);
const entriesOf = (commands: readonly Uint8Array[], first = 1): Entry[] =>
  commands.map((data, n) => ({ kind: 'command', index: first + n, term: 1, data }));

describe('a command gets in', () => {
  it('when it is the next of its session, and only then', () => {
    const turns = createTurns(() => 0);
    const [a, b] = [commandsOf(A, 1, 9), commandsOf(B, 1, 3)];
    expect(spell(turns.admit([...a.slice(0, 2), ...b, ...a.slice(0, 4)], []))).toEqual([
      'a1',
      'a2',
      'b1',
      'b2',
      'b3',
      'a3',
      'a4',
    ]);
    expect(spell(turns.admit([...a.slice(6), ...a.slice(2, 6), ...b], []))).toEqual(['a5', 'a6']);
    expect(spell(turns.admit([a[6]!, new Uint8Array(3)], []))).toEqual(['a7']);
  });

  it('behind what is committed and what is in the log already, by whatever leader', () => {
    const turns = createTurns((session) => (session === A ? 2 : 0));
    const open: Entry[] = [...entriesOf(commandsOf(A, 2, 5)), { kind: 'no-op', index: 5, term: 2 }];
    expect(spell(turns.admit([...commandsOf(A, 3, 7), ...commandsOf(B, 1, 1)], open))).toEqual([
      'a6',
      'a7',
      'b1',
    ]);
  });

  it('again when what was let in before it did not get into the log', () => {
    const turns = createTurns(() => 0);
    const a = commandsOf(A, 1, 4);
    expect(spell(turns.admit(a, []))).toEqual(['a1', 'a2', 'a3', 'a4']);
    expect(spell(turns.admit(a, []))).toEqual([]);
    turns.forget();
    expect(spell(turns.admit(a, entriesOf(a.slice(0, 1))))).toEqual(['a2', 'a3', 'a4']);
  });

  it('only as replicas take it, however many sessions there are', () => {
    const sessions = createSessions();
    const turns = createTurns(sessions.last);
    for (let n = 0; n < 3000; n++) {
      const session = (n % 1500).toString(16).padStart(16, '0');
      const counter = sessions.last(session) + 1;
      const admitted = turns.admit(commandsOf(session, counter, counter + 1), []);
      for (const data of [...admitted, ...turns.admit(admitted, entriesOf(admitted))])
        expect(sessions.take(tagOf(data)!)).toBe(true);
    }
  });
});
