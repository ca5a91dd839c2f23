/**
 * An outsider's verifier, written from the C2SP texts (tlog-proof, tlog-policy, tlog-checkpoint, signed-note,
 * tlog-cosignature) and RFC 9162 2.1.3.2 alone: it imports nothing of the product. What it accepts, an outsider can
 * check with the bytes of the entry, a `.tlog-proof` file and a policy file.
 */
import { createHash, createPublicKey, verify } from 'node:crypto';

interface Key {
  readonly name: string;
  readonly id: string;
  readonly type: number;
  readonly raw: Buffer;
}

const sha256 = (...parts: readonly (Buffer | string)[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** `<name>+<hex id>+<base64 of type ‖ key>`; the id is the first four bytes of SHA-256(name ‖ LF ‖ type ‖ key). */
function readKey(text: string): Key {
  const [name = '', id = '', ...rest] = text.split('+');
  const material = Buffer.from(rest.join('+'), 'base64');
  if (sha256(`${name}\n`, material).subarray(0, 4).toString('hex') !== id)
    throw new Error(`key id of ${name}`);
  return { name, id, type: material[0] ?? 0, raw: material.subarray(1) };
}

function signed(key: Key, message: Buffer | string, signature: Buffer): boolean {
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key.raw]);
  const publicKey = createPublicKey({ key: der, format: 'der', type: 'spki' });
  return verify(null, Buffer.from(message), publicKey, signature);
}

interface Policy {
  readonly logs: Key[];
  readonly witnesses: Map<string, Key>;
  readonly groups: { name: string; k: number; members: string[] }[];
  quorum: string;
}

function readPolicy(text: string): Policy {
  const policy: Policy = { logs: [], witnesses: new Map(), groups: [], quorum: 'none' };
  for (const line of text.split('\n')) {
    const [word, ...items] = line.split(/[ \t]+/).filter((item) => item !== '');
    if (word === undefined || word.startsWith('#')) continue;
    if (word === 'log') policy.logs.push(readKey(items[0] ?? ''));
    else if (word === 'witness') policy.witnesses.set(items[0] ?? '', readKey(items[1] ?? ''));
    else if (word === 'group') {
      const [name = '', threshold = '', ...members] = items;
      const k = threshold === 'all' ? members.length : threshold === 'any' ? 1 : Number(threshold);
      policy.groups.push({ name, k, members });
    } else if (word === 'quorum') policy.quorum = items[0] ?? '';
    else throw new Error(`policy line ${line}`);
  }
  return policy;
}

/** Checks a signed checkpoint under a policy; answers its size and root. Throws when it does not count. */
function checkCheckpoint(note: string, policy: Policy): { size: number; root: Buffer } {
  const end = note.lastIndexOf('\n\n');
  const text = note.slice(0, end + 1);
  const cosigned = new Set<string>();
  let authored = false;
  const [origin = '', size = '', root = ''] = text.split('\n');
  for (const line of note
    .slice(end + 2)
    .split('\n')
    .slice(0, -1)) {
    const [dash, name, packed = ''] = line.split(' ');
    if (dash !== '—') throw new Error('signature line');
    const bytes = Buffer.from(packed, 'base64');
    const [id, signature] = [bytes.subarray(0, 4).toString('hex'), bytes.subarray(4)];
    const log = policy.logs.find((key) => key.name === name && key.id === id);
    if (log !== undefined) {
      if (log.type !== 1 || !signed(log, text, signature)) throw new Error('log signature');
      authored ||= log.name === origin;
    }
    for (const [witness, key] of policy.witnesses) {
      if (key.name !== name || key.id !== id) continue;
      const time = signature.readBigUInt64BE(0);
      const message = `cosignature/v1\ntime ${time}\n${text}`;
      if (key.type !== 4 || !signed(key, message, signature.subarray(8))) throw new Error('cosignature');
      cosigned.add(witness);
    }
  }
  if (!authored) throw new Error('no known log signed it');
  for (const { name, k, members } of policy.groups)
    if (members.filter((member) => cosigned.has(member)).length >= k) cosigned.add(name);
  if (policy.quorum !== 'none' && !cosigned.has(policy.quorum)) throw new Error('no quorum');
  return { size: Number(size), root: Buffer.from(root, 'base64') };
}

/** RFC 9162 2.1.3.2: the root that a leaf hash and its path lead to. */
function rootOf(leaf: Buffer, index: number, size: number, path: readonly Buffer[]): Buffer {
  let [fn, sn, node] = [index, size - 1, leaf];
  for (const sibling of path) {
    if (sn === 0) throw new Error('the path is too long');
    if (fn % 2 === 1 || fn === sn) {
      node = sha256(Buffer.from([1]), sibling, node);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
    } else node = sha256(Buffer.from([1]), node, sibling);
    [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  }
  if (sn !== 0) throw new Error('the path is too short');
  return node;
}

/** Throws unless `entry` stands in a log of the policy, as the `.tlog-proof` says. */
export function verifyAsOutsider(entry: Uint8Array, proof: string, policyFile: string): void {
  const gap = proof.indexOf('\n\n');
  const lines = proof.slice(0, gap).split('\n');
  if (lines.shift() !== 'c2sp.org/tlog-proof@v1') throw new Error('header');
  if (lines[0]?.startsWith('extra ')) lines.shift();
  const index = Number(/^index (0|[1-9]\d*)$/.exec(lines.shift() ?? '')?.[1] ?? Number.NaN);
  const path = lines.map((line) => Buffer.from(line, 'base64'));
  const { size, root } = checkCheckpoint(proof.slice(gap + 2), readPolicy(policyFile));
  if (!(index < size)) throw new Error('index');
  const leaf = sha256(Buffer.from([0]), Buffer.from(entry));
  if (!rootOf(leaf, index, size, path).equals(root)) throw new Error('root');
}
