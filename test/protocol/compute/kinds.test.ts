/** The records about capacity and workloads, folded as every replica folds them. */
import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Hashes, Value } from '../../../src/protocol/bytes/index.ts';
import { toHex } from '../../../src/protocol/bytes/index.ts';
import {
  amountsInUse,
  computeKinds,
  isLive,
  readOffer,
  readWorkload,
  smallestLimits,
} from '../../../src/protocol/compute/index.ts';
import type { Requirements, WorkloadRow } from '../../../src/protocol/compute/index.ts';
import {
  encodeRecord,
  foldInto,
  memberKey,
  memoryView,
  viewDigest,
} from '../../../src/protocol/record/index.ts';
import type { FoldResult } from '../../../src/protocol/record/index.ts';

const hashes: Hashes = {
  sha256: (...parts) => new Uint8Array(createHash('sha256').update(Buffer.concat(parts)).digest()),
  sha384: (bytes) => new Uint8Array(createHash('sha384').update(bytes).digest()),
  sha512: (bytes) => new Uint8Array(createHash('sha512').update(bytes).digest()),
};
const kinds = new Map(computeKinds.map((kind) => [kind.name, kind]));
const id = (n: number): Uint8Array => new Uint8Array(32).fill(n);
const coalition = id(0xc0);
const [alice, bob, stranger] = [id(0xa1), id(0xb0), id(0x5e)];
const machine = id(0x10);
const bobsMachine = id(0x11);
const digest = `sha256:${'ab'.repeat(32)}`;
const image = `registry.example/app@${digest}`;

const needs: Requirements = {
  minCpuMillicores: 400,
  minRamMib: 128,
  minStorageGib: 1,
  tdx: 'none',
  network: 'none',
  networkAllow: [],
  readOnly: true,
};

function world() {
  const view = memoryView();
  view.apply([
    [memberKey(coalition, alice), { since: 0 }],
    [memberKey(coalition, bob), { since: 0 }],
    [`machine/${toHex(coalition)}/${toHex(machine)}`, { owner: alice, state: 'incomplete' }],
    [`machine/${toHex(coalition)}/${toHex(bobsMachine)}`, { owner: bob, state: 'refused' }],
  ]);
  let index = 0;
  let seq = 0;
  const log: Uint8Array[] = [];
  const say = (kind: string, body: Value, author = alice, at = 1000 + index): FoldResult => {
    const bytes = encodeRecord({ v: 1, kind, coalition, author, seq: ++seq, at, body, evidence: [] });
    log.push(bytes);
    return foldInto(kinds, hashes, view, bytes, index++);
  };
  return {
    view,
    log,
    /** Answers the refusal's code, or 'taken'. */
    tell: (kind: string, body: Value, author = alice): string =>
      say(kind, body, author).refused?.code ?? 'taken',
    workload: (n: number): WorkloadRow | undefined => readWorkload(view, coalition, id(n)),
    inUse: () => amountsInUse(view, coalition, machine),
  };
}

const offerBody = (more: object = {}): Value => ({
  machine,
  cpuMillicores: 1000,
  ramMib: 512,
  storageGib: 4,
  tdx: true,
  ...more,
});
const submitBody = (n: number, more: object = {}): Value => ({
  workload: id(n),
  machine,
  image,
  digest,
  requirements: needs as unknown as Value,
  limits: smallestLimits(needs) as unknown as Value,
  ...more,
});
const startBody = (n: number): Value => ({
  workload: id(n),
  configDigest: digest,
  manifestDigest: digest,
  engine: 'docker 28',
});
const usageBody = (n: number, from: number, to: number, more: object = {}): Value => ({
  workload: id(n),
  from,
  to,
  cpuMs: 10,
  ramMibSec: 20,
  rxBytes: 30,
  txBytes: 40,
  ...more,
});

describe('an offer of capacity', () => {
  it('is written by the owner of a registered machine', () => {
    const { tell, view } = world();
    expect(tell('capacity.offered', offerBody())).toBe('taken');
    expect(readOffer(view, coalition, machine)).toMatchObject({
      owner: alice,
      cpuMillicores: 1000,
      ramMib: 512,
      storageGib: 4,
      tdx: true,
      index: 0,
    });
    expect(tell('capacity.offered', offerBody({ ramMib: 2048 }))).toBe('taken');
    expect(readOffer(view, coalition, machine)).toMatchObject({ ramMib: 2048, index: 1 });
  });

  it('is refused from outsiders, for unknown machines and for machines of others', () => {
    const { tell } = world();
    expect(tell('capacity.offered', offerBody(), stranger)).toBe('NOT_A_MEMBER');
    expect(tell('capacity.offered', offerBody({ machine: id(0x99) }))).toBe('MACHINE_UNKNOWN');
    expect(tell('capacity.offered', offerBody(), bob)).toBe('MACHINE_NOT_YOURS');
  });

  it('does not promise TDX on a machine whose evidence was refused', () => {
    const { tell } = world();
    expect(tell('capacity.offered', offerBody({ machine: bobsMachine }), bob)).toBe('TDX_EVIDENCE_REFUSED');
    expect(tell('capacity.offered', offerBody({ machine: bobsMachine, tdx: false }), bob)).toBe('taken');
  });

  it('is not made on a machine that was retired, which takes no workload either', () => {
    const { tell, view } = world();
    tell('capacity.offered', offerBody());
    view.apply([[`machine/${toHex(coalition)}/${toHex(machine)}`, { owner: alice, state: 'retired' }]]);
    expect(tell('capacity.offered', offerBody())).toBe('MACHINE_RETIRED');
    expect(tell('compute.submitted', submitBody(1))).toBe('MACHINE_RETIRED');
    expect(tell('capacity.withdrawn', { machine })).toBe('taken');
  });

  it('cannot shrink below what runs on it, nor be withdrawn while something does', () => {
    const { tell, view } = world();
    expect(tell('capacity.withdrawn', { machine })).toBe('OFFER_UNKNOWN');
    tell('capacity.offered', offerBody());
    tell('compute.submitted', submitBody(1));
    expect(tell('capacity.offered', offerBody({ cpuMillicores: 399 }))).toBe('CAPACITY_OVERSOLD');
    expect(tell('capacity.offered', offerBody({ cpuMillicores: 400, ramMib: 128, storageGib: 1 }))).toBe(
      'taken',
    );
    expect(tell('capacity.withdrawn', { machine })).toBe('CAPACITY_IN_USE');
    tell('compute.ended', { workload: id(1), reason: 'stopped' });
    expect(tell('capacity.withdrawn', { machine })).toBe('taken');
    expect(readOffer(view, coalition, machine)).toBeUndefined();
  });

  it('has whole numbers of sensible size', () => {
    const { tell } = world();
    for (const bad of [
      { cpuMillicores: 0 },
      { ramMib: -1 },
      { storageGib: 2 ** 40 },
      { machine: new Uint8Array(16) },
      { tdx: 1 },
    ])
      expect(tell('capacity.offered', offerBody(bad))).toBe('BODY_FORMAT');
  });
});

describe('a workload', () => {
  it('goes from submitted to removed, and its row tells its life', () => {
    const { tell, workload, inUse } = world();
    tell('capacity.offered', offerBody());
    expect(tell('compute.submitted', submitBody(1))).toBe('taken');
    expect(workload(1)).toMatchObject({
      state: 'submitted',
      owner: alice,
      image,
      digest,
      limits: { cpuMillicores: 400 },
    });
    expect(inUse()).toEqual({ cpuMillicores: 400, ramMib: 128, storageGib: 1, live: 1 });
    expect(tell('compute.started', startBody(1))).toBe('taken');
    expect(workload(1)).toMatchObject({
      state: 'running',
      configDigest: digest,
      engine: 'docker 28',
      startedAt: 1002,
    });
    expect(tell('compute.usage', usageBody(1, 100, 200))).toBe('taken');
    expect(tell('compute.ended', { workload: id(1), reason: 'exited', exitCode: 3 })).toBe('taken');
    expect(workload(1)).toMatchObject({ state: 'ended', endReason: 'exited', exitCode: 3 });
    expect(inUse()).toEqual({ cpuMillicores: 0, ramMib: 0, storageGib: 0, live: 0 });
    expect(tell('compute.usage', usageBody(1, 200, 250))).toBe('taken');
    expect(workload(1)).toMatchObject({
      usage: { cpuMs: 20, ramMibSec: 40, rxBytes: 60, txBytes: 80 },
      usageUntil: 250,
    });
    expect(tell('compute.removed', { workload: id(1) })).toBe('taken');
    expect(workload(1)).toMatchObject({ state: 'removed', index: 6 });
  });

  it('is refused where it does not fit, with the reason', () => {
    const { tell, inUse } = world();
    expect(tell('compute.submitted', submitBody(1))).toBe('OFFER_UNKNOWN');
    tell('capacity.offered', offerBody({ tdx: false }));
    expect(tell('compute.submitted', submitBody(1))).toBe('taken');
    expect(tell('compute.submitted', submitBody(2))).toBe('taken');
    expect(tell('compute.submitted', submitBody(3))).toBe('CAPACITY_OVERSOLD');
    expect(inUse()).toMatchObject({ cpuMillicores: 800, live: 2 });
    const small: Requirements = { ...needs, minCpuMillicores: 10, minRamMib: 8, minStorageGib: 0 };
    const limits = smallestLimits(small) as unknown as Value;
    expect(
      tell('compute.submitted', submitBody(3, { requirements: { ...small, tdx: 'required' }, limits })),
    ).toBe('TDX_NOT_OFFERED');
    expect(tell('compute.submitted', submitBody(3, { requirements: { ...small }, limits }))).toBe('taken');
    expect(tell('compute.submitted', submitBody(3))).toBe('WORKLOAD_EXISTS');
  });

  it('is refused with limits below its needs, another digest, or a tag', () => {
    const { tell } = world();
    tell('capacity.offered', offerBody());
    const limits = smallestLimits(needs);
    expect(tell('compute.submitted', submitBody(1, { limits: { ...limits, ramMib: 127 } }))).toBe(
      'LIMITS_BELOW_MINIMUM',
    );
    expect(tell('compute.submitted', submitBody(1, { digest: `sha256:${'cd'.repeat(32)}` }))).toBe(
      'IMAGE_DIGEST',
    );
    expect(tell('compute.submitted', submitBody(1, { image: `registry.example/app:1@${digest}` }))).toBe(
      'BODY_FORMAT',
    );
    expect(tell('compute.submitted', submitBody(1, { image: 'registry.example/app' }))).toBe('BODY_FORMAT');
    expect(
      tell('compute.submitted', submitBody(1, { requirements: { ...needs, network: 'allowlist' } })),
    ).toBe('BODY_FORMAT');
  });

  it('is refused on record, after it was submitted or at once', () => {
    const { tell, workload, inUse } = world();
    const refusal = (n: number, more: object = {}): Value => ({
      workload: id(n),
      machine,
      image,
      digest,
      reasons: [{ code: 'IMAGE_UNLABELLED', sentence: 'It does not say what it needs.' }],
      ...more,
    });
    expect(tell('compute.refused', refusal(1))).toBe('taken');
    expect(workload(1)).toMatchObject({
      state: 'refused',
      requirements: null,
      refusals: [{ code: 'IMAGE_UNLABELLED' }],
    });
    tell('capacity.offered', offerBody());
    tell('compute.submitted', submitBody(2));
    expect(
      tell(
        'compute.refused',
        refusal(2, {
          digest: `sha256:${'cd'.repeat(32)}`,
          image: `registry.example/app@sha256:${'cd'.repeat(32)}`,
        }),
      ),
    ).toBe('WORKLOAD_STATE');
    expect(tell('compute.refused', refusal(2))).toBe('taken');
    expect(inUse().live).toBe(0);
    expect(tell('compute.refused', refusal(2))).toBe('WORKLOAD_STATE');
    expect(tell('compute.refused', refusal(3, { reasons: [] }))).toBe('BODY_FORMAT');
    expect(tell('compute.removed', { workload: id(2) })).toBe('taken');
  });

  it('is told about by its owner only', () => {
    const { tell } = world();
    tell('capacity.offered', offerBody());
    expect(tell('compute.submitted', submitBody(1), bob)).toBe('MACHINE_NOT_YOURS');
    tell('compute.submitted', submitBody(1));
    expect(tell('compute.started', startBody(1), bob)).toBe('WORKLOAD_NOT_YOURS');
    expect(tell('compute.ended', { workload: id(1), reason: 'lost' }, bob)).toBe('WORKLOAD_NOT_YOURS');
    expect(tell('compute.started', startBody(1), stranger)).toBe('NOT_A_MEMBER');
    expect(tell('compute.started', startBody(9))).toBe('WORKLOAD_UNKNOWN');
  });

  it('takes each step only from the state before it', () => {
    const { tell } = world();
    tell('capacity.offered', offerBody());
    tell('compute.submitted', submitBody(1));
    expect(tell('compute.removed', { workload: id(1) })).toBe('WORKLOAD_STATE');
    expect(tell('compute.usage', usageBody(1, 0, 1))).toBe('WORKLOAD_STATE');
    expect(tell('compute.ended', { workload: id(1), reason: 'exited', exitCode: 0 })).toBe('WORKLOAD_STATE');
    expect(tell('compute.ended', { workload: id(1), reason: 'exited' })).toBe('BODY_FORMAT');
    tell('compute.started', startBody(1));
    expect(tell('compute.started', startBody(1))).toBe('WORKLOAD_STATE');
    tell('compute.ended', { workload: id(1), reason: 'oom', exitCode: 137 });
    expect(tell('compute.ended', { workload: id(1), reason: 'lost' })).toBe('WORKLOAD_STATE');
    tell('compute.removed', { workload: id(1) });
    expect(tell('compute.removed', { workload: id(1) })).toBe('WORKLOAD_STATE');
    expect(tell('compute.usage', usageBody(1, 0, 1))).toBe('WORKLOAD_STATE');
  });

  it('reports no stretch of time twice, and no more than can be counted', () => {
    const { tell } = world();
    tell('capacity.offered', offerBody());
    tell('compute.submitted', submitBody(1));
    tell('compute.started', startBody(1));
    expect(tell('compute.usage', usageBody(1, 10, 20))).toBe('taken');
    expect(tell('compute.usage', usageBody(1, 19, 30))).toBe('USAGE_OVERLAP');
    expect(tell('compute.usage', usageBody(1, 30, 29))).toBe('BODY_FORMAT');
    expect(tell('compute.usage', usageBody(1, 20, 30, { cpuMs: Number.MAX_SAFE_INTEGER }))).toBe(
      'USAGE_RANGE',
    );
    expect(tell('compute.usage', usageBody(1, 25, 30))).toBe('taken');
  });

  it('that never started reports no usage', () => {
    const { tell } = world();
    tell('capacity.offered', offerBody());
    tell('compute.submitted', submitBody(1));
    tell('compute.ended', { workload: id(1), reason: 'failed' });
    expect(tell('compute.usage', usageBody(1, 0, 1))).toBe('WORKLOAD_STATE');
  });
});

describe('any order of records', () => {
  const step = fc.record({
    kind: fc.constantFrom('offer', 'withdraw', 'submit', 'start', 'end', 'refuse', 'remove'),
    n: fc.integer({ min: 1, max: 4 }),
    cpu: fc.integer({ min: 1, max: 1200 }),
  });

  it('never holds more than the offer, and always exactly what the live workloads hold; replay gives the same view', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
        const one = world();
        for (const { kind, n, cpu } of steps) {
          const limits = { ...smallestLimits(needs), cpuMillicores: Math.max(400, cpu) } as unknown as Value;
          if (kind === 'offer') one.tell('capacity.offered', offerBody({ cpuMillicores: cpu }));
          if (kind === 'withdraw') one.tell('capacity.withdrawn', { machine });
          if (kind === 'submit') one.tell('compute.submitted', submitBody(n, { limits }));
          if (kind === 'start') one.tell('compute.started', startBody(n));
          if (kind === 'end') one.tell('compute.ended', { workload: id(n), reason: 'stopped' });
          if (kind === 'refuse')
            one.tell('compute.refused', {
              workload: id(n),
              machine,
              image,
              digest,
              reasons: [{ code: 'X1', sentence: 'No.' }],
            });
          if (kind === 'remove') one.tell('compute.removed', { workload: id(n) });
          const live = [1, 2, 3, 4].flatMap((i) => one.workload(i) ?? []).filter((row) => isLive(row.state));
          const held = live.reduce((sum, row) => sum + (row.limits?.cpuMillicores ?? 0), 0);
          expect(one.inUse()).toMatchObject({ cpuMillicores: held, live: live.length });
          expect(held).toBeLessThanOrEqual(readOffer(one.view, coalition, machine)?.cpuMillicores ?? 0);
        }
        const again = world();
        for (const [index, bytes] of one.log.entries()) foldInto(kinds, hashes, again.view, bytes, index);
        expect(viewDigest(hashes, again.view)).toEqual(viewDigest(hashes, one.view));
      }),
    );
  });
});
