/** The shape of a machine's state, and of a group of checks. */
import type { Check, Machine } from '../../../contract/index.ts';
import type { Key } from '../../language/translate.ts';
import type { MarkKind } from '../../parts/Mark.tsx';

export const machineMarks: Readonly<Record<Machine['state'], MarkKind>> = {
  genuine: 'passed',
  incomplete: 'not-checked',
  refused: 'failed',
  none: 'not-checked',
  retired: 'ended',
};

/** Simulated evidence never wears the shape of the real thing. */
export const markOfMachine = ({ state, simulated }: Pick<Machine, 'state' | 'simulated'>): MarkKind =>
  simulated && state !== 'refused' && state !== 'retired' ? 'simulated' : machineMarks[state];

export const wordOfMachine = ({ state, simulated }: Pick<Machine, 'state' | 'simulated'>): Key =>
  simulated && state !== 'retired' ? `machine.state.${state}.simulated` : `machine.state.${state}`;

/** The worst outcome speaks for the group: failed, then stale, then not checked. */
export function worst(outcomes: readonly Check['outcome'][]): Check['outcome'] {
  for (const one of ['failed', 'stale', 'not-checked'] as const) if (outcomes.includes(one)) return one;
  return outcomes.length === 0 ? 'not-checked' : 'passed';
}
