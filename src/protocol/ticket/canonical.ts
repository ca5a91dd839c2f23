/** One spelling of a claim's value: compact JSON with sorted members, so that equal values have equal texts. */
import { Refusal } from '../bytes/index.ts';

/** Deeper than this no claim is compared. */
const MAX_NESTING = 16;

/** Errors: `VALIDATOR_FORMAT` for what JSON cannot carry, for numbers that are not whole, and for deep nesting. */
export function claimText(value: unknown, depth = 0): string {
  if (depth > MAX_NESTING) throw refuse('nests too deeply');
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return JSON.stringify(value);
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  if (Array.isArray(value)) return `[${value.map((item) => claimText(item, depth + 1)).join(',')}]`;
  if (typeof value !== 'object' || value instanceof Uint8Array) throw refuse('is no JSON of whole numbers');
  const members = Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, item]) => `${JSON.stringify(name)}:${claimText(item, depth + 1)}`);
  return `{${members.join(',')}}`;
}

const refuse = (why: string): Refusal => new Refusal('VALIDATOR_FORMAT', `The value of a claim ${why}.`);
