/** A policy as text: read with every fault at its line and member, written in one spelling. Pure. */
import { attestationPolicy } from '../../../contract/index.ts';
import type { AttestationPolicy } from '../../../contract/index.ts';
import { Refusal } from '../../../protocol/bytes/index.ts';
import { readJson } from '../../../protocol/attestation/index.ts';
import type { Json } from '../../../protocol/attestation/index.ts';

export interface PolicyFault {
  /** Counted from 1. */
  readonly line: number;
  /** `overrides[0].set.smt`; empty for the text as a whole. */
  readonly member: string;
  readonly why: string;
}

export type ReadPolicy =
  | { readonly policy: AttestationPolicy; readonly faults: readonly [] }
  | { readonly policy: null; readonly faults: readonly PolicyFault[] };

type Path = readonly PropertyKey[];
/** Larger texts are refused before they are read; a policy fits in a record of the log. */
export const LARGEST_POLICY_TEXT = 64 * 1024;

export function readPolicyText(text: string): ReadPolicy {
  if (text.length > LARGEST_POLICY_TEXT)
    return { policy: null, faults: [{ line: 1, member: '', why: 'The text is too long for a policy.' }] };
  let value: Json;
  try {
    value = readJson(text, 'POLICY_FORMAT');
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const at = Number(/at character (\d+)/.exec(error.message)?.[1] ?? 1);
    return { policy: null, faults: [{ line: lineAt(text, at - 1), member: '', why: error.message }] };
  }
  const read = attestationPolicy.safeParse(value);
  if (read.success) return { policy: read.data, faults: [] };
  const lines = memberLines(text);
  const faults = read.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => fault(lines, [...issue.path, key], 'is no member that is known here'))
      : [fault(lines, issue.path, issue.message)],
  );
  return { policy: null, faults: faults.toSorted((a, b) => a.line - b.line) };
}

/** Two spaces, members in the order given, nothing that is undefined. */
export const policyText = (policy: Partial<AttestationPolicy>): string => JSON.stringify(policy, null, 2);

/** Without members that say nothing, so that it can be sent and compared. */
export const tidy = (policy: AttestationPolicy): AttestationPolicy =>
  JSON.parse(JSON.stringify(policy)) as AttestationPolicy;

/** Whether two policies say the same, in whatever order. */
export const samePolicy = (a: AttestationPolicy, b: AttestationPolicy): boolean =>
  JSON.stringify(sorted(tidy(a))) === JSON.stringify(sorted(tidy(b)));

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)]),
  );
}

function fault(lines: ReadonlyMap<string, number>, path: Path, why: string): PolicyFault {
  // what is missing stands nowhere: its parent does
  for (let length = path.length; length >= 0; length -= 1) {
    const line = lines.get(keyOf(path.slice(0, length)));
    if (line !== undefined) return { line, member: memberName(path), why };
  }
  return { line: 1, member: memberName(path), why };
}

const keyOf = (path: Path): string => JSON.stringify(path.map(String));
const memberName = (path: Path): string =>
  path.reduce<string>(
    (name, part) =>
      typeof part === 'number' ? `${name}[${part}]` : name === '' ? String(part) : `${name}.${String(part)}`,
    '',
  );
const lineAt = (text: string, at: number): number => text.slice(0, at).split('\n').length;

/** The line of every member of a text that is known to be JSON. */
function memberLines(text: string): ReadonlyMap<string, number> {
  const lines = new Map<string, number>();
  const open: { readonly list: boolean; key: string | number }[] = [];
  let awaitsKey = false;
  let line = 1;
  let from = 0;
  for (const match of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g)) {
    const [token] = match;
    line += text.slice(from, match.index).split('\n').length - 1;
    from = match.index;
    const here = (): void => {
      const key = keyOf(open.map((one) => one.key));
      if (!lines.has(key)) lines.set(key, line);
    };
    const top = open.at(-1);
    if (token === '{' || token === '[') {
      here();
      open.push({ list: token === '[', key: token === '[' ? 0 : '' });
      awaitsKey = token === '{';
    } else if (token === '}' || token === ']') {
      open.pop();
      awaitsKey = false;
    } else if (token === ',') {
      if (top?.list === true && typeof top.key === 'number') top.key += 1;
      else awaitsKey = true;
    } else if (token === ':') awaitsKey = false;
    else {
      if (awaitsKey && top !== undefined) top.key = JSON.parse(token) as string;
      here();
    }
  }
  return lines;
}
