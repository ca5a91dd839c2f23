/** What one rule of a policy is: how it judges, and what it says about itself in plain words. */
import type { Hashes } from '../../bytes/index.ts';
import type { Verdict } from '../verdict.ts';
import type { Grace, Policy, PolicyFacts } from './policy.ts';

/** What a policy looks at. */
export interface Judged {
  readonly verdict: Omit<Verdict, 'policy'>;
  /** The time of the verification, Unix seconds. */
  readonly at: number;
  readonly hashes: Hashes;
  readonly facts: PolicyFacts;
  readonly names: NonNullable<Policy['names']>;
  readonly grace: Grace;
}

/** One line of the outcome; `part` names a member of the rule. */
export interface Finding {
  readonly part?: string;
  readonly passed: boolean;
  readonly detail: string;
}

export interface Sentence {
  readonly part?: string;
  readonly sentence: string;
}

/** `T` is what the policy says for this rule. A fact that is not known refuses the finding that asks for it. */
export interface Rule<T> {
  judge(asked: T, judged: Judged): readonly Finding[];
  explain(asked: T): readonly Sentence[];
}

export const finding = (passed: boolean, good: string, bad: string): Finding => ({
  passed,
  detail: passed ? good : bad,
});

/** A rule with one line. */
export function single<T>(
  judge: (asked: T, judged: Judged) => Finding,
  explain: (asked: T) => string,
): Rule<T> {
  return {
    judge: (asked, judged) => [judge(asked, judged)],
    explain: (asked) => [{ sentence: explain(asked) }],
  };
}

export const listed = (items: readonly string[]): string => (items.length === 0 ? 'none' : items.join(', '));

export const DAY = 86_400;
/** Days for a person, begun ones counted. */
export const daysText = (seconds: number): string => {
  const days = (seconds - (seconds % DAY)) / DAY + (seconds % DAY === 0 ? 0 : 1);
  return days === 1 ? '1 day' : `${days} days`;
};
