/** What leaves of what the core wants sent, and when. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { readFrame } from '../../../../src/main/substrate/group/frames.ts';
import type { GroupFrame } from '../../../../src/main/substrate/group/frames.ts';
import { createOutbox } from '../../../../src/main/substrate/group/outbox.ts';
import { decodeFrame } from '../../../../src/main/substrate/universe/index.ts';
import { MAX_QUEUED } from '../../../../src/main/substrate/universe/link.ts';
import { LIMITS } from '../../../../src/protocol/raft/index.ts';
import type { Message } from '../../../../src/protocol/raft/index.ts';

const append = (commit: number, ...data: number[]): Message => ({
  kind: 'append',
  term: 1,
  prev: { term: 1, index: 4 },
  entries: data.map((byte, i) => ({ kind: 'command', index: 5 + i, term: 1, data: Uint8Array.of(byte) })),
  commit,
  round: 1,
});
const vote: Message = { kind: 'vote-answer', term: 1, pre: false, granted: true };

describe('what may be under way to a follower', () => {
  it('fits into a link that takes nothing, with room for all that is not an append', () => {
    expect(LIMITS.inflight * LIMITS.batchBytes).toBeLessThanOrEqual(MAX_QUEUED - 4 * 1024 * 1024);
  });
});

function box(mute = false) {
  const posted: [to: string, frame: Uint8Array][] = [];
  const send = createOutbox(
    (to, frame) => void posted.push([to, frame]),
    () => mute,
  );
  const read = (): [string, GroupFrame][] =>
    posted.map(([to, frame]) => [to, readFrame(decodeFrame(frame.subarray(4)))]);
  return { posted, send, read };
}

describe('an outbox', () => {
  it('encodes what goes to several members once', () => {
    const { posted, send, read } = box();
    const [both, third] = [append(4, 1, 2), append(4, 2)];
    send([
      { to: 'a', message: both },
      { to: 'b', message: both },
      { to: 'c', message: third },
    ]);
    expect(posted[1]![1]).toBe(posted[0]![1]);
    expect(read()).toEqual([
      ['a', { kind: 'raft', message: both }],
      ['b', { kind: 'raft', message: both }],
      ['c', { kind: 'raft', message: third }],
    ]);
  });

  it('lets an append without entries wait for the end of the turn, and for none when another goes there first', async () => {
    const { send, read } = box();
    send([
      { to: 'a', message: append(5) },
      { to: 'b', message: append(5) },
    ]);
    send([{ to: 'b', message: append(6) }]);
    send([{ to: 'a', message: append(6, 9) }]);
    expect(read().map(([to]) => to)).toEqual(['a']);
    await turn();
    expect(read()).toEqual([
      ['a', { kind: 'raft', message: append(6, 9) }],
      ['b', { kind: 'raft', message: append(6) }],
    ]);
  });

  it('holds back what belongs to an election while it is mute, and nothing else', () => {
    const { send, read } = box(true);
    send([
      { to: 'a', message: vote },
      { to: 'a', message: append(4, 1) },
    ]);
    expect(read().map(([, frame]) => frame)).toEqual([{ kind: 'raft', message: append(4, 1) }]);
  });
});
