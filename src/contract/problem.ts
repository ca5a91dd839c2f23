/** What a person is told when something is refused: what happened, what it means, what to do, and the code. */
import { z } from 'zod';
import { problems } from './problems.ts';

export const problem = z.object({
  code: z.string(),
  /** What happened, in one sentence, with the particulars. */
  what: z.string(),
  /** What that means for this person. */
  meaning: z.string(),
  /** What to do next. */
  next: z.string(),
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});
export type Problem = z.infer<typeof problem>;

/** Fills a refusal's code and sentence with the standing advice of the list. */
export function toProblem(
  code: string,
  what: string,
  details: Readonly<Record<string, string | number | boolean>> = {},
): Problem {
  const entry = problems[code] ?? problems['UNEXPECTED'];
  return { code, what, meaning: entry?.meaning ?? '', next: entry?.next ?? '', details: { ...details } };
}
