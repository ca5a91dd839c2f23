/**
 * Records about machines: registration, renewed judgement, pins, retirement. A record carries the grade of the
 * evidence and the hashes of quote and collateral; whoever holds those bytes can judge them again.
 */
import { z } from 'zod';
import { Refusal, sameBytes, toHex } from '../bytes/index.ts';
import type { Value } from '../bytes/index.ts';
import { bytes, count, defineKind, label, readRow, requireMember } from '../record/index.ts';
import type { AnyKind, ReadView, Record } from '../record/index.ts';

/** `none`: an ordinary machine, not in a TD. */
export type MachineState = 'genuine' | 'incomplete' | 'refused' | 'none' | 'retired';

export interface MachineEvent {
  readonly index: number;
  readonly at: number;
  readonly event: string;
  readonly state: MachineState;
  readonly code: string | null;
}

export type PinnedRegister = 'mrtd' | 'rtmr0' | 'rtmr1' | 'rtmr2' | 'rtmr3';
/** Allowed values of each pinned register, 48 bytes each. */
export type PinnedValues = { readonly [R in PinnedRegister]?: readonly Uint8Array[] | undefined };

/** The row of a machine, as the view holds it. */
export interface MachineRow {
  readonly machine: Uint8Array;
  readonly name: string;
  readonly owner: Uint8Array;
  readonly state: MachineState;
  readonly simulated: boolean;
  readonly code: string | null;
  readonly status: string | null;
  readonly registeredAt: number;
  /** Moment the evidence was judged for, Unix seconds; null without evidence. */
  readonly judgedFor: number | null;
  readonly quote: Uint8Array | null;
  readonly collateral: Uint8Array | null;
  readonly pins: PinnedValues;
  /** Newest entry about it. */
  readonly index: number;
  readonly history: readonly MachineEvent[];
}

export const machineKey = (coalition: Uint8Array, machine: Uint8Array): string =>
  `machine/${toHex(coalition)}/${toHex(machine)}`;

/** Events kept in the row; older ones are in the log. */
const MAX_HISTORY = 100;

/** What a verdict says, small enough for a record. */
const judgement = z.object({
  evidence: z.enum(['genuine', 'incomplete', 'refused', 'none']),
  code: z.string().max(40).optional(),
  status: z.string().max(60).optional(),
  simulated: z.boolean(),
  judgedFor: count.optional(),
  quote: bytes(32).optional(),
  collateral: bytes(32).optional(),
  /** SHA-256 of the root certificate that the chain ended in. */
  anchor: bytes(32).optional(),
});
type Judgement = z.infer<typeof judgement>;

const fieldsOf = (body: Judgement) => ({
  state: body.evidence,
  simulated: body.simulated,
  code: body.code ?? null,
  status: body.status ?? null,
  judgedFor: body.judgedFor ?? null,
  quote: body.quote ?? null,
  collateral: body.collateral ?? null,
});

const registered = defineKind<Judgement & { machine: Uint8Array; name: string }>({
  name: 'machine.registered',
  schema: judgement.extend({ machine: bytes(32), name: label(64) }),
  authorize: requireMember,
  fold(view, record, { index }) {
    const { machine, name, evidence } = record.body;
    const key = machineKey(record.coalition, machine);
    if (view.get(key) !== undefined)
      throw new Refusal('MACHINE_EXISTS', 'This machine was registered before.');
    for (const [, row] of view.list(`machine/${toHex(record.coalition)}/`)) {
      const other = row as unknown as MachineRow;
      if (other.name === name && other.state !== 'retired' && sameBytes(other.owner, record.author))
        throw new Refusal('MACHINE_NAME', `You have a machine named ${name} already.`);
    }
    if (evidence === 'refused')
      throw new Refusal('EVIDENCE_REFUSED', 'A machine cannot be registered on evidence that is refused.');
    const row: MachineRow = {
      machine,
      name,
      owner: record.author,
      ...fieldsOf(record.body),
      registeredAt: record.at,
      pins: {},
      index,
      history: [
        { index, at: record.at, event: 'registered', state: evidence, code: record.body.code ?? null },
      ],
    };
    return [[key, row as unknown as Value]];
  },
});

/** Reads the machine, refuses foreign and retired ones, and writes it back with one more event. */
function change(
  view: ReadView,
  record: Record<{ machine: Uint8Array }>,
  index: number,
  event: string,
  update: (row: MachineRow) => Partial<MachineRow>,
): [string, Value][] {
  const key = machineKey(record.coalition, record.body.machine);
  const row = readRow<MachineRow>(view, key);
  if (row === undefined) throw new Refusal('MACHINE_UNKNOWN', 'No such machine is registered here.');
  if (!sameBytes(row.owner, record.author))
    throw new Refusal('MACHINE_NOT_YOURS', 'Only its owner speaks for a machine.');
  if (row.state === 'retired') throw new Refusal('MACHINE_RETIRED', 'This machine was retired.');
  const next = { ...row, ...update(row), index };
  const history = [...row.history, { index, at: record.at, event, state: next.state, code: next.code }];
  return [[key, { ...next, history: history.slice(-MAX_HISTORY) } as unknown as Value]];
}

const attested = defineKind<Judgement & { machine: Uint8Array }>({
  name: 'machine.attested',
  schema: judgement.extend({ machine: bytes(32) }),
  authorize: requireMember,
  fold: (view, record, { index }) => change(view, record, index, 'attested', () => fieldsOf(record.body)),
});

const values = z.array(bytes(48)).min(1).max(64).optional();
const pinned = defineKind<{ machine: Uint8Array; pins: PinnedValues }>({
  name: 'machine.pinned',
  schema: z.object({
    machine: bytes(32),
    pins: z.object({ mrtd: values, rtmr0: values, rtmr1: values, rtmr2: values, rtmr3: values }),
  }),
  authorize: requireMember,
  fold: (view, record, { index }) =>
    change(view, record, index, 'pinned', (row) => {
      if (row.quote === null)
        throw new Refusal('MACHINE_NO_QUOTE', 'A machine without a quote has nothing to pin.');
      // absent registers are left out: canonical CBOR has no undefined
      return {
        pins: Object.fromEntries(Object.entries(record.body.pins).filter(([, value]) => value !== undefined)),
      };
    }),
});

const unpinned = defineKind<{ machine: Uint8Array }>({
  name: 'machine.unpinned',
  schema: z.object({ machine: bytes(32) }),
  authorize: requireMember,
  fold: (view, record, { index }) => change(view, record, index, 'unpinned', () => ({ pins: {} })),
});

const retired = defineKind<{ machine: Uint8Array }>({
  name: 'machine.retired',
  schema: z.object({ machine: bytes(32) }),
  authorize: requireMember,
  fold: (view, record, { index }) => change(view, record, index, 'retired', () => ({ state: 'retired' })),
});

export const machineKinds: readonly AnyKind[] = [registered, attested, pinned, unpinned, retired];
