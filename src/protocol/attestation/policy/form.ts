/**
 * The form of a policy. A policy that says something other than it seems to is refused as a whole: an unknown
 * rule (a misspelt one would silently allow everything), a value of the wrong form, a combination that cannot
 * be meant. The same form stands as a zod schema in the contract; a test holds the two together.
 */
import { Refusal } from '../../bytes/index.ts';
import { BINDING_PURPOSE } from '../binding.ts';
import { TCB_STATUSES } from '../statuses.ts';
import { readIsoTime } from '../times.ts';
import { maskBits } from './bits.ts';
import { PIN_NAMES, PLATFORM_FLAGS, type Policy } from './policy.ts';

/** Longest list of values, of sets and overrides, and of names. */
export const LONGEST_LIST = 4096;
export const MOST_SETS = 64;
const MOST_DAYS = 3650;

/** Passes a value of its form, refuses any other with the path at which it stands. */
type Form = (path: string, value: unknown) => void;
type Fields = Readonly<Record<string, Form>>;

const refuse = (why: string): never => {
  throw new Refusal('POLICY_FORMAT', `${why}.`);
};

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const flag: Form = (path, value) => {
  if (typeof value !== 'boolean') refuse(`${path} is neither true nor false`);
};

const whole =
  (max: number): Form =>
  (path, value) => {
    if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > max)
      refuse(`${path} is not a whole number up to ${max}`);
  };

const hex =
  (bytes: number): Form =>
  (path, value) => {
    if (typeof value !== 'string' || value.length !== 2 * bytes || !/^[0-9a-fA-F]*$/.test(value))
      refuse(`${path} is something other than ${bytes} bytes of hex`);
  };

const text =
  (pattern: RegExp, what: string): Form =>
  (path, value) => {
    if (typeof value !== 'string' || !pattern.test(value)) refuse(`${path} is not ${what}`);
  };

const oneOf =
  (...known: readonly unknown[]): Form =>
  (path, value) => {
    if (!known.includes(value)) refuse(`${path} is none of ${known.map(String).join(', ')}`);
  };

const list =
  (form: Form, longest = LONGEST_LIST): Form =>
  (path, value) => {
    if (!Array.isArray(value)) return refuse(`${path} is not a list`);
    if (value.length > longest) refuse(`${path} is longer than ${longest}`);
    // by index, so that a hole is met as well
    for (let i = 0; i < value.length; i++) form(`${path}[${i}]`, value[i]);
  };

/** An object with these members and no others; what is not `required` may be left out or undefined. */
const object =
  (fields: Fields, required: readonly string[] = []): Form =>
  (path, value) => {
    if (!isObject(value)) return refuse(`${path} is not an object`);
    for (const name of required)
      if (!Object.hasOwn(value, name) || value[name] === undefined) refuse(`${path} has no ${name}`);
    for (const [name, inner] of Object.entries(value)) {
      const form = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (form === undefined) refuse(`${path} has a member "${name.slice(0, 40)}" not known here`);
      else if (inner !== undefined) form(path === 'The policy' ? name : `${path}.${name}`, inner);
    }
  };

/** An object of which all members are there. */
const complete = (fields: Fields): Form => object(fields, Object.keys(fields));

const both =
  (...forms: readonly Form[]): Form =>
  (path, value) => {
    for (const form of forms) form(path, value);
  };

const either =
  (condition: (value: unknown) => boolean, then: Form, otherwise: Form): Form =>
  (path, value) =>
    (condition(value) ? then : otherwise)(path, value);

const forEachPin = (form: Form): Fields => Object.fromEntries(PIN_NAMES.map((name) => [name, form]));

/** 1 to `longest` characters without control characters, but for those that `besides` lets in. */
const words = (longest: number, besides = ''): Form =>
  text(
    new RegExp(`^(?:[^\\u0000-\\u001f\\u007f]${besides}){1,${longest}}$`),
    `a text of 1 to ${longest} characters`,
  );
const label = words(64);

const bitMask = both(complete({ mask: hex(8), value: hex(8) }), (path, value) => {
  const { mask, value: wanted } = maskBits(value as { mask: string; value: string });
  if ((wanted & ~mask) !== 0n) refuse(`${path}.value sets a bit that the mask leaves out`);
});

const prefix: Form = (path, value) => {
  if (typeof value !== 'string' || value.length > 128 || !/^(?:[0-9a-fA-F]{2})*$/.test(value))
    refuse(`${path} is not hex of at most 64 bytes`);
};

const jointPin = both(object({ name: label, ...forEachPin(hex(48)) }, ['name']), (path, value) => {
  if (!PIN_NAMES.some((name) => (value as Record<string, unknown>)[name] !== undefined))
    refuse(`${path} pins no measurement`);
});

const nameTable: Form = (path, value) => {
  if (!isObject(value)) return refuse(`${path} is not an object`);
  const entries = Object.entries(value);
  if (entries.length > LONGEST_LIST) refuse(`${path} is longer than ${LONGEST_LIST}`);
  for (const [key, name] of entries) {
    hex(48)(`A value in ${path}`, key);
    label(`${path}.${key}`, name);
  }
};

const date: Form = (path, value) => {
  if (typeof value !== 'string' || readIsoTime(value) === null)
    refuse(`${path} is not a time like 2027-01-31T00:00:00Z`);
};

/** The rules that an override may set. */
const rules: Fields = {
  acceptedStatuses: list(oneOf(...TCB_STATUSES)),
  grace: object({ collateralDays: whole(MOST_DAYS), platformDays: whole(MOST_DAYS) }),
  refusedAdvisories: list(text(/^[\x21-\x7e]{1,64}$/, 'the id of an advisory')),
  tdAttributes: bitMask,
  xfam: bitMask,
  requireSeptVeDisable: flag,
  allowMigratable: flag,
  allowServiceTd: flag,
  allowPerfmon: flag,
  ...Object.fromEntries(PLATFORM_FLAGS.map((name) => [name, oneOf('allowed', 'refused')])),
  pins: object(forEachPin(list(hex(48)))),
  jointPins: list(jointPin, MOST_SETS),
  reportData: object({
    exact: hex(64),
    prefix,
    hashOf: complete({
      purpose: text(BINDING_PURPOSE, '1 to 64 printable ASCII characters'),
      nonce: hex(32),
      key: hex(32),
      coalition: hex(32),
      expires: whole(Number.MAX_SAFE_INTEGER),
    }),
  }),
  minTeeTcbSvn: hex(16),
  minModuleSvn: complete({ major: whole(255), minor: whole(255) }),
  minPceSvn: whole(65_535),
  minQeSvn: whole(65_535),
  refuseRollback: flag,
  eventLog: either(isObject, complete({ registers: list(oneOf(0, 1, 2, 3), 4) }), oneOf('ignore', 'full')),
  allow: object({ ppid: list(hex(16)), instanceId: list(hex(16)), fmspc: list(hex(6)) }),
};

const override = complete({ fmspc: hex(6), until: date, note: words(256), set: object(rules) });

const policyForm = object({
  v: oneOf(1),
  name: label,
  description: words(1024, '|\\n'),
  allowDebug: flag,
  minEvaluationNumber: whole(Number.MAX_SAFE_INTEGER),
  allowSimulated: flag,
  names: object(forEachPin(nameTable)),
  overrides: list(override, MOST_SETS),
  ...rules,
});

/** Refuses whatever is no policy. Errors: `POLICY_FORMAT`. */
export function checkPolicy(policy: unknown): asserts policy is Policy {
  policyForm('The policy', policy);
  const { minEvaluationNumber, grace, overrides = [] } = policy as Policy;
  // as in Intel's appraisal: a grace counts from dates, a minimum from numbers, and the two would contradict
  if (minEvaluationNumber !== undefined)
    if (grace !== undefined || overrides.some(({ set }) => set.grace !== undefined))
      refuse('grace and minEvaluationNumber exclude each other');
  const families = overrides.map(({ fmspc }) => fmspc.toLowerCase());
  if (new Set(families).size !== families.length) refuse('A platform family has two overrides');
}
