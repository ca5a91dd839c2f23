/**
 * `cosignature/v1`, to the byte of c2sp.org/tlog-cosignature (Ed25519, signature type 0x04): a cosigner states
 * that, as of a time, this is the largest consistent tree that it has seen of this log. The message does not name
 * the cosigner, so every cosigner needs a key of its own.
 */
import { concat, Refusal, utf8 } from '../bytes/index.ts';
import type { SignatureJob } from '../bytes/index.ts';
import { noteSignatureJob, SIGNATURE_TYPE } from './note.ts';
import type { JobOf, NoteSignature, VerifierKey } from './note.ts';

const TIME_BYTES = 8;
const ED25519_BYTES = 64;

/**
 * The bytes that a cosigner signs: `time` in Unix seconds, then the whole note text of the checkpoint, extension
 * lines included. Errors: `COSIGNATURE_TIME`.
 */
export function cosignatureMessage(time: number, checkpointText: string): Uint8Array<ArrayBuffer> {
  if (!Number.isSafeInteger(time) || time < 0)
    throw new Refusal('COSIGNATURE_TIME', 'The time of a cosignature is in whole Unix seconds.');
  return utf8(`cosignature/v1\ntime ${time}\n${checkpointText}`);
}

/** The signature line of a cosignature: u64 big-endian `time` ‖ `signature`. Errors: `NOTE_KEY`, `COSIGNATURE_TIME`. */
export function cosignature(key: VerifierKey, time: number, signature: Uint8Array): NoteSignature {
  if (key.type !== SIGNATURE_TYPE.cosignature || signature.length !== ED25519_BYTES)
    throw new Refusal('NOTE_KEY', 'A cosigner signs with an Ed25519 key of type 0x04.');
  if (!Number.isSafeInteger(time) || time < 0)
    throw new Refusal('COSIGNATURE_TIME', 'The time of a cosignature is in whole Unix seconds.');
  const head = new DataView(new ArrayBuffer(TIME_BYTES));
  head.setBigUint64(0, BigInt(time));
  return { name: key.name, id: key.id, signature: concat(new Uint8Array(head.buffer), signature) };
}

/** Splits what a type 0x04 line carries; undefined when it is none, or its time is beyond 2^53 seconds. */
export function parseCosignature(
  timestamped: Uint8Array,
): { time: number; signature: Uint8Array } | undefined {
  if (timestamped.length !== TIME_BYTES + ED25519_BYTES) return undefined;
  const view = new DataView(timestamped.buffer, timestamped.byteOffset, timestamped.length);
  const time = Number(view.getBigUint64(0));
  return Number.isSafeInteger(time) ? { time, signature: timestamped.slice(TIME_BYTES) } : undefined;
}

/** Type 0x04: Ed25519 over `cosignatureMessage`. */
export const cosignatureJob: JobOf = (key, text, timestamped): SignatureJob | undefined => {
  const parts = key.type === SIGNATURE_TYPE.cosignature ? parseCosignature(timestamped) : undefined;
  if (parts === undefined) return undefined;
  return {
    alg: 'ed25519',
    key: key.key,
    message: cosignatureMessage(parts.time, text),
    signature: parts.signature,
  };
};

/** The signatures of a checkpoint: a log's (0x01) and cosigners' (0x04). */
export const checkpointJob: JobOf = (key, text, signature) =>
  key.type === SIGNATURE_TYPE.cosignature
    ? cosignatureJob(key, text, signature)
    : noteSignatureJob(key, text, signature);
