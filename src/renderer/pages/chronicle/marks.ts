/** The shape of an entry in the list: not verified in this session is the honest default. */
import type { MarkKind } from '../../parts/Mark.tsx';
import type { Verification } from '../../verify/verifier.ts';

export function markOf(result: Verification | undefined): MarkKind {
  if (result === undefined) return 'not-checked';
  if (result.ok) return 'passed';
  return result.steps.some(({ outcome }) => outcome === 'failed') ? 'failed' : 'not-checked';
}
