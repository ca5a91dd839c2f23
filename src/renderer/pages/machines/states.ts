/** The shape of a machine's state, and of a group of checks. */
import type { Check, Machine, Register } from '../../../contract/index.ts';
import type { Key } from '../../language/translate.ts';
import type { MarkKind } from '../../parts/Mark.tsx';

export const REGISTERS: readonly Register[] = ['mrtd', 'rtmr0', 'rtmr1', 'rtmr2', 'rtmr3'];

export const machineMarks: Readonly<Record<Machine['state'], MarkKind>> = {
  genuine: 'passed',
  incomplete: 'not-checked',
  refused: 'failed',
  none: 'not-checked',
  lapsed: 'stale',
  retired: 'ended',
};

/** Simulated evidence never wears the shape of the real thing, and what has expired that of the present. */
export const markOfMachine = ({
  state,
  simulated,
  stale,
}: Pick<Machine, 'state' | 'simulated' | 'stale'>): MarkKind => {
  if (simulated && !['refused', 'retired', 'lapsed'].includes(state)) return 'simulated';
  return stale && state === 'genuine' ? 'stale' : machineMarks[state];
};

export const wordOfMachine = ({
  state,
  simulated,
  stale = false,
}: Pick<Machine, 'state' | 'simulated'> & { stale?: boolean }): Key => {
  if (simulated && state !== 'retired') return `machine.state.${state}.simulated`;
  return stale && state === 'genuine' ? 'machine.state.genuine.stale' : `machine.state.${state}`;
};

/** What counts as judged: the events of a history that a verdict stands behind. */
export const isJudgement = ({ event }: Machine['history'][number]): boolean =>
  event === 'registered' || event === 'attested' || event === 'proved' || event === 'lapsed';

/** Newest first, in whatever order they came. */
export const newestFirst = (history: Machine['history']): Machine['history'] =>
  history.toSorted((a, b) => b.index - a.index);

/** Genuine, but not good enough here. */
export const refusedByPolicy = ({ state, verdict }: Pick<Machine, 'state' | 'verdict'>): boolean =>
  state === 'genuine' && verdict?.policy.outcome === 'refused';

/** How the machines stand, each counted once; simulated ones never count as genuine. */
export function countMachines(machines: readonly Machine[]) {
  const live = machines.filter(({ state }) => state !== 'retired');
  const count = (want: (machine: Machine) => boolean): number => live.filter(want).length;
  return {
    n: live.length,
    genuine: count(({ state, simulated, stale }) => state === 'genuine' && !simulated && !stale),
    expired: count(({ state, simulated, stale }) => state === 'genuine' && !simulated && stale),
    incomplete: count(({ state }) => state === 'incomplete'),
    refused: count(({ state }) => state === 'refused'),
    lapsed: count(({ state }) => state === 'lapsed'),
    offering: count(({ offer }) => offer !== null),
  };
}

/** The worst outcome speaks for the group: failed, then stale, then not checked. */
export function worst(outcomes: readonly Check['outcome'][]): Check['outcome'] {
  for (const one of ['failed', 'stale', 'not-checked'] as const) if (outcomes.includes(one)) return one;
  return outcomes.length === 0 ? 'not-checked' : 'passed';
}
