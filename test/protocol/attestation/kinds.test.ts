/** The numbers that were known at a judgement: in the row from one judgement to the next, and absent in older records. */
import { describe, expect, it } from 'vitest';
import { nodeHashes } from '../../../src/main/hashes.ts';
import { factsOf, machineKey } from '../../../src/protocol/attestation/index.ts';
import type { MachineRow } from '../../../src/protocol/attestation/index.ts';
import type { Value } from '../../../src/protocol/bytes/index.ts';
import { kinds } from '../../../src/protocol/kinds.ts';
import { encodeRecord, foldInto, memberKey, memoryView } from '../../../src/protocol/record/index.ts';

const author = new Uint8Array(32).fill(1);
const coalition = new Uint8Array(32).fill(2);
const machine = new Uint8Array(32).fill(3);
const highest = { evaluation: 18, rootCrl: '1', pckCrl: '12345678901234567890' };

/** Folds judgements of one machine, each with these members besides; answers its row. */
function rowAfter(...judgements: readonly { [key: string]: Value }[]): MachineRow {
  const view = memoryView();
  view.apply([[memberKey(coalition, author), { member: true }]]);
  for (const [seq, more] of judgements.entries()) {
    const kind = seq === 0 ? 'machine.registered' : 'machine.attested';
    const name = seq === 0 ? { name: 'rack-07' } : {};
    const body = { machine, ...name, evidence: 'genuine', simulated: false, ...more };
    const at = 1_760_000_000_000 + seq;
    const bytes = encodeRecord({ v: 1, kind, coalition, author, seq, at, body, evidence: [] });
    expect(foldInto(kinds, nodeHashes, view, bytes, seq).refused?.code ?? null).toBeNull();
  }
  return view.get(machineKey(coalition, machine)) as unknown as MachineRow;
}

describe('the numbers that were known at a judgement', () => {
  it('stand in the row, as a policy takes them', () => {
    const row = rowAfter({ highest });
    expect(row.highest).toEqual(highest);
    expect(factsOf(row.highest)).toEqual({
      highestEvaluationNumber: 18,
      highestCrlNumbers: { root: '1', pck: '12345678901234567890' },
    });
  });

  it('are not in the row of a record without them, which folds as it always did', () => {
    const row = rowAfter({});
    expect('highest' in row).toBe(false);
    expect(factsOf(row.highest)).toBeUndefined();
  });

  it('go with the judgement that they belong to', () => {
    expect(rowAfter({}, { highest }).highest).toEqual(highest);
    expect('highest' in rowAfter({ highest }, {})).toBe(false);
  });

  it.each<[string, Value]>([
    ['a number that is none', { ...highest, rootCrl: '0x12' }],
    ['a member that is missing', { evaluation: 18, rootCrl: '1' }],
    ['a negative number', { ...highest, evaluation: -1 }],
  ])('are refused with %s', (_what, wrong) => {
    const kind = kinds.get('machine.attested')!;
    const body = { machine, evidence: 'genuine', simulated: false, highest: wrong };
    expect(kind.schema.safeParse(body).success).toBe(false);
  });
});
