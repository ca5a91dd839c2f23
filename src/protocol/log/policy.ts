/**
 * Trust policies, after c2sp.org/tlog-policy: which logs and witnesses are known, and which cosignatures make a
 * checkpoint valid. It is also how a committee is written down: the members are the witnesses, the quorum line
 * says how many of them.
 *
 * Narrower than the text in three places: the file must be UTF-8 (so that names compare as strings exactly as
 * their octets do), keys are Ed25519 (logs type 0x01, witnesses type 0x04), and sizes are capped below.
 */
import { fromUtf8, Refusal, sameBytes, utf8 } from '../bytes/index.ts';
import type { Hashes } from '../bytes/index.ts';
import { formatVerifierKey, parseVerifierKey, SIGNATURE_TYPE } from './note.ts';
import type { VerifierKey } from './note.ts';

/** Caps of our own: the text asks for 32 of each. */
export const MAX_POLICY_BYTES = 256 * 1024;
export const MAX_POLICY_ENTRIES = 1024;

/** The quorum of a policy that asks for a log's signature only. */
export const NO_QUORUM = 'none';

export interface PolicyLog {
  /** Its name is the origin line of the log's checkpoints. */
  readonly key: VerifierKey;
  readonly url?: string;
}

export interface PolicyWitness {
  /** Means something inside this policy only; the key has a name of its own. */
  readonly name: string;
  readonly key: VerifierKey;
  readonly url?: string;
}

export interface PolicyGroup {
  readonly name: string;
  /** The group has witnessed what at least `k` of its members have. */
  readonly k: number;
  /** Witnesses and groups defined before this one. */
  readonly members: readonly string[];
}

export interface Policy {
  readonly logs: readonly PolicyLog[];
  readonly witnesses: readonly PolicyWitness[];
  /** In order of definition: a group only names what stands before it. */
  readonly groups: readonly PolicyGroup[];
  /** A witness, a group, or `NO_QUORUM`. */
  readonly quorum: string;
}

/** Reads a policy file. Errors: `POLICY_FORMAT`, with the number of the line. */
export function parsePolicy(hashes: Hashes, bytes: Uint8Array): Policy {
  if (bytes.length > MAX_POLICY_BYTES) throw refusal(1, `the file is larger than ${MAX_POLICY_BYTES} bytes`);
  let text: string;
  try {
    text = fromUtf8(bytes);
  } catch {
    throw refusal(1, 'the file is not UTF-8');
  }
  const lines = text.split('\n');
  const unfinished = lines.pop();
  if (unfinished !== '') throw refusal(lines.length + 1, 'the line does not end in a newline');
  const reader = new PolicyReader(hashes);
  for (const [i, line] of lines.entries()) reader.read(i + 1, line);
  return reader.finish(lines.length + 1);
}

/** Gathers definitions line by line and checks each against those before it. */
class PolicyReader {
  readonly #hashes: Hashes;
  readonly #logs: PolicyLog[] = [];
  readonly #witnesses: PolicyWitness[] = [];
  readonly #groups: PolicyGroup[] = [];
  readonly #names = new Set<string>();
  readonly #members = new Set<string>();
  #quorum: string | undefined;

  constructor(hashes: Hashes) {
    this.#hashes = hashes;
  }

  read(at: number, line: string): void {
    // oxlint-disable-next-line no-control-regex -- control characters are what is refused
    if (/[\u0000-\u0008\u000a-\u001f\u007f]/u.test(line))
      throw refusal(at, 'control characters are not allowed');
    const [keyword, ...items] = line.split(/[ \t]+/u).filter((item) => item !== '');
    if (keyword === undefined || keyword.startsWith('#')) return;
    if (keyword === 'log') this.#log(at, items);
    else if (keyword === 'witness') this.#witness(at, items);
    else if (keyword === 'group') this.#group(at, items);
    else if (keyword === 'quorum') this.#setQuorum(at, items);
    else throw refusal(at, `"${keyword}" is not a keyword of a policy`);
    if (this.#logs.length + this.#names.size > MAX_POLICY_ENTRIES)
      throw refusal(at, `more than ${MAX_POLICY_ENTRIES} definitions`);
  }

  finish(at: number): Policy {
    if (this.#quorum === undefined) throw refusal(at, 'the quorum line is missing');
    return { logs: this.#logs, witnesses: this.#witnesses, groups: this.#groups, quorum: this.#quorum };
  }

  #log(at: number, [vkey, url, ...more]: readonly string[]): void {
    if (vkey === undefined || more.length > 0) throw refusal(at, 'a log line is "log <vkey> [<url>]"');
    const key = this.#key(at, vkey, SIGNATURE_TYPE.ed25519, this.#logs);
    this.#logs.push({ key, ...(url === undefined ? {} : { url }) });
  }

  #witness(at: number, [name, vkey, url, ...more]: readonly string[]): void {
    if (name === undefined || vkey === undefined || more.length > 0)
      throw refusal(at, 'a witness line is "witness <name> <vkey> [<url>]"');
    const key = this.#key(at, vkey, SIGNATURE_TYPE.cosignature, this.#witnesses);
    this.#define(at, name);
    this.#witnesses.push({ name, key, ...(url === undefined ? {} : { url }) });
  }

  #group(at: number, [name, threshold, ...members]: readonly string[]): void {
    if (name === undefined || threshold === undefined || members.length === 0)
      throw refusal(at, 'a group line is "group <name> all|any|<k> <name>..."');
    for (const member of members) {
      if (!this.#names.has(member)) throw refusal(at, `"${member}" is not defined above`);
      if (this.#members.has(member)) throw refusal(at, `"${member}" is already a member of a group`);
      this.#members.add(member);
    }
    const k = threshold === 'all' ? members.length : threshold === 'any' ? 1 : decimal(threshold);
    if (k < 1 || k > members.length)
      throw refusal(at, `the threshold is "all", "any" or a number from 1 to ${members.length}`);
    this.#define(at, name);
    this.#groups.push({ name, k, members });
  }

  #setQuorum(at: number, [name, ...more]: readonly string[]): void {
    if (name === undefined || more.length > 0) throw refusal(at, 'a quorum line is "quorum <name>"');
    if (this.#quorum !== undefined) throw refusal(at, 'there is a second quorum line');
    if (name !== NO_QUORUM && !this.#names.has(name)) throw refusal(at, `"${name}" is not defined above`);
    this.#quorum = name;
  }

  #define(at: number, name: string): void {
    if (name === NO_QUORUM) throw refusal(at, `"${NO_QUORUM}" cannot be defined`);
    if (this.#names.has(name)) throw refusal(at, `"${name}" is defined twice`);
    this.#names.add(name);
  }

  #key(at: number, vkey: string, type: number, others: readonly { key: VerifierKey }[]): VerifierKey {
    let key: VerifierKey;
    try {
      key = parseVerifierKey(this.#hashes, vkey);
    } catch (error) {
      throw error instanceof Refusal ? refusal(at, error.message) : error;
    }
    if (key.type !== type) throw refusal(at, `the key is of type ${key.type}, not ${type}`);
    // the same key under another name is still the same signer
    if (others.some((other) => sameBytes(other.key.key, key.key)))
      throw refusal(at, 'the key is listed twice');
    return key;
  }
}

/** Writes a policy in one fixed layout: logs, witnesses, groups, quorum. Errors: `POLICY_FORMAT`. */
export function formatPolicy(hashes: Hashes, policy: Policy): string {
  const lines = [
    ...policy.logs.map(({ key, url }) => withUrl(`log ${formatVerifierKey(key)}`, url)),
    ...policy.witnesses.map(({ name, key, url }) =>
      withUrl(`witness ${name} ${formatVerifierKey(key)}`, url),
    ),
    ...policy.groups.map(({ name, k, members }) => ['group', name, k, ...members].join(' ')),
    `quorum ${policy.quorum}`,
  ];
  const text = lines.map((line) => `${line}\n`).join('');
  // whatever a caller put together has to obey the rules of a file
  parsePolicy(hashes, utf8(text));
  return text;
}

/** True when cosignatures of these witnesses (by their names in the policy) satisfy its quorum. */
export function satisfies(policy: Policy, cosigned: ReadonlySet<string>): boolean {
  if (policy.quorum === NO_QUORUM) return true;
  const witnessed = new Set(policy.witnesses.map(({ name }) => name).filter((name) => cosigned.has(name)));
  for (const { name, k, members } of policy.groups)
    if (members.filter((member) => witnessed.has(member)).length >= k) witnessed.add(name);
  return witnessed.has(policy.quorum);
}

/** Every key that a policy names. */
export const policyKeys = (policy: Policy): VerifierKey[] =>
  [...policy.logs, ...policy.witnesses].map(({ key }) => key);

/**
 * A committee of n cosigners of which `k` must sign. `logs`: the keys that may author its checkpoints, all named
 * like the origin; a Group has one for each member that may lead it.
 */
export function committeePolicy(
  logs: readonly VerifierKey[],
  cosigners: readonly VerifierKey[],
  k: number,
): Policy {
  const witnesses = cosigners.map((key, i) => ({ name: `member-${i + 1}`, key }));
  const members = witnesses.map(({ name }) => name);
  return {
    logs: logs.map((key) => ({ key })),
    witnesses,
    groups: members.length === 0 ? [] : [{ name: 'committee', k, members }],
    quorum: members.length === 0 ? NO_QUORUM : 'committee',
  };
}

const withUrl = (line: string, url: string | undefined): string =>
  url === undefined ? line : `${line} ${url}`;

const decimal = (text: string): number => (/^[1-9][0-9]{0,8}$/.test(text) ? Number(text) : 0);

const refusal = (line: number, why: string): Refusal =>
  new Refusal('POLICY_FORMAT', `Line ${line} of the policy: ${why}.`, { line });
