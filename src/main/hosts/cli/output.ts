/**
 * What a command answers: yes (0), no (1) or wrong input (2); one JSON document on stdout under --json, people's
 * words otherwise. Words about the way there go to stderr.
 */
import { toProblem } from '../../../contract/index.ts';
import type { Problem } from '../../../contract/index.ts';
import { Refusal } from '../../../protocol/bytes/index.ts';

/** Exit codes, documented in the help. */
export const EXIT = { yes: 0, no: 1, wrongInput: 2 } as const;

export interface Answer {
  readonly exit: (typeof EXIT)[keyof typeof EXIT];
  /** The JSON document. */
  readonly json: unknown;
  /** The same for a person; lines. */
  readonly text: string;
}

export const yes = (json: unknown, text: string): Answer => ({ exit: EXIT.yes, json, text });
export const no = (json: unknown, text: string): Answer => ({ exit: EXIT.no, json, text });

/** Thrown for a command line that cannot be understood. */
export class UsageError extends Error {}

/** Codes that say: what you gave me is wrong, not: the answer is no. */
const WRONG_INPUT =
  /^(INPUT|FILE_|QUOTE_EMPTY|QUOTE_TOO_LARGE|QUOTE_FORMAT|QUOTE_FILE|COLLATERAL_|EVENT_LOG_|BUNDLE_|POLICY_FORMAT|NOTE_KEY|PEER_FORMAT|ID_FORMAT|COALITION_(FILE|VERSION|NAME|DUPLICATE)|IMAGE_REFERENCE|IMAGE_NO_DIGEST|TEXT_)/;

/** Any failure as an answer. */
export function failure(error: unknown): Answer {
  if (error instanceof UsageError)
    return {
      exit: EXIT.wrongInput,
      json: { error: { code: 'USAGE', what: error.message } },
      text: error.message,
    };
  const problem = problemOf(error);
  return {
    exit: WRONG_INPUT.test(problem.code) ? EXIT.wrongInput : EXIT.no,
    json: { error: problem },
    text: [problem.what, problem.meaning, problem.next, `(${problem.code})`]
      .filter((line) => line !== '')
      .join('\n'),
  };
}

function problemOf(error: unknown): Problem {
  if (error instanceof Refusal) return toProblem(error.code, error.message, error.details);
  const { data } = error as { data?: Partial<Problem> };
  if (typeof data?.code === 'string' && typeof data.what === 'string') return data as Problem;
  return toProblem('UNEXPECTED', error instanceof Error ? error.message : String(error));
}

/** Left-aligned columns. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows
    .map((row) =>
      row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0))).join('  '),
    )
    .join('\n');
}

export const short = (id: string): string => (id.length > 20 ? `${id.slice(0, 8)}…${id.slice(-4)}` : id);
export const utc = (ms: number | null): string =>
  ms === null ? '–' : `${new Date(ms).toISOString().slice(0, 19)}Z`;
