/**
 * The one list of codes. A Refusal carries a code and the particulars; this list adds what it means and what to
 * do. test/contract/problems.test.ts proves that every code thrown in src stands here.
 */
export interface ProblemText {
  readonly meaning: string;
  readonly next: string;
}

export const problems: Readonly<Record<string, ProblemText>> = {
  UNEXPECTED: {
    meaning: 'Something went wrong that this version does not know by name. Nothing was recorded.',
    next: 'Copy the details and report them; trying again is safe.',
  },
};
