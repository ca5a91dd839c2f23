/**
 * The export bundle of a Chronicle: one text file that proves a range of entries offline.
 *
 *     muster/chronicle-bundle/1
 *     origin <origin>
 *     range <first>..<end> of <size>          entries first .. end-1 of a tree of size leaves
 *     before <hash>                           one per complete node that tiles [0, first)
 *     after <hash>                            one per complete node that tiles [end, size)
 *     sha256 <hash>                           of all bytes above this line
 *
 *     log <vkey>                              a tlog-policy: one log, the cosigners, the quorum
 *     witness <name> <vkey>
 *     quorum <name>
 *     sha256 <hash>                           of the policy's bytes
 *
 *     <i> <leaf hash> <record> <signature>    one line per entry
 *
 *     <checkpoint>                            the signed note, verbatim, to the end of the file
 *
 * Hashes, records and signatures are strict base64, lines end in LF, nothing else is allowed anywhere. A bundle of
 * the whole log has neither `before` nor `after` lines. Every byte is covered: header and policy by their sums,
 * which a reader uses to tell *what* was damaged; an entry by its leaf hash, and so by index; all of them by the
 * root in the checkpoint; the checkpoint by its signatures, all of which must be by keys of the policy.
 *
 * An entry takes about 145 bytes and 1.34 times its record: a million records of 300 bytes make 540 MB. Readers hold
 * the file in memory, once, so callers cap it: the CLI at 2 GiB, the most that Node reads into one buffer.
 */
import { concat, Refusal, sameBytes, toBase64, utf8 } from '../bytes/index.ts';
import type { Hashes } from '../bytes/index.ts';
import type { Signed } from '../record/index.ts';
import { checkOrigin, parseSignedCheckpoint } from './checkpoint.ts';
import type { SignedCheckpoint } from './checkpoint.ts';
import { Frontier } from './frontier.ts';
import { recordLeafHash } from './leaf.ts';
import { claimedKey } from './note.ts';
import { formatPolicy, policyKeys } from './policy.ts';
import type { Policy } from './policy.ts';
import { checkHash, checkSize, coveringNodes } from './tree.ts';
import type { NodeReader } from './tree.ts';

export const BUNDLE_HEADER = 'muster/chronicle-bundle/1';

/** The part of a log that a bundle shows: entries first .. end-1 of `size`. */
export interface BundleRange {
  readonly origin: string;
  readonly first: number;
  readonly end: number;
  readonly size: number;
  /** Hashes of `coveringNodes(0, first)`. */
  readonly before: readonly Uint8Array[];
  /** Hashes of `coveringNodes(end, size)`. */
  readonly after: readonly Uint8Array[];
}

/** What a writer needs besides the entries. */
export interface BundleSource {
  readonly first: number;
  readonly end: number;
  readonly before: readonly Uint8Array[];
  readonly after: readonly Uint8Array[];
  /** One log whose key is named like the origin, and the cosigners. */
  readonly policy: Policy;
  /** The signed checkpoint, with lines by keys of the policy only (see `signaturesBy`). */
  readonly checkpoint: Uint8Array;
}

/** Reads from the tree what a range export carries besides its entries. Errors: `LOG_SIZE`, `LOG_HASH`. */
export function bundleSides(
  read: NodeReader,
  first: number,
  end: number,
  size: number,
): { before: Uint8Array[]; after: Uint8Array[] } {
  const hashesOf = (from: number, to: number): Uint8Array[] =>
    coveringNodes(from, to).map(({ level, index }) => read(level, index));
  return { before: hashesOf(0, first), after: hashesOf(end, size) };
}

/** Header and policy, with the empty line before the entries. Errors: `BUNDLE_SOURCE`, `POLICY_FORMAT`, `NOTE_FORMAT`, `CHECKPOINT_FORMAT`. */
export function bundleOpening(hashes: Hashes, source: BundleSource): string {
  const { origin, size } = parseSignedCheckpoint(source.checkpoint).checkpoint;
  const { first, end, before, after, policy } = source;
  checkRange({ origin, first, end, size, before, after });
  checkBundleKeys(parseSignedCheckpoint(source.checkpoint), policy);
  const header = [
    BUNDLE_HEADER,
    `origin ${origin}`,
    `range ${first}..${end} of ${size}`,
    ...before.map((hash) => `before ${toBase64(hash)}`),
    ...after.map((hash) => `after ${toBase64(hash)}`),
  ];
  const block = (text: string): string => `${text}sha256 ${toBase64(hashes.sha256(utf8(text)))}\n\n`;
  return block(header.map((line) => `${line}\n`).join('')) + block(formatPolicy(hashes, policy));
}

/** The line of one entry, whose leaf hash is `recordLeafHash` unless the caller has it at hand. Errors: `LEAF_FORMAT`. */
export function bundleEntry(
  hashes: Hashes,
  index: number,
  { bytes, sig }: Signed,
  leaf: Uint8Array = recordLeafHash(hashes, bytes, sig),
): string {
  return `${index} ${toBase64(leaf)} ${toBase64(bytes)} ${toBase64(sig)}\n`;
}

/** The end of the file: the empty line after the entries and the checkpoint. */
export const bundleClosing = (source: BundleSource): Uint8Array<ArrayBuffer> =>
  concat(utf8('\n'), source.checkpoint);

/**
 * The file piece by piece, for logs that do not fit in memory. The entries are hashed on the way: when they are not
 * the ones that the checkpoint commits to, this throws before the checkpoint is out.
 * Errors: `BUNDLE_SOURCE`, and those of `bundleOpening` and `bundleEntry`.
 */
export function* bundleLines(
  hashes: Hashes,
  source: BundleSource,
  entries: Iterable<Signed>,
): Generator<Uint8Array<ArrayBuffer>> {
  yield utf8(bundleOpening(hashes, source));
  const { root, size } = parseSignedCheckpoint(source.checkpoint).checkpoint;
  const tree = new Frontier(hashes, { size: source.first, hashes: source.before });
  let index = source.first;
  for (const entry of entries) {
    if (index === source.end) throw refusal('there are more entries than the range names');
    const leaf = recordLeafHash(hashes, entry.bytes, entry.sig);
    yield utf8(bundleEntry(hashes, index, entry, leaf));
    tree.append(leaf);
    index += 1;
  }
  if (index !== source.end) throw refusal('there are fewer entries than the range names');
  appendAfter(tree, source.end, size, source.after);
  if (!sameBytes(tree.root(), root)) throw refusal('the entries are not those of the checkpoint');
  yield bundleClosing(source);
}

/** The whole file in memory. Errors: those of `bundleLines`. */
export function writeBundle(
  hashes: Hashes,
  source: BundleSource,
  entries: Iterable<Signed>,
): Uint8Array<ArrayBuffer> {
  const pieces = [...bundleLines(hashes, source, entries)];
  const out = new Uint8Array(pieces.reduce((n, piece) => n + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

/** Completes a tree of `end` leaves with the nodes to its right. Errors: `LOG_HASH`. */
export function appendAfter(tree: Frontier, end: number, size: number, after: readonly Uint8Array[]): void {
  for (const [i, { level }] of coveringNodes(end, size).entries())
    tree.appendNode(level, after[i] ?? new Uint8Array(0));
}

/** The rules of a range. Errors: `BUNDLE_SOURCE`, `LOG_SIZE`, `LOG_HASH`, `CHECKPOINT_FORMAT`. */
export function checkRange({ origin, first, end, size, before, after }: BundleRange): void {
  checkOrigin(origin);
  for (const n of [first, end, size]) checkSize(n, 'bound of the range');
  const isEmptyLog = size === 0 && first === 0 && end === 0;
  if (!isEmptyLog && !(first < end && end <= size))
    throw refusal(`there is no range ${first}..${end} in a log of ${size}`);
  if (before.length !== coveringNodes(0, first).length || after.length !== coveringNodes(end, size).length)
    throw refusal('the hashes before or after the range are not the ones that it needs');
  for (const hash of [...before, ...after]) checkHash(hash, 'hash beside the range');
}

/** A bundle knows one log, and every signature line is by a key of its policy, each once. Errors: `BUNDLE_SOURCE`. */
export function checkBundleKeys({ note, checkpoint }: SignedCheckpoint, policy: Policy): void {
  const [log, ...more] = policy.logs;
  if (log === undefined || more.length > 0 || log.key.name !== checkpoint.origin)
    throw refusal('its policy does not name exactly one log key, called like the origin');
  if (checkpoint.extensions.length > 0) throw refusal('the checkpoint has extension lines');
  const keys = policyKeys(policy);
  const signers = note.signatures.map((line) => claimedKey(line, keys));
  if (signers.includes(undefined))
    throw refusal('a signature of the checkpoint is by a key that the policy does not name');
  if (new Set(signers).size !== signers.length) throw refusal('a key has signed the checkpoint twice');
}

const refusal = (why: string): Refusal => new Refusal('BUNDLE_SOURCE', `This is no bundle: ${why}.`);
