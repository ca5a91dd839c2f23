/** The shape of a workload's state. */
import type { Workload } from '../../../contract/index.ts';
import type { Key } from '../../language/translate.ts';
import type { MarkKind } from '../../parts/Mark.tsx';

export function workloadMark({ state, end }: Workload): MarkKind {
  if (state === 'refused') return 'failed';
  if (state === 'removed') return 'ended';
  if (state !== 'ended') return 'running';
  if (end === null || end.reason === 'stopped') return 'ended';
  return end.reason === 'exited' && end.exitCode === 0 ? 'passed' : 'failed';
}

export function workloadWord({ state, end }: Workload): Key {
  return state === 'ended' && end !== null ? `workload.end.${end.reason}` : `workload.state.${state}`;
}
