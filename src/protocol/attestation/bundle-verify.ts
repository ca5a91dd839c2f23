/**
 * Judging a bundle again: at its own time, to see whether the verdict that came with it is the one its evidence
 * gives; and at another, to see what it is worth today. Plans, so that a node and a browser run the same rule.
 */
import { type Hashes, type Plan } from '../bytes/index.ts';
import { canonicalJson } from './canonical-json.ts';
import { type Bundle, type BundleContent, writeBundle } from './bundle.ts';
import { type EventLogReport, readEventLog, registerLogs, reportEventLog } from './event-log.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import type { Policy } from './policy.ts';
import type { Memo } from './readings.ts';
import type { Verdict } from './verdict.ts';
import { planVerdict } from './verifier.ts';

/** The back end that a plan needs beside answers to its signature jobs. */
export interface BundleBackEnd {
  readonly hashes: Hashes;
  readonly memo?: Memo | undefined;
}

/** A member in which the recorded verdict is not the one computed. */
export interface VerdictDifference {
  /** `checks[3].outcome` */
  readonly member: string;
  /** JSON texts, cut to 200 characters; null where the member is missing. */
  readonly recorded: string | null;
  readonly computed: string | null;
}

/** Plain JSON. */
export interface Reverification {
  /** Under the bundle's own policy, at its own time and at the one asked for. */
  readonly then: Verdict;
  readonly now: Verdict;
  /** At its own time under the policy of whoever asks; null when none was given. */
  readonly own: Verdict | null;
  readonly sameAsRecorded: boolean;
  /** At most 100. */
  readonly differences: readonly VerdictDifference[];
  /** Null when the bundle has no log, or its quote cannot be read. */
  readonly eventLog: EventLogReport | null;
}

const MOST_DIFFERENCES = 100;
const LONGEST_VALUE = 200;

function shown(value: Json | undefined): string | null {
  if (value === undefined) return null;
  const text = canonicalJson(value);
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE)}…`;
}

/** A member of the object itself: a recorded verdict may name one that every object inherits. */
const own = (object: JsonObject, name: string): Json | undefined =>
  Object.hasOwn(object, name) ? object[name] : undefined;

/** Names every member, down to the innermost, in which two JSON values differ. */
function differencesOf(recorded: Json, computed: Json): VerdictDifference[] {
  const found: VerdictDifference[] = [];
  const compare = (member: string, left: Json | undefined, right: Json | undefined): void => {
    if (found.length === MOST_DIFFERENCES) return;
    if (Array.isArray(left) && Array.isArray(right)) {
      for (let i = 0; i < Math.max(left.length, right.length); i++)
        compare(`${member}[${i}]`, left[i] as Json | undefined, right[i] as Json | undefined);
    } else if (isJsonObject(left) && isJsonObject(right)) {
      for (const name of [...new Set([...Object.keys(left), ...Object.keys(right)])].toSorted())
        compare(member === '' ? name : `${member}.${name}`, own(left, name), own(right, name));
    } else if (left !== right) {
      found.push({ member, recorded: shown(left), computed: shown(right) });
    }
  };
  compare('', recorded, computed);
  return found;
}

/** The plans of one evidence, as several verdicts need them. */
function verdictPlan(content: BundleContent, { hashes, memo }: BundleBackEnd) {
  const { quote, collateral, root, log } = content;
  const eventLog = log === undefined ? null : reportEventLog(readEventLog(log), quote, hashes);
  const facts =
    content.facts === undefined && eventLog === null
      ? undefined
      : { ...content.facts, ...(eventLog === null ? {} : { eventLog: registerLogs(eventLog) }) };
  const plan = (at: number, policy: Policy | undefined): Plan<Verdict> =>
    planVerdict({ quote, collateral, at, root, policy, facts, hashes, memo });
  return { plan, eventLog };
}

/** Judges evidence and writes it as a bundle. Errors: those of `writeBundle`. */
export function planBundle(
  content: BundleContent,
  backEnd: BundleBackEnd,
): Plan<{ readonly bytes: Uint8Array<ArrayBuffer>; readonly verdict: Verdict }> {
  const { jobs, conclude } = verdictPlan(content, backEnd).plan(content.at, content.policy);
  return {
    jobs,
    conclude(answers) {
      const verdict = conclude(answers);
      return { bytes: writeBundle(content, verdict), verdict };
    },
  };
}

/**
 * Judges a bundle again. `now`: Unix seconds. `policy`: that of whoever asks, beside the bundle's own, which its
 * maker chose. A bundle that brings its own root gives verdicts that are marked as simulated.
 */
export function reverifyBundle(
  bundle: Bundle,
  now: number,
  backEnd: BundleBackEnd & { readonly policy?: Policy | undefined },
): Plan<Reverification> {
  const { plan, eventLog } = verdictPlan(bundle, backEnd);
  const plans = [
    plan(bundle.at, bundle.policy),
    plan(now, bundle.policy),
    ...(backEnd.policy === undefined ? [] : [plan(bundle.at, backEnd.policy)]),
  ];
  return {
    jobs: plans.flatMap(({ jobs }) => jobs),
    conclude(answers) {
      let from = 0;
      const verdicts = plans.map(({ jobs, conclude }) => {
        const part = answers.slice(from, from + jobs.length);
        from += jobs.length;
        return conclude(part);
      });
      const [then, later, asked = null] = verdicts as [Verdict, Verdict, Verdict?];
      const differences = differencesOf(bundle.recorded, JSON.parse(JSON.stringify(then)) as Json);
      return {
        // oxlint-disable-next-line unicorn/no-thenable -- a verdict is no function, so nothing awaits it by mistake
        then,
        now: later,
        own: asked,
        sameAsRecorded: differences.length === 0,
        differences,
        eventLog,
      };
    },
  };
}
