/** Rules about what was measured and said: pinned values, sets that belong together, and report data. */
import { fromHex, toHex } from '../../bytes/index.ts';
import { reportDataBinding } from '../binding.ts';
import { isoTime } from '../times.ts';
import {
  type BindingRule,
  type JointPin,
  measurements,
  PIN_NAMES,
  type Pins,
  type PinName,
  type PolicyRules,
} from './policy.ts';
import { type Finding, finding, type Judged, type Rule, single } from './rule.ts';

type Asked<K extends keyof PolicyRules> = NonNullable<PolicyRules[K]>;

/** Whether a list of hex of either case holds a value (lower case). */
export const within = (list: readonly string[], value: string): boolean =>
  list.some((allowed) => allowed.toLowerCase() === value);

function measured(name: PinName, { verdict: { report } }: Judged): string | undefined {
  return report === null ? undefined : measurements[name](report);
}

/** What people call the value, if they do. */
function nameOf(name: PinName, value: string, { names }: Judged): string | undefined {
  return Object.entries(names[name] ?? {}).find(([key]) => key.toLowerCase() === value)?.[1];
}

function judgePin(name: PinName, allowed: readonly string[], judged: Judged): Finding {
  const value = measured(name, judged);
  const title = name.toUpperCase();
  if (value === undefined) return { passed: false, detail: `${title} is not known.` };
  const called = nameOf(name, value, judged);
  return finding(
    within(allowed, value),
    called === undefined
      ? `${title} is one of the ${allowed.length} pinned.`
      : `${title} is ${called}, one of the ${allowed.length} pinned.`,
    called === undefined
      ? `${title} is ${value}, which is not pinned.`
      : `${title} is ${called} (${value}), which is not pinned.`,
  );
}

const pins: Rule<Pins> = {
  judge: (asked, judged) =>
    PIN_NAMES.flatMap((part) => {
      const allowed = asked[part];
      return allowed === undefined ? [] : [{ part, ...judgePin(part, allowed, judged) }];
    }),
  explain: (asked) =>
    PIN_NAMES.flatMap((part) => {
      const allowed = asked[part];
      if (allowed === undefined) return [];
      return [{ part, sentence: `${part.toUpperCase()} must be one of ${allowed.length} pinned values.` }];
    }),
};

/** The measurements in which a set differs from the report. */
function differences(set: JointPin, judged: Judged): readonly PinName[] {
  return PIN_NAMES.filter((name) => {
    const wanted = set[name];
    return wanted !== undefined && wanted.toLowerCase() !== measured(name, judged);
  });
}

function judgeSets(sets: readonly JointPin[], judged: Judged): Finding {
  if (judged.verdict.report === null) return { passed: false, detail: 'The measurements are not known.' };
  // the first of the nearest
  let nearest: { set: JointPin; differs: readonly PinName[] } | null = null;
  for (const set of sets) {
    const differs = differences(set, judged);
    if (nearest === null || differs.length < nearest.differs.length) nearest = { set, differs };
  }
  if (nearest === null) return { passed: false, detail: 'The policy lists no set of measurements.' };
  const { set, differs } = nearest;
  return finding(
    differs.length === 0,
    `The measurements are those of the set "${set.name}".`,
    `The measurements are those of no set; the nearest, "${set.name}", differs in ${differs.map((name) => name.toUpperCase()).join(', ')}.`,
  );
}

function judgeBinding(asked: BindingRule, { verdict: { report }, at, hashes }: Judged): Finding {
  const { purpose, nonce, key, coalition, expires } = asked;
  if (report === null) return { passed: false, detail: 'The report data is not known.' };
  // whole seconds against milliseconds: `at` is the beginning of its second
  if (at * 1000 > expires)
    return { passed: false, detail: `What the report data is bound to ended at ${endOf(expires)}.` };
  const wanted = toHex(
    reportDataBinding(
      {
        purpose,
        nonce: fromHex(nonce, 32),
        key: fromHex(key, 32),
        coalition: fromHex(coalition, 32),
        expires,
      },
      hashes,
    ),
  );
  return finding(
    report.reportData === wanted,
    `The report data speaks for the key and the nonce asked for, for "${purpose}".`,
    'The report data does not speak for the key and the nonce asked for.',
  );
}

const LAST_SECOND = 253_402_300_799;
/** The second in which it ends; far beyond the calendar, the number itself. */
function endOf(milliseconds: number): string {
  const seconds = (milliseconds - (milliseconds % 1000)) / 1000;
  return seconds <= LAST_SECOND ? isoTime(seconds) : `${milliseconds} ms`;
}

const reportData: Rule<Asked<'reportData'>> = {
  judge({ exact, prefix, hashOf }, judged) {
    const value = judged.verdict.report?.reportData ?? null;
    const out: Finding[] = [];
    if (exact !== undefined)
      out.push({
        part: 'exact',
        ...finding(
          value === exact.toLowerCase(),
          'The report data is the one asked for.',
          'The report data is not the one asked for.',
        ),
      });
    if (prefix !== undefined)
      out.push({
        part: 'prefix',
        ...finding(
          value !== null && value.startsWith(prefix.toLowerCase()),
          'The report data begins as asked for.',
          'The report data does not begin as asked for.',
        ),
      });
    if (hashOf !== undefined) out.push({ part: 'hashOf', ...judgeBinding(hashOf, judged) });
    return out;
  },
  explain: ({ exact, prefix, hashOf }) => [
    ...(exact === undefined
      ? []
      : [{ part: 'exact', sentence: `The report data must be ${exact.toLowerCase()}.` }]),
    ...(prefix === undefined
      ? []
      : [{ part: 'prefix', sentence: `The report data must begin with ${prefix.toLowerCase()}.` }]),
    ...(hashOf === undefined
      ? []
      : [
          {
            part: 'hashOf',
            sentence: `The report data must be the hash of the nonce ${hashOf.nonce.toLowerCase()} and the key ${hashOf.key.toLowerCase()}, for "${hashOf.purpose}", until ${endOf(hashOf.expires)}.`,
          },
        ]),
  ],
};

export const measurementRules = {
  pins,
  jointPins: single(
    judgeSets,
    (sets) =>
      `The measurements must be those of one of these sets: ${sets.map(({ name }) => name).join(', ') || 'none'}.`,
  ),
  reportData,
} satisfies { readonly [K in keyof PolicyRules]?: Rule<Asked<K>> };
