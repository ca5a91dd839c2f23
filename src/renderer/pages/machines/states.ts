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
  retired: 'ended',
};

/** Simulated evidence never wears the shape of the real thing, and what has expired that of the present. */
export const markOfMachine = ({
  state,
  simulated,
  stale,
}: Pick<Machine, 'state' | 'simulated' | 'stale'>): MarkKind => {
  if (simulated && state !== 'refused' && state !== 'retired') return 'simulated';
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

/** The worst outcome speaks for the group: failed, then stale, then not checked. */
export function worst(outcomes: readonly Check['outcome'][]): Check['outcome'] {
  for (const one of ['failed', 'stale', 'not-checked'] as const) if (outcomes.includes(one)) return one;
  return outcomes.length === 0 ? 'not-checked' : 'passed';
}
