/** Ids of Groups against BLAKE3 over concatenated bytes, and nothing of ours (coalition.md 2.2 and 13). */
import { blake3 } from '@noble/hashes/blake3.js';
import { describe, expect, it } from 'vitest';
import { idFrom, toHex } from '../../../src/protocol/bytes/index.ts';
import { groupId, HEARTBEAT, logReplaySync } from '../../../src/protocol/group/index.ts';
import type { GroupShape } from '../../../src/protocol/group/index.ts';

const hash = (...parts: (Uint8Array | string)[]): Uint8Array =>
  blake3(Buffer.concat(parts.map((part) => Buffer.from(part))));
/** derive, by hand: each step hashes what there is with what comes. */
const chain = (first: Uint8Array, ...infos: (Uint8Array | string)[]): Uint8Array =>
  infos.reduce<Uint8Array>((id, info) => hash(id, info), first);
const le = (value: number, width: number): Buffer => {
  const out = Buffer.alloc(width);
  out.writeBigUInt64LE(BigInt(value));
  return out;
};

const shape: GroupShape = {
  secret: idFrom('a secret'),
  heartbeat: HEARTBEAT,
  machine: idFrom('a machine'),
  sync: logReplaySync('demo.machine/1'),
  validators: [idFrom('one'), idFrom('two')],
};

describe('group_id_derived_from_config', () => {
  it('is the chain of hashes that the seeds give, in their order', () => {
    const sync = chain(hash('mosaik_log_replay_sync'), 'demo.machine/1', le(2000, 8), le(25, 8));
    expect(shape.sync).toEqual(sync);
    const consensus = hash(le(500, 16), le(150, 16), le(10, 16));
    expect(groupId(shape)).toEqual(
      chain(hash(shape.secret), consensus, shape.machine, sync, hash('one'), hash('two')),
    );
    expect(groupId({ ...shape, validators: [] })).toEqual(
      chain(hash(shape.secret), consensus, shape.machine, sync),
    );
  });

  it('is another for whatever differs, the order of the validators included', () => {
    const all: GroupShape[] = [
      shape,
      { ...shape, secret: idFrom('another') },
      { ...shape, machine: idFrom('another') },
      { ...shape, sync: logReplaySync('demo.machine/2') },
      { ...shape, sync: logReplaySync('demo.machine/1', 1000) },
      { ...shape, sync: logReplaySync('demo.machine/1', 2000, 5) },
      { ...shape, heartbeat: { ...HEARTBEAT, interval: 501 } },
      { ...shape, heartbeat: { ...HEARTBEAT, jitter: 0 } },
      { ...shape, heartbeat: { ...HEARTBEAT, maxMissed: 9 } },
      { ...shape, validators: [idFrom('one')] },
      { ...shape, validators: [idFrom('two'), idFrom('one')] },
    ];
    expect(new Set(all.map((one) => toHex(groupId(one)))).size).toBe(all.length);
  });
});
