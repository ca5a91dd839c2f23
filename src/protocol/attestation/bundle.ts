/**
 * The evidence bundle: quote, collateral, event log, policy, time and verdict in one file that anybody can judge
 * again, at its own time and now (tdx.md 7.3 point 9). Canonical CBOR, so that the same evidence is the same
 * bytes; quote, log and collateral stand in it exactly as they were received.
 *
 *     { v: 1, type: "muster/evidence/1", at, quote, collateral: { nine texts }, verdict,
 *       log?, policy?, facts?, root? }
 *
 * `verdict`, `policy` and `facts` are canonical JSON texts. `root` is only there for simulated evidence. A bundle
 * is a claim like any other: nothing in it is believed, and the verdict it carries is compared, not shown as ours.
 */
import { decodeCanonical, encodeCanonical, Refusal, sameBytes, type Value } from '../bytes/index.ts';
import { canonicalJson } from './canonical-json.ts';
import { type Collateral, COLLATERAL_MEMBERS, LARGEST_COLLATERAL } from './collateral.ts';
import { LARGEST_EVENT_LOG, readEventLog } from './event-log.ts';
import { intelRoot } from './intel-root.ts';
import { isJsonObject, type JsonObject, readJson } from './json.ts';
import { checkPolicy, type Policy, type PolicyFacts } from './policy.ts';
import { LARGEST_QUOTE } from './quote.ts';
import type { Verdict } from './verdict.ts';

export const BUNDLE_TYPE = 'muster/evidence/1';
/** A bundle takes about 50 KB, with a boot log 300 KB. */
export const LARGEST_BUNDLE = 8 * 1024 * 1024;
const LARGEST_TEXT = 1024 * 1024;
const LARGEST_ROOT = 65_536;
/** 9999-12-31T23:59:59Z */
const LAST_SECOND = 253_402_300_799;

/** What was known beside quote and collateral when the verdict was given; what a log says follows from the log. */
export type BundleFacts = Omit<PolicyFacts, 'eventLog'>;

export interface BundleContent {
  /** Unix seconds: the time that the verdict is for. */
  readonly at: number;
  readonly quote: Uint8Array;
  readonly collateral: Collateral;
  /** As received, in either form. */
  readonly log?: Uint8Array | undefined;
  readonly policy?: Policy | undefined;
  readonly facts?: BundleFacts | undefined;
  /** DER of another root than Intel's. */
  readonly root?: Uint8Array | undefined;
}

/** A bundle that was read: well formed, not verified. */
export interface Bundle extends BundleContent {
  /** The verdict that came with it: somebody's claim, and of no checked shape. */
  readonly recorded: JsonObject;
}

/** Names of the profile have at most 23 characters, and one of the usual names has more. */
const COLLATERAL_NAMES: Readonly<Record<keyof Collateral, string>> = {
  pck_crl_issuer_chain: 'pckCrlIssuerChain',
  root_ca_crl: 'rootCaCrl',
  pck_crl: 'pckCrl',
  tcb_info_issuer_chain: 'tcbInfoIssuerChain',
  tcb_info: 'tcbInfo',
  tcb_info_signature: 'tcbInfoSignature',
  qe_identity_issuer_chain: 'qeIdentityIssuerChain',
  qe_identity: 'qeIdentity',
  qe_identity_signature: 'qeIdentitySignature',
};

function refuse(why: string): never {
  throw new Refusal('BUNDLE_FORMAT', `This evidence bundle cannot be read: ${why}.`);
}

/**
 * Writes a bundle. The same content gives the same bytes, in whatever order its members were given.
 * Errors: `BUNDLE_FORMAT` for content that no reader would take, those of `readEventLog`, `POLICY_FORMAT`.
 */
export function writeBundle(content: BundleContent, verdict: Verdict): Uint8Array<ArrayBuffer> {
  const { at, quote, collateral, log, policy, facts, root } = content;
  const foreign = root !== undefined && !sameBytes(root, intelRoot());
  const value: Value = {
    v: 1,
    type: BUNDLE_TYPE,
    at,
    quote,
    collateral: Object.fromEntries(
      COLLATERAL_MEMBERS.map((name) => [COLLATERAL_NAMES[name], collateral[name]]),
    ),
    verdict: canonicalJson(verdict),
    ...(log === undefined ? {} : { log }),
    ...(policy === undefined ? {} : { policy: canonicalJson(policy) }),
    ...(facts === undefined ? {} : { facts: canonicalJson(facts) }),
    ...(foreign ? { root } : {}),
  };
  const bytes = profiled(() => encodeCanonical(value));
  readBundle(bytes);
  return bytes;
}

/** True for bytes that begin as a bundle does, so that a file can be told from a quote. */
export function looksLikeBundle(bytes: Uint8Array): boolean {
  // a map whose first member, the shortest, is `v`
  return (bytes[0] ?? 0) >> 5 === 5 && bytes[1] === 0x61 && bytes[2] === 0x76;
}

function profiled<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refusal && error.code === 'CBOR_PROFILE')
      return refuse(error.message.replace(/\.$/, ''));
    throw error;
  }
}

type Members = { readonly [name: string]: Value };

function bytesOf(members: Members, name: string, longest: number): Uint8Array {
  const value = members[name];
  if (!(value instanceof Uint8Array) || value.length > longest)
    return refuse(`"${name}" is not a byte string of at most ${longest} bytes`);
  return new Uint8Array(value);
}

function textOf(members: Members, name: string, longest: number): string {
  const value = members[name];
  return typeof value === 'string' && value.length <= longest
    ? value
    : refuse(`"${name}" is not a text of at most ${longest} characters`);
}

function membersOf(value: Value | undefined, what: string, known: readonly string[]): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array)
    return refuse(`${what} is not a map`);
  const stranger = Object.keys(value).find((name) => !known.includes(name));
  if (stranger !== undefined) refuse(`${what} has an unknown member "${stranger}"`);
  return value as Members;
}

function jsonOf(members: Members, name: string): JsonObject {
  const text = textOf(members, name, LARGEST_TEXT);
  const value = readJson(text, 'BUNDLE_FORMAT');
  if (!isJsonObject(value)) return refuse(`"${name}" is not an object`);
  if (!isCanonical(value, text)) refuse(`"${name}" is not in its one spelling`);
  return value;
}

function isCanonical(value: JsonObject, text: string): boolean {
  try {
    return canonicalJson(value) === text;
  } catch {
    return false; // a number that is no whole one
  }
}

function readFacts(facts: JsonObject): BundleFacts {
  const whole = (value: unknown): boolean =>
    value === null || (Number.isSafeInteger(value) && (value as number) >= 0);
  const decimal = (value: unknown): boolean =>
    value === null || (typeof value === 'string' && /^\d{1,50}$/.test(value));
  for (const [name, value] of Object.entries(facts)) {
    const crl = isJsonObject(value) ? value : null;
    const right =
      name === 'highestEvaluationNumber'
        ? whole(value)
        : name === 'highestCrlNumbers' &&
          (value === null ||
            (crl !== null &&
              Object.keys(crl).toSorted().join() === 'pck,root' &&
              decimal(crl['root']) &&
              decimal(crl['pck'])));
    if (!right) refuse(`"facts.${name}" is not known or of another form`);
  }
  return facts as BundleFacts;
}

const MEMBERS = [
  'v',
  'type',
  'at',
  'quote',
  'collateral',
  'verdict',
  'log',
  'policy',
  'facts',
  'root',
] as const;

/**
 * Reads a bundle; the result is a copy. Only the one canonical spelling is read, and nothing in it is verified.
 * Errors: `BUNDLE_EMPTY`, `BUNDLE_TOO_LARGE`, `BUNDLE_FORMAT`, `EVENT_LOG_*`, `POLICY_FORMAT`.
 */
export function readBundle(bytes: Uint8Array): Bundle {
  if (bytes.length === 0) throw new Refusal('BUNDLE_EMPTY', 'There is no bundle: the file is empty.');
  if (bytes.length > LARGEST_BUNDLE)
    throw new Refusal(
      'BUNDLE_TOO_LARGE',
      `The bundle has ${bytes.length} bytes; the limit is ${LARGEST_BUNDLE}.`,
    );
  const value = profiled(() => decodeCanonical(bytes, LARGEST_BUNDLE));
  const members = membersOf(value, 'it', MEMBERS);
  if (members['type'] !== BUNDLE_TYPE || members['v'] !== 1)
    refuse('it is another kind of file, or of a version that is not known here');
  const at = members['at'];
  if (typeof at !== 'number' || at < 0 || at > LAST_SECOND) return refuse('"at" is not a time');
  const names = Object.values(COLLATERAL_NAMES);
  const inner = membersOf(members['collateral'], '"collateral"', names);
  const collateral = Object.fromEntries(
    COLLATERAL_MEMBERS.map((name) => [name, textOf(inner, COLLATERAL_NAMES[name], LARGEST_COLLATERAL)]),
  ) as unknown as Collateral;
  const bundle: Bundle = {
    at,
    quote: bytesOf(members, 'quote', LARGEST_QUOTE),
    collateral,
    recorded: jsonOf(members, 'verdict'),
    ...('log' in members ? { log: bytesOf(members, 'log', LARGEST_EVENT_LOG) } : {}),
    ...('policy' in members ? { policy: jsonOf(members, 'policy') as Policy } : {}),
    ...('facts' in members ? { facts: readFacts(jsonOf(members, 'facts')) } : {}),
    ...('root' in members ? { root: bytesOf(members, 'root', LARGEST_ROOT) } : {}),
  };
  if (bundle.log !== undefined) readEventLog(bundle.log);
  if (bundle.policy !== undefined) checkPolicy(bundle.policy);
  if (bundle.root !== undefined && sameBytes(bundle.root, intelRoot()))
    refuse("it carries Intel's root, which everybody has");
  return bundle;
}
