/**
 * Records about machines: registration, renewed judgement, challenges, pins, retirement. A record carries the
 * grade of the evidence and the hashes of quote and collateral; whoever holds those bytes can judge them again.
 */
import { z } from 'zod';
import { Refusal, sameBytes, toHex } from '../bytes/index.ts';
import type { Value } from '../bytes/index.ts';
import { bytes, count, defineKind, label, millis, readRow, requireMember } from '../record/index.ts';
import type { AnyKind, ReadView, Record } from '../record/index.ts';
import { knownNumbers } from './known-numbers.ts';
import type { KnownNumbers } from './known-numbers.ts';

/**
 * `none`: an ordinary machine, not in a TD. `lapsed`: it did not answer a challenge in time; only an answer to a
 * new one brings it back.
 */
export type MachineState = 'genuine' | 'incomplete' | 'refused' | 'none' | 'lapsed' | 'retired';

/** What a fresh quote of the machine must be bound to, and until when. */
export interface OpenChallenge {
  readonly nonce: Uint8Array;
  /** Unix milliseconds. */
  readonly at: number;
  readonly expires: number;
  readonly index: number;
}

/** The purpose in the report data of an answer (binding.ts). */
export const CHALLENGE_PURPOSE = 'machine.attest';

export interface MachineEvent {
  readonly index: number;
  readonly at: number;
  readonly event: string;
  readonly state: MachineState;
  readonly code: string | null;
  readonly status: string | null;
  readonly policy: 'passed' | 'refused' | null;
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
  readonly eventLog: Uint8Array | null;
  /** Outcome of the policy in force when it was judged; null when none was. */
  readonly policy: 'passed' | 'refused' | null;
  /** Numbers of collateral known when it was judged; absent where nobody remembered any, and in older records. */
  readonly highest?: KnownNumbers | undefined;
  readonly challenge: OpenChallenge | null;
  /** When it last answered a challenge, Unix milliseconds; null when it never did. */
  readonly provedAt: number | null;
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
  eventLog: bytes(32).optional(),
  policy: z.enum(['passed', 'refused']).optional(),
  /** SHA-256 of the root certificate that the chain ended in. */
  anchor: bytes(32).optional(),
  highest: knownNumbers.optional(),
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
  eventLog: body.eventLog ?? null,
  policy: body.policy ?? null,
  highest: body.highest,
});

/** As a row is stored: canonical CBOR has no undefined. */
const stored = (row: MachineRow): Value =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined)) as Value;

const eventOf = (
  { index, at, event }: { index: number; at: number; event: string },
  { state, code, status, policy }: Pick<MachineRow, 'state' | 'code' | 'status' | 'policy'>,
): MachineEvent => ({ index, at, event, state, code, status, policy });

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
    const fields = fieldsOf(record.body);
    const row: MachineRow = {
      machine,
      name,
      owner: record.author,
      ...fields,
      registeredAt: record.at,
      challenge: null,
      provedAt: null,
      pins: {},
      index,
      history: [eventOf({ index, at: record.at, event: 'registered' }, fields)],
    };
    return [[key, stored(row)]];
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
  const history = [...row.history, eventOf({ index, at: record.at, event }, next)];
  return [[key, stored({ ...next, history: history.slice(-MAX_HISTORY) })]];
}

const attested = defineKind<Judgement & { machine: Uint8Array; challenge?: Uint8Array | undefined }>({
  name: 'machine.attested',
  /** `challenge`: the nonce that the quote answers. */
  schema: judgement.extend({ machine: bytes(32), challenge: bytes(32).optional() }),
  authorize: requireMember,
  fold: (view, record, { index }) => {
    const { challenge: nonce } = record.body;
    return change(view, record, index, nonce === undefined ? 'attested' : 'proved', (row) => {
      const fields = fieldsOf(record.body);
      // without an answer, a machine that fell silent stays so
      if (nonce === undefined) return row.state === 'lapsed' ? { ...fields, state: 'lapsed' } : fields;
      const open = openChallenge(row, nonce);
      if (record.at > open.expires)
        throw new Refusal('CHALLENGE_LAPSED', 'The time to answer this challenge has passed.');
      return { ...fields, challenge: null, provedAt: record.at };
    });
  },
});

/** Errors: `CHALLENGE_UNKNOWN`. */
function openChallenge(row: MachineRow, nonce: Uint8Array): OpenChallenge {
  const open = row.challenge;
  if (open === null || !sameBytes(open.nonce, nonce))
    throw new Refusal('CHALLENGE_UNKNOWN', 'This machine has no open challenge with that nonce.');
  return open;
}

/** A challenge is open for at least a minute and at most a week, milliseconds. */
export const SHORTEST_CHALLENGE = 60_000;
export const LONGEST_CHALLENGE = 7 * 86_400_000;

const challenged = defineKind<{ machine: Uint8Array; nonce: Uint8Array; expires: number }>({
  name: 'machine.challenged',
  schema: z.object({ machine: bytes(32), nonce: bytes(32), expires: millis }),
  authorize: requireMember,
  fold: (view, record, { index }) =>
    change(view, record, index, 'challenged', (row) => {
      const { nonce, expires } = record.body;
      if (row.quote === null)
        throw new Refusal(
          'MACHINE_NO_QUOTE',
          'A machine that was registered without evidence has nothing to prove.',
        );
      // whoever could replace an open challenge could put off its end for ever
      if (row.challenge !== null)
        throw new Refusal('CHALLENGE_OPEN', 'This machine has an open challenge already.');
      const span = expires - record.at;
      if (span < SHORTEST_CHALLENGE || span > LONGEST_CHALLENGE)
        throw new Refusal('CHALLENGE_SPAN', 'A challenge is open for a minute to a week.');
      return { challenge: { nonce, at: record.at, expires, index } };
    }),
});

const lapsed = defineKind<{ machine: Uint8Array; nonce: Uint8Array }>({
  name: 'machine.lapsed',
  schema: z.object({ machine: bytes(32), nonce: bytes(32) }),
  authorize: requireMember,
  fold: (view, record, { index }) =>
    change(view, record, index, 'lapsed', (row) => {
      const open = openChallenge(row, record.body.nonce);
      if (record.at <= open.expires)
        throw new Refusal('CHALLENGE_OPEN', 'There is still time to answer this challenge.');
      return { state: 'lapsed', code: 'CHALLENGE_LAPSED', challenge: null };
    }),
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

export const machineKinds: readonly AnyKind[] = [
  registered,
  attested,
  challenged,
  lapsed,
  pinned,
  unpinned,
  retired,
];
