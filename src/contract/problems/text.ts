/** What the list adds to a code: words that are the same whatever the particulars. */
export interface ProblemText {
  /** What it means for this person. */
  readonly meaning: string;
  /** What to do next. */
  readonly next: string;
}

export type ProblemList = Readonly<Record<string, ProblemText>>;
