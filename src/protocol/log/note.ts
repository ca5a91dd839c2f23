/**
 * Signed notes, to the byte of c2sp.org/signed-note: a text, an empty line, signature lines. And verifier keys
 * ("vkeys"), the one-line form of a public key: `name+keyid+base64(type ‖ key)`.
 *
 * Parsing tells nothing about trust. A note's text means something only after `verifyNote`: every signature by a
 * known key must verify, and there must be one; signatures by unknown keys are ignored.
 */
import { concat, fromBase64, fromHex, fromUtf8, Refusal, sameBytes } from '../bytes/index.ts';
import { toBase64, toHex, utf8 } from '../bytes/index.ts';
import type { Hashes, Plan, SignatureJob } from '../bytes/index.ts';

/** Caps of our own; the text asks for at least 16 signatures. */
export const MAX_NOTE_SIGNATURES = 32;
export const MAX_NOTE_BYTES = 1024 * 1024;

/** Signature types that this project uses (signed-note, "Signature types"). */
export const SIGNATURE_TYPE = { ed25519: 0x01, cosignature: 0x04 } as const;

const KEY_ID_BYTES = 4;

export interface NoteSignature {
  /** Name of the key, as written on the line. */
  readonly name: string;
  /** 4 bytes. */
  readonly id: Uint8Array;
  /** At least one byte; what it holds depends on the key's type. */
  readonly signature: Uint8Array;
}

export interface Note {
  /** Ends in a newline; the empty line after it is not part of it. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

export interface VerifierKey {
  readonly name: string;
  /** 4 bytes, derived from the rest by `keyId`. */
  readonly id: Uint8Array;
  /** One of `SIGNATURE_TYPE`, or a type unknown to us. */
  readonly type: number;
  readonly key: Uint8Array;
}

const malformed = (why: string): Refusal => new Refusal('NOTE_FORMAT', `This is not a signed note: ${why}.`);

/** Refuses a key name that is empty or has a space of any script, a plus or a control character. Errors: `NOTE_KEY`. */
export function checkKeyName(name: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  if (name === '' || /[\p{White_Space}+\u0000-\u001f]/u.test(name) || !name.isWellFormed())
    throw new Refusal('NOTE_KEY', 'A key name is not empty and has no spaces and no plus sign.');
  return name;
}

/** Reads a signed note; says nothing about who signed it. Errors: `NOTE_FORMAT`. */
export function parseNote(bytes: Uint8Array): Note {
  if (bytes.length > MAX_NOTE_BYTES) throw malformed(`it is larger than ${MAX_NOTE_BYTES} bytes`);
  if (bytes.some((byte) => byte < 0x20 && byte !== 0x0a)) throw malformed('it has control characters');
  let whole: string;
  try {
    whole = fromUtf8(bytes);
  } catch {
    throw malformed('it is not UTF-8');
  }
  const gap = whole.lastIndexOf('\n\n');
  if (gap < 0) throw malformed('no empty line separates text and signatures');
  if (!whole.endsWith('\n') || gap + 2 === whole.length)
    throw malformed('signature lines are missing or cut');
  const lines = whole.slice(gap + 2, -1).split('\n');
  if (lines.length > MAX_NOTE_SIGNATURES) throw malformed(`more than ${MAX_NOTE_SIGNATURES} signatures`);
  return { text: whole.slice(0, gap + 1), signatures: lines.map(parseSignatureLine) };
}

/** Reads `— name base64(id ‖ signature)`, without its newline. Errors: `NOTE_FORMAT`. */
export function parseSignatureLine(line: string): NoteSignature {
  const [dash, name, encoded, ...more] = line.split(' ');
  if (dash !== '—' || name === undefined || encoded === undefined || more.length > 0)
    throw malformed('a signature line is not "— name base64"');
  try {
    checkKeyName(name);
    const blob = fromBase64(encoded);
    if (blob.length > KEY_ID_BYTES)
      return { name, id: blob.slice(0, KEY_ID_BYTES), signature: blob.slice(KEY_ID_BYTES) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw malformed(`a signature line has a bad name or bad base64`);
  }
  throw malformed('a signature is too short');
}

/** The signature line without its newline. Errors: `NOTE_KEY`. */
export function formatSignatureLine({ name, id, signature }: NoteSignature): string {
  return `— ${checkKeyName(name)} ${toBase64(concat(id, signature))}`;
}

/** Writes a note; what it returns parses back to the same note. Errors: `NOTE_FORMAT`, `NOTE_KEY`. */
export function formatNote(note: Note): Uint8Array<ArrayBuffer> {
  if (!note.text.endsWith('\n')) throw malformed('the text does not end in a newline');
  if (!note.text.isWellFormed()) throw malformed('the text has a lone surrogate');
  const lines = note.signatures.map((signature) => `${formatSignatureLine(signature)}\n`);
  const bytes = utf8(`${note.text}\n${lines.join('')}`);
  parseNote(bytes);
  return bytes;
}

/** First four bytes of SHA-256(name ‖ LF ‖ type ‖ key). */
export const keyId = (hashes: Hashes, name: string, type: number, key: Uint8Array): Uint8Array =>
  hashes.sha256(concat(utf8(`${name}\n`), Uint8Array.of(type), key)).slice(0, KEY_ID_BYTES);

/** A verifier key from its parts; an Ed25519 key has 32 bytes. Errors: `NOTE_KEY`. */
export function verifierKey(hashes: Hashes, name: string, type: number, key: Uint8Array): VerifierKey {
  checkKeyName(name);
  const isEd25519 = type === SIGNATURE_TYPE.ed25519 || type === SIGNATURE_TYPE.cosignature;
  if (
    !Number.isInteger(type) ||
    type < 0 ||
    type > 0xff ||
    key.length === 0 ||
    (isEd25519 && key.length !== 32)
  )
    throw new Refusal('NOTE_KEY', 'The verifier key has the wrong length for its type.');
  return { name, id: keyId(hashes, name, type, key), type, key };
}

/** `name+keyid+base64(type ‖ key)`, the key id in lower-case hex. */
export const formatVerifierKey = ({ name, id, type, key }: VerifierKey): string =>
  `${name}+${toHex(id)}+${toBase64(concat(Uint8Array.of(type), key))}`;

/**
 * Reads a vkey of any type; the key id must be the one that the rest hashes to (types 0x02 and 0x05, whose ids are
 * made otherwise, are therefore refused). Errors: `NOTE_KEY`.
 */
export function parseVerifierKey(hashes: Hashes, text: string): VerifierKey {
  // base64 may hold plus signs, a name may not: split at the first two
  const [, name, id, encoded] = /^([^+]*)\+([0-9a-f]{8})\+(.*)$/u.exec(text) ?? [];
  if (name === undefined || id === undefined || encoded === undefined)
    throw new Refusal('NOTE_KEY', 'A verifier key is written name+keyid+base64.');
  let blob: Uint8Array;
  try {
    blob = fromBase64(encoded);
  } catch {
    throw new Refusal('NOTE_KEY', 'The key of this verifier key is not base64.');
  }
  const [type] = blob;
  if (type === undefined) throw new Refusal('NOTE_KEY', 'The verifier key is empty.');
  const key = verifierKey(hashes, name, type, blob.slice(1));
  if (!sameBytes(key.id, fromHex(id)))
    throw new Refusal('NOTE_KEY', 'The key id does not belong to this name and key.');
  return key;
}

/** True when both are the same key under the same name for the same type. */
export const sameVerifierKey = (a: VerifierKey, b: VerifierKey): boolean =>
  a.name === b.name && a.type === b.type && sameBytes(a.key, b.key);

/** The key that a signature line claims, if it is among `keys`. */
export const claimedKey = (signature: NoteSignature, keys: readonly VerifierKey[]): VerifierKey | undefined =>
  keys.find((key) => key.name === signature.name && sameBytes(key.id, signature.id));

/** The note with only the signature lines that claim one of these keys, in their order. */
export const signaturesBy = (note: Note, keys: readonly VerifierKey[]): Note => ({
  text: note.text,
  signatures: note.signatures.filter((signature) => claimedKey(signature, keys) !== undefined),
});

/** Makes the job that checks a signature; undefined when the signature cannot be one of that key's. */
export type JobOf = (key: VerifierKey, text: string, signature: Uint8Array) => SignatureJob | undefined;

/** Type 0x01: Ed25519 over the text of the note. */
export const noteSignatureJob: JobOf = (key, text, signature) =>
  key.type === SIGNATURE_TYPE.ed25519 && signature.length === 64
    ? { alg: 'ed25519', key: key.key, message: utf8(text), signature }
    : undefined;

export interface VerifiedNote {
  readonly text: string;
  /** The lines that verified, each with the key that it verified under. */
  readonly verified: readonly { readonly key: VerifierKey; readonly signature: Uint8Array }[];
  /** Lines by keys that the caller does not know. */
  readonly ignored: number;
}

/**
 * Plans the check of a note against known keys. Concluding throws unless every line by a known key verifies and
 * there is at least one. Errors: `NOTE_SIGNATURE` (names the key), `NOTE_UNSIGNED`.
 */
export function verifyNote(
  note: Note,
  keys: readonly VerifierKey[],
  jobOf: JobOf = noteSignatureJob,
): Plan<VerifiedNote> {
  const known = note.signatures.flatMap(({ name, id, signature }) => {
    const key = claimedKey({ name, id, signature }, keys);
    return key === undefined ? [] : [{ key, signature, job: jobOf(key, note.text, signature) }];
  });
  const jobs = known.flatMap(({ job }) => (job === undefined ? [] : [job]));
  return {
    jobs,
    conclude: (answers) => {
      let next = 0;
      for (const { key, job } of known) {
        const verified = job !== undefined && answers[next++] === true;
        if (!verified)
          throw new Refusal('NOTE_SIGNATURE', `The signature of ${key.name} is wrong.`, { key: key.name });
      }
      if (known.length === 0) throw new Refusal('NOTE_UNSIGNED', 'No known key has signed this note.');
      return {
        text: note.text,
        verified: known.map(({ key, signature }) => ({ key, signature })),
        ignored: note.signatures.length - known.length,
      };
    },
  };
}
