/** The door to policies: their form, how they judge, what they say in plain words, and two to begin with. */
export { checkPolicy } from './policy/form.ts';
export {
  applyPolicy,
  asksForEventLog,
  type Circumstances,
  explainPolicy,
  type Explanation,
} from './policy/judge.ts';
export * from './policy/policy.ts';
export { DEFAULT_POLICY, STRICT_POLICY } from './policy/presets.ts';
