/** What members say to each other is read once, or refused. */
import { describe, expect, it } from 'vitest';
import { MAX_COMMAND } from '../../../../src/protocol/group/index.ts';
import { readFrame } from '../../../../src/main/substrate/group/frames.ts';
import { codeOf } from '../../../refusal.ts';

describe('an append', () => {
  const append = (size: number): unknown => [3, 1, 0, 0, 0, 1, [[0, 1, new Uint8Array(size)]]];

  it('brings no command that is longer than an entry may be', () => {
    expect(readFrame(append(MAX_COMMAND))).toMatchObject({ kind: 'raft' });
    expect(codeOf(() => readFrame(append(MAX_COMMAND + 1)))).toBe('GROUP_FRAME');
  });
});
