/**
 * Reading a bundle as far as hashes go (the format is drawn in bundleformat.ts): first the text, strictly, then
 * every entry against its leaf hash, then the root. Whatever is wrong is thrown as one `BundleDamaged` that says
 * where. Entries are decoded from the file's own bytes whenever they are asked for, so nothing is held twice.
 */
import { fromUtf8, Refusal, sameBytes } from '../bytes/index.ts';
import type { Hashes } from '../bytes/index.ts';
import type { Signed } from '../record/index.ts';
import { base64Length, base64Slice } from './base64slice.ts';
import { appendAfter, BUNDLE_HEADER, checkBundleKeys, checkRange } from './bundleformat.ts';
import type { BundleRange } from './bundleformat.ts';
import { parseDecimal, parseHash, parseSignedCheckpoint } from './checkpoint.ts';
import type { SignedCheckpoint } from './checkpoint.ts';
import { Frontier } from './frontier.ts';
import { MAX_LEAF_RECORD_BYTES, recordLeafHash, SIGNATURE_BYTES } from './leaf.ts';
import { MAX_POLICY_BYTES, formatPolicy, parsePolicy } from './policy.ts';
import type { Policy } from './policy.ts';
import { HASH_BYTES } from './tree.ts';

/**
 * What is damaged. `entry`: a line, and it cannot be told which field; `record`: the record or its signature, for
 * the leaf hash is the one in the tree; `leaf hash`: only that field; `entries`: the checkpoint is genuine, but
 * these are not its entries; `keys`: not the log or the committee that the caller expects.
 */
export type BundlePart =
  | 'header'
  | 'policy'
  | 'entry'
  | 'record'
  | 'leaf hash'
  | 'signature'
  | 'entries'
  | 'checkpoint'
  | 'keys';

export interface BundleDamage {
  /** Index in the log of the damaged entry; null when it is not one entry. */
  readonly index: number | null;
  readonly what: BundlePart;
  /** A sentence for a person. */
  readonly reason: string;
}

/** How damage travels inside the reader; its door turns it into a result. */
export class BundleDamaged extends Error {
  readonly damage: BundleDamage;

  constructor(what: BundlePart, index: number | null, reason: string) {
    super(reason);
    this.damage = { index, what, reason };
  }
}

export interface BundleScan {
  readonly range: BundleRange;
  readonly policy: Policy;
  readonly checkpoint: SignedCheckpoint;
  /** False when every entry fits its leaf hash and yet the tree is not the checkpoint's. */
  readonly rootHolds: boolean;
  /** Decodes the entries one after the other, first to last. */
  entries(): Generator<Signed & { readonly index: number }>;
}

const LF = 0x0a;
const SPACE = 0x20;
const HASH_CHARS = 44;
const SIG_CHARS = 88;
/** Shortest entry line: one digit, the four fields' separators, a record of one byte. */
const MIN_ENTRY_CHARS = 1 + 1 + HASH_CHARS + 1 + 4 + 1 + SIG_CHARS + 1;
/** Longest line of the header or the policy; a policy line holds a name, a key and a URL. */
const MAX_HEAD_LINE = 16 * 1024;

/** Checks text, leaf hashes and root. Throws `BundleDamaged`. */
export function scanBundle(hashes: Hashes, file: Uint8Array): BundleScan {
  const header = readHeader(hashes, file);
  const policy = readPolicy(hashes, file, header.next);
  const { range } = header;
  const entriesAt = policy.next;
  const entriesEnd = readEntryText(file, entriesAt, range);
  if (file[entriesEnd] !== LF)
    throw new BundleDamaged(
      'checkpoint',
      null,
      'No empty line stands between the entries and the checkpoint.',
    );
  const checkpoint = readCheckpoint(file.subarray(entriesEnd + 1), range, policy.policy);
  return {
    range,
    policy: policy.policy,
    checkpoint,
    rootHolds: checkHashes(hashes, file, entriesAt, range, checkpoint.checkpoint.root),
    *entries() {
      for (const { index, record, sig } of walk(file, entriesAt, range))
        yield { index, bytes: base64Slice(file, ...record), sig: base64Slice(file, ...sig) };
    },
  };
}

/** Runs a part of the reader and says that a refusal in it is damage of that part. */
function inPart<T>(what: BundlePart, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof Refusal ? new BundleDamaged(what, null, error.message) : error;
  }
}

/** The lines of a block up to its `sha256` line, which must be right and followed by an empty line. */
function readBlock(
  hashes: Hashes,
  file: Uint8Array,
  start: number,
  what: 'header' | 'policy',
): { lines: string[]; end: number; next: number } {
  const lines: string[] = [];
  let at = start;
  while (at - start <= MAX_POLICY_BYTES) {
    const end = file.indexOf(LF, at);
    if (end < 0 || end - at > MAX_HEAD_LINE) break;
    const line = inPart(what, () => fromUtf8(file.subarray(at, end)));
    if (line.startsWith('sha256 ')) {
      const sum = parseHash(line.slice('sha256 '.length));
      if (sum === undefined || !sameBytes(sum, hashes.sha256(file.subarray(start, at))))
        throw new BundleDamaged(what, null, `The ${what} does not have the SHA-256 that it states.`);
      if (file[end + 1] !== LF)
        throw new BundleDamaged(what, null, `No empty line stands after the ${what}.`);
      return { lines, end: at, next: end + 2 };
    }
    lines.push(line);
    at = end + 1;
  }
  throw new BundleDamaged(what, null, `The ${what} does not end in a line with its SHA-256.`);
}

const headerDamaged = (reason: string): BundleDamaged => new BundleDamaged('header', null, reason);

function readHeader(hashes: Hashes, file: Uint8Array): { range: BundleRange; next: number } {
  const { lines, next } = readBlock(hashes, file, 0, 'header');
  const [header, originLine = '', rangeLine = '', ...sides] = lines;
  if (header !== BUNDLE_HEADER) throw headerDamaged(`The file does not begin with "${BUNDLE_HEADER}".`);
  if (!originLine.startsWith('origin ')) throw headerDamaged('The origin line is missing.');
  const [, ...bounds] = /^range ([0-9]+)\.\.([0-9]+) of ([0-9]+)$/.exec(rangeLine) ?? [];
  const [first, end, size] = bounds.map(parseDecimal);
  if (first === undefined || end === undefined || size === undefined)
    throw headerDamaged('The range line is not "range A..B of N".');
  const hashesAt = (keyword: string, from: readonly string[]): Uint8Array[] =>
    from.map((line) => {
      const hash = line.startsWith(keyword) ? parseHash(line.slice(keyword.length)) : undefined;
      if (hash === undefined) throw headerDamaged('A line of the header is unknown or not a hash.');
      return hash;
    });
  const firstAfter = sides.findIndex((line) => line.startsWith('after '));
  const split = firstAfter < 0 ? sides.length : firstAfter;
  const range: BundleRange = {
    origin: originLine.slice('origin '.length),
    first,
    end,
    size,
    before: hashesAt('before ', sides.slice(0, split)),
    after: hashesAt('after ', sides.slice(split)),
  };
  inPart('header', () => checkRange(range));
  if (end - first > file.length / MIN_ENTRY_CHARS)
    throw headerDamaged('The range names more entries than the file can hold.');
  return { range, next };
}

function readPolicy(hashes: Hashes, file: Uint8Array, start: number): { policy: Policy; next: number } {
  const { end, next } = readBlock(hashes, file, start, 'policy');
  const text = file.subarray(start, end);
  const policy = inPart('policy', () => parsePolicy(hashes, text));
  // one spelling: no comments, no odd spacing
  if (inPart('policy', () => formatPolicy(hashes, policy)) !== inPart('policy', () => fromUtf8(text)))
    throw new BundleDamaged('policy', null, 'The policy is not written in the one layout of a bundle.');
  return { policy, next };
}

function readCheckpoint(bytes: Uint8Array, range: BundleRange, policy: Policy): SignedCheckpoint {
  return inPart('checkpoint', () => {
    const signed = parseSignedCheckpoint(bytes);
    const { origin, size } = signed.checkpoint;
    if (origin !== range.origin || size !== range.size)
      throw new BundleDamaged(
        'checkpoint',
        null,
        'The checkpoint is of another log or another size than the header.',
      );
    checkBundleKeys(signed, policy);
    return signed;
  });
}

type Slice = readonly [start: number, end: number];
interface EntryLine {
  readonly index: number;
  readonly leaf: Slice;
  readonly record: Slice;
  readonly sig: Slice;
  readonly next: number;
}

/** Where the fields of an entry line stand: leaf hash and signature have fixed widths, the record is between. */
function entryLine(file: Uint8Array, at: number, index: number): EntryLine | undefined {
  const end = file.indexOf(LF, at);
  const prefix = `${index} `;
  const leafEnd = at + prefix.length + HASH_CHARS;
  const sigAt = end - SIG_CHARS;
  if (end < 0 || sigAt - 1 <= leafEnd) return undefined;
  for (let i = 0; i < prefix.length; i++) if (file[at + i] !== prefix.charCodeAt(i)) return undefined;
  if (file[leafEnd] !== SPACE || file[sigAt - 1] !== SPACE) return undefined;
  return {
    index,
    leaf: [leafEnd - HASH_CHARS, leafEnd],
    record: [leafEnd + 1, sigAt - 1],
    sig: [sigAt, end],
    next: end + 1,
  };
}

/** The entry lines once their text has been checked. */
function* walk(file: Uint8Array, start: number, { first, end }: BundleRange): Generator<EntryLine> {
  let at = start;
  for (let index = first; index < end; index++) {
    const line = entryLine(file, at, index);
    if (line === undefined) throw new Error(`entry ${index} was there a moment ago`);
    yield line;
    at = line.next;
  }
}

/** Checks the text of every entry line; returns where they end. */
function readEntryText(file: Uint8Array, start: number, { first, end }: BundleRange): number {
  let at = start;
  for (let index = first; index < end; index++) {
    const line = entryLine(file, at, index);
    const recordBytes = line === undefined ? -1 : base64Length(file, ...line.record);
    if (
      line === undefined ||
      recordBytes < 1 ||
      recordBytes > MAX_LEAF_RECORD_BYTES ||
      base64Length(file, ...line.leaf) !== HASH_BYTES ||
      base64Length(file, ...line.sig) !== SIGNATURE_BYTES
    )
      throw new BundleDamaged('entry', index, `The line of entry ${index} is damaged or missing.`);
    at = line.next;
  }
  return at;
}

/** Checks every entry against its leaf hash; returns whether the root follows. Throws at the first entry that differs. */
function checkHashes(
  hashes: Hashes,
  file: Uint8Array,
  start: number,
  range: BundleRange,
  root: Uint8Array,
): boolean {
  const leaves = new Uint8Array((range.end - range.first) * HASH_BYTES);
  let differing: { index: number; leaf: Uint8Array } | undefined;
  for (const { index, leaf, record, sig } of walk(file, start, range)) {
    const stated = base64Slice(file, ...leaf);
    leaves.set(stated, (index - range.first) * HASH_BYTES);
    if (differing !== undefined) continue;
    const actual = recordLeafHash(hashes, base64Slice(file, ...record), base64Slice(file, ...sig));
    if (!sameBytes(stated, actual)) differing = { index, leaf: actual };
  }
  const statedHolds = sameBytes(rootOfRange(hashes, range, leaves), root);
  if (differing === undefined) return statedHolds;
  const { index, leaf } = differing;
  if (statedHolds)
    throw new BundleDamaged('record', index, `The record of entry ${index} or its signature is damaged.`);
  leaves.set(leaf, (index - range.first) * HASH_BYTES);
  if (sameBytes(rootOfRange(hashes, range, leaves), root))
    throw new BundleDamaged(
      'leaf hash',
      index,
      `The leaf hash of entry ${index} is damaged; its record is not.`,
    );
  throw new BundleDamaged('entry', index, `Entry ${index} does not have the leaf hash that its line states.`);
}

function rootOfRange(hashes: Hashes, range: BundleRange, leaves: Uint8Array): Uint8Array {
  const tree = new Frontier(hashes, { size: range.first, hashes: range.before });
  for (let at = 0; at < leaves.length; at += HASH_BYTES) tree.append(leaves.subarray(at, at + HASH_BYTES));
  appendAfter(tree, range.end, range.size, range.after);
  return tree.root();
}
