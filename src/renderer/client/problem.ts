/** Turns whatever a call threw into the problem that a person is shown. */
import { ORPCError } from '@orpc/client';
import { problem as problemShape, toProblem } from '../../contract/index.ts';
import type { Problem } from '../../contract/index.ts';
import { Refusal } from '../../protocol/bytes/index.ts';
import { Unreachable } from './link.ts';

/** Codes that only a face knows; their words stand in the language file under `problem.<code>.*`. */
export type FaceCode = 'NODE_UNREACHABLE' | 'INPUT_INVALID';

export function problemOf(error: unknown): Problem {
  if (error instanceof ORPCError) {
    const known = problemShape.safeParse(error.data);
    if (known.success) return known.data;
    if (error.code === 'BAD_REQUEST') return faceProblem('INPUT_INVALID', issuesOf(error.data));
    return toProblem('UNEXPECTED', error.message, { code: error.code, status: error.status });
  }
  if (error instanceof Refusal) return toProblem(error.code, error.message, error.details);
  if (error instanceof Unreachable || isAbort(error)) return faceProblem('NODE_UNREACHABLE', '');
  return toProblem('UNEXPECTED', error instanceof Error ? error.message : String(error));
}

const isAbort = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'AbortError' || /WebSocket is not open/.test(error.message));

const faceProblem = (code: FaceCode, what: string): Problem => ({
  code,
  what,
  meaning: '',
  next: '',
  details: {},
});

function issuesOf(data: unknown): string {
  if (typeof data !== 'object' || data === null || !('issues' in data) || !Array.isArray(data.issues))
    return '';
  return data.issues
    .map(
      (issue: { path?: unknown[]; message?: string }) =>
        `${(issue.path ?? []).join('.')}: ${issue.message ?? ''}`,
    )
    .join('; ');
}
