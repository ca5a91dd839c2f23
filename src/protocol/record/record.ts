/**
 * The signed envelope (house.md 4). A record is what a node says happened; its bytes are canonical CBOR of at
 * most 16 KiB, its id the CID of those bytes, its signature Ed25519 over "muster/record/1" ‖ 0x00 ‖ bytes.
 * The received bytes are stored and relayed, never a re-encoding.
 */
import { z } from 'zod';
import { cidOf, concat, decodeCanonical, encodeCanonical, Refusal, utf8 } from '../bytes/index.ts';
import type { Hashes, SignatureJob, Value } from '../bytes/index.ts';
import { evidencePointer } from './evidence.ts';
import type { EvidencePointer } from './evidence.ts';
import { bytes, count, millis } from './schema.ts';

export const MAX_RECORD_BYTES = 16 * 1024;
const DOMAIN = concat(utf8('muster/record/1'), new Uint8Array(1));

export interface Record<B = unknown> {
  readonly v: 1;
  /** `area.event`, lower case. */
  readonly kind: string;
  /** Coalition id; 32 zero bytes before one exists. */
  readonly coalition: Uint8Array;
  /** Raw Ed25519 public key of the node that speaks. */
  readonly author: Uint8Array;
  /** Counts per (coalition, author); gaps are allowed, reuse is evidence of a fork. */
  readonly seq: number;
  /** Claimed time, Unix milliseconds. */
  readonly at: number;
  /** Almanac tick, where one exists. */
  readonly tick?: number | undefined;
  readonly body: B;
  readonly evidence: readonly EvidencePointer[];
}

/** A record as it travels and rests. */
export interface Signed {
  readonly bytes: Uint8Array;
  /** 64 bytes. */
  readonly sig: Uint8Array;
}

const envelope = z.object({
  v: z.literal(1),
  kind: z
    .string()
    .regex(/^[a-z]+(\.[a-z]+)+$/)
    .max(48),
  coalition: bytes(32),
  author: bytes(32),
  seq: count,
  at: millis,
  tick: count.optional(),
  body: z.unknown(),
  evidence: z.array(evidencePointer).max(16),
});

/** Canonical bytes of a record. Errors: `RECORD_SIZE`, `CBOR_PROFILE`. */
export function encodeRecord(record: Record<Value>): Uint8Array<ArrayBuffer> {
  const { tick, ...rest } = record;
  const encoded = encodeCanonical((tick === undefined ? rest : { ...rest, tick }) as unknown as Value);
  if (encoded.length > MAX_RECORD_BYTES)
    throw new Refusal(
      'RECORD_SIZE',
      `The record is ${encoded.length} bytes; the limit is ${MAX_RECORD_BYTES}.`,
    );
  return encoded;
}

/** Reads the envelope of received bytes; the body is left for its kind. Errors: `RECORD_FORMAT`, `CBOR_*`. */
export function decodeRecord(received: Uint8Array): Record {
  const parsed = envelope.safeParse(decodeCanonical(received, MAX_RECORD_BYTES));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new Refusal(
      'RECORD_FORMAT',
      `The record's ${issue?.path.join('.') || 'form'} is wrong: ${issue?.message}.`,
    );
  }
  return parsed.data;
}

/** The bytes that an author signs. */
export const signedMessage = (recordBytes: Uint8Array): Uint8Array => concat(DOMAIN, recordBytes);

/** The signature check that stands for "the author said this". */
export function signatureJob(author: Uint8Array, signed: Signed): SignatureJob {
  return { alg: 'ed25519', key: author, message: signedMessage(signed.bytes), signature: signed.sig };
}

export const recordId = (hashes: Hashes, recordBytes: Uint8Array): string => cidOf(hashes, recordBytes);
