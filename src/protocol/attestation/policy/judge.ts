/**
 * Applies a policy: every rule that is set gives its lines, each with an outcome and a reason. Nothing here can
 * change evidence or status.
 */
import type { Hashes } from '../../bytes/index.ts';
import { readIsoTime } from '../times.ts';
import type { PolicyLine, PolicyOutcome, Verdict } from '../verdict.ts';
import { measurementRules } from './measurement-rules.ts';
import type { Policy, PolicyFacts, PolicyOverride, PolicyRules } from './policy.ts';
import type { Finding, Judged, Rule, Sentence } from './rule.ts';
import { tcbRules } from './tcb-rules.ts';
import { registersOf, tdRules } from './td-rules.ts';

type RuleName = keyof PolicyRules;

type Rules = { readonly [K in RuleName]-?: Rule<NonNullable<PolicyRules[K]>> };

/** Every rule that a policy may set, in the order of the lines. */
const rules: Rules = {
  ...tcbRules,
  ...measurementRules,
  ...tdRules,
};
export const RULE_NAMES = Object.keys(rules) as readonly RuleName[];

const nameOf = (rule: string, part: string | undefined): string =>
  part === undefined ? rule : `${rule}.${part}`;

/** The compiler sees the union of all rules, and not that this one fits its name. */
function ruleOf<K extends RuleName>(name: K): Rule<NonNullable<PolicyRules[K]>> {
  return rules[name] as unknown as Rule<NonNullable<PolicyRules[K]>>;
}

function findingsOf<K extends RuleName>(name: K, asked: PolicyRules, judged: Judged): readonly Finding[] {
  const value = asked[name];
  return value == null ? [] : ruleOf(name).judge(value, judged);
}

function sentencesOf<K extends RuleName>(name: K, asked: PolicyRules): readonly Sentence[] {
  const value = asked[name];
  return value == null ? [] : ruleOf(name).explain(value);
}

/** The override for this machine's family, if the policy has one, and whether it still holds. */
function overrideFor(
  policy: Policy,
  fmspc: string | undefined,
  at: number,
): { readonly override: PolicyOverride; readonly holds: boolean } | null {
  const override = policy.overrides?.find((candidate) => candidate.fmspc.toLowerCase() === fmspc);
  if (override === undefined) return null;
  const until = readIsoTime(override.until);
  return { override, holds: until !== null && at < until };
}

const setNames = ({ set }: PolicyOverride): string =>
  RULE_NAMES.filter((name) => set[name] !== undefined).join(', ') || 'no rule';

function overrideLine({ fmspc, until, note }: PolicyOverride, holds: boolean, replaced: string): PolicyLine {
  return {
    rule: 'overrides',
    outcome: 'passed',
    detail: holds
      ? `For platforms of family ${fmspc.toLowerCase()} other rules apply until ${until} (${replaced}): ${note}`
      : `The other rules for platforms of family ${fmspc.toLowerCase()} ended at ${until}; the policy’s own apply.`,
  };
}

/** Whether the policy asks anything of the event log, on whatever platform: only then it has to be replayed. */
export const asksForEventLog = ({ eventLog, overrides = [] }: Policy): boolean =>
  [eventLog, ...overrides.map(({ set }) => set.eventLog)].some(
    (asked) => asked !== undefined && registersOf(asked).length > 0,
  );

export interface Circumstances {
  /** Unix seconds. */
  readonly at: number;
  readonly hashes: Hashes;
  readonly facts?: PolicyFacts | undefined;
}

/**
 * Applies the rules that are set to what the verifier found. `policy` has passed `checkPolicy`. Rules that ask
 * for a fact that is not known are refused.
 */
export function applyPolicy(
  policy: Policy,
  verdict: Omit<Verdict, 'policy'>,
  { at, hashes, facts = {} }: Circumstances,
): PolicyOutcome {
  const lines: PolicyLine[] = [];
  const add = (rule: string, { part, passed, detail }: Finding): void => {
    lines.push({ rule: nameOf(rule, part), outcome: passed ? 'passed' : 'refused', detail });
  };

  const special = overrideFor(policy, verdict.platformId?.fmspc, at);
  const holds = special?.holds === true;
  // what an override leaves undefined, it does not replace
  const replaced = holds
    ? Object.fromEntries(Object.entries(special.override.set).filter(([, value]) => value !== undefined))
    : {};
  const asked: PolicyRules = { ...policy, ...replaced };
  const names = policy.names ?? {};
  const judged: Judged = { verdict, at, hashes, facts, names, grace: asked.grace ?? {} };
  if (special !== null) lines.push(overrideLine(special.override, holds, setNames(special.override)));
  if (verdict.simulated)
    add('allowSimulated', {
      passed: policy.allowSimulated === true,
      detail:
        policy.allowSimulated === true
          ? 'The evidence is simulated, and this policy accepts that.'
          : 'The evidence is simulated: it stands under a test root, not under Intel’s.',
    });
  for (const name of RULE_NAMES) for (const found of findingsOf(name, asked, judged)) add(name, found);
  return {
    outcome: lines.every(({ outcome }) => outcome === 'passed') ? 'passed' : 'refused',
    lines,
    override: holds
      ? {
          fmspc: special.override.fmspc.toLowerCase(),
          until: special.override.until,
          note: special.override.note,
        }
      : null,
  };
}

/** What a rule asks, in plain words. */
export interface Explanation {
  /** The member of the policy, e.g. `pins.mrtd`. */
  readonly rule: string;
  readonly sentence: string;
}

function explainRules(asked: PolicyRules, prefix: string): Explanation[] {
  return RULE_NAMES.flatMap((name) =>
    sentencesOf(name, asked).map(({ part, sentence }) => ({
      rule: `${prefix}${nameOf(name, part)}`,
      sentence,
    })),
  );
}

/** Says in plain words what a policy asks: one sentence for each rule that is set. */
export function explainPolicy(policy: Policy): Explanation[] {
  const own: [keyof Policy, string | null][] = [
    [
      'allowDebug',
      policy.allowDebug === undefined
        ? null
        : policy.allowDebug
          ? 'A TD under debug is accepted as genuine.'
          : 'A TD under debug is refused.',
    ],
    [
      'minEvaluationNumber',
      policy.minEvaluationNumber === undefined
        ? null
        : `Collateral with an evaluation number below ${policy.minEvaluationNumber} is refused, and the evidence with it.`,
    ],
    [
      'allowSimulated',
      policy.allowSimulated === undefined
        ? null
        : policy.allowSimulated
          ? 'Simulated evidence is accepted.'
          : 'Simulated evidence is refused.',
    ],
  ];
  return [
    ...own.flatMap(([rule, sentence]) => (sentence === null ? [] : [{ rule, sentence }])),
    ...explainRules(policy, ''),
    ...(policy.overrides ?? []).flatMap((override, i) => [
      {
        rule: `overrides[${i}]`,
        sentence: `For platforms of family ${override.fmspc.toLowerCase()} the following applies until ${override.until}: ${override.note}`,
      },
      ...explainRules(override.set, `overrides[${i}].set.`),
    ]),
  ];
}
