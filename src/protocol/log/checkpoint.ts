/**
 * Checkpoints, to the byte of c2sp.org/tlog-checkpoint: the signed note in which a log states its size and root.
 * Extension lines are read and kept, never written: no monitor can audit them (core.md 1.2).
 */
import { fromBase64, Refusal, toBase64, utf8 } from '../bytes/index.ts';
import { formatNote, parseNote, SIGNATURE_TYPE } from './note.ts';
import type { Note, NoteSignature, VerifierKey } from './note.ts';
import { checkHash, checkSize } from './tree.ts';

/** The claim of a checkpoint: the tree of `size` leaves of log `origin` has this root. */
export interface TreeHead {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
}

export interface Checkpoint extends TreeHead {
  /** Opaque lines after the root, without newlines. */
  readonly extensions: readonly string[];
}

const malformed = (why: string): Refusal =>
  new Refusal('CHECKPOINT_FORMAT', `This is not a checkpoint: ${why}.`);

/** Refuses an origin that cannot stand on a line of its own. Errors: `CHECKPOINT_FORMAT`. */
export function checkOrigin(origin: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  if (origin === '' || /[\u0000-\u001f]/u.test(origin) || !origin.isWellFormed())
    throw malformed('the origin is not one line of text');
  return origin;
}

/** Reads a size or index: ASCII digits, no leading zero, below 2^53; undefined for anything else. */
export function parseDecimal(text: string): number | undefined {
  const value = /^(0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Reads a 32-byte hash of 44 base64 characters; undefined for anything else. */
export function parseHash(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length !== 44) return undefined;
  try {
    const hash = fromBase64(text);
    return hash.length === 32 ? hash : undefined;
  } catch {
    return undefined;
  }
}

/** The note text of a checkpoint: three lines. This is what a log signs. Errors: `CHECKPOINT_FORMAT`, `LOG_*`. */
export function formatCheckpoint({ origin, size, root }: TreeHead): string {
  checkOrigin(origin);
  checkSize(size, 'tree size');
  checkHash(root, 'root');
  return `${origin}\n${size}\n${toBase64(root)}\n`;
}

/** Reads the note text of a checkpoint. Errors: `CHECKPOINT_FORMAT`. */
export function parseCheckpoint(text: string): Checkpoint {
  if (!text.endsWith('\n')) throw malformed('it does not end in a newline');
  const [origin, sizeLine, rootLine, ...extensions] = text.slice(0, -1).split('\n');
  if (origin === undefined || sizeLine === undefined || rootLine === undefined)
    throw malformed('it has fewer than three lines');
  checkOrigin(origin);
  const size = parseDecimal(sizeLine);
  if (size === undefined) throw malformed('the size is not a plain decimal number below 2^53');
  const root = parseHash(rootLine);
  if (root === undefined) throw malformed('the root is not a hash in base64');
  if (extensions.includes('')) throw malformed('an extension line is empty');
  return { origin, size, root, extensions };
}

/** A checkpoint as it travels: the note and the claim in its text. */
export interface SignedCheckpoint {
  readonly note: Note;
  readonly checkpoint: Checkpoint;
}

/** Reads a checkpoint with its signatures; verifies none. Errors: `NOTE_FORMAT`, `CHECKPOINT_FORMAT`. */
export function parseSignedCheckpoint(bytes: Uint8Array): SignedCheckpoint {
  const note = parseNote(bytes);
  return { note, checkpoint: parseCheckpoint(note.text) };
}

/** The bytes that a log signs (type 0x01). */
export const checkpointMessage = (head: TreeHead): Uint8Array => utf8(formatCheckpoint(head));

/** The line of a log's Ed25519 signature over `checkpointMessage`. Errors: `NOTE_KEY`. */
export function logSignature(key: VerifierKey, signature: Uint8Array): NoteSignature {
  if (key.type !== SIGNATURE_TYPE.ed25519 || signature.length !== 64)
    throw new Refusal('NOTE_KEY', 'A log signs with an Ed25519 key of type 0x01.');
  return { name: key.name, id: key.id, signature };
}

/** Assembles the signed note of a head; put the log's own signature first. Errors: `NOTE_*`, `CHECKPOINT_FORMAT`. */
export const signedCheckpoint = (
  head: TreeHead,
  signatures: readonly NoteSignature[],
): Uint8Array<ArrayBuffer> => formatNote({ text: formatCheckpoint(head), signatures });
