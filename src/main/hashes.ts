/** The hash and signature back end of the node: node:crypto (core.md 5). */
import { createPublicKey, hash, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { fromHex, toBase64 } from '../protocol/bytes/index.ts';
import type { CheckSignature, CheckSignatureAsync, Hashes, SignatureJob } from '../protocol/bytes/index.ts';

export const nodeHashes: Hashes = {
  sha256: (...parts) => digest('sha256', joined(parts)),
  sha384: (bytes) => digest('sha384', bytes),
  sha512: (bytes) => digest('sha512', bytes),
};

/**
 * By way of its hex text: a buffer that Node makes lies outside of the heap, and making and freeing it costs three
 * times what the hash of a leaf does.
 */
const digest = (algorithm: string, input: Uint8Array): Uint8Array => fromHex(hash(algorithm, input, 'hex'));

/** Where parts are put together (a leaf has at most 17 KiB), used and forgotten within one call. */
const desk = new Uint8Array(32 * 1024);

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  let size = 0;
  for (const part of parts) size += part.length;
  const place = size <= desk.length ? desk : new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    place.set(part, at);
    at += part.length;
  }
  return place.subarray(0, size);
}

/**
 * r‖s of 32 bytes each as SEQUENCE of two INTEGERs. Node takes r‖s as well (`ieee-p1363`), but then asks the key for
 * its curve at every signature, which takes half as long as the verification.
 */
function toDer(raw: Uint8Array): Uint8Array {
  const der = new Uint8Array(72);
  let end = 2;
  for (const offset of [0, 32]) {
    let from = offset;
    while (from < offset + 31 && raw[from] === 0) from++;
    const padded = (raw[from] as number) > 0x7f ? 1 : 0;
    const length = offset + 32 - from + padded;
    der[end] = 0x02;
    der[end + 1] = length;
    der.set(raw.subarray(from, offset + 32), end + 2 + padded);
    end += 2 + length;
  }
  der[0] = 0x30;
  der[1] = end - 2;
  return der.subarray(0, end);
}

/** SubjectPublicKeyInfo up to the raw key, whole groups of base64. */
const SPKI = { ed25519: 'MCowBQYDK2VwAyEA', p256: 'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE' } as const;

/** As text, because Node 24 imports a key from text twice as fast as from JWK or DER. */
function toPem(alg: keyof typeof SPKI, raw: Uint8Array): string {
  const base64 = SPKI[alg] + toBase64(raw);
  // lines of 64 characters, and no empty one
  const text = base64.length > 64 ? `${base64.slice(0, 64)}\n${base64.slice(64)}` : base64;
  return `-----BEGIN PUBLIC KEY-----\n${text}\n-----END PUBLIC KEY-----\n`;
}

/** One memory of keys behind two ways to check. */
export interface SignatureCheckers {
  readonly here: CheckSignature;
  /** In libuv's thread pool: for many at once, so that the event loop goes on meanwhile. */
  readonly aside: CheckSignatureAsync;
}

/** Importing a key costs half of a verification, so key objects are kept, bounded. */
export function createSignatureCheckers(maxKeys = 1024): SignatureCheckers {
  const keys = new Map<string, KeyObject>();
  const keyOf = ({ alg, key: raw, signature }: SignatureJob): KeyObject | null => {
    if (signature.length !== 64 || raw.length !== (alg === 'ed25519' ? 32 : 64)) return null;
    const id = `${alg}:${toBase64(raw)}`;
    const known = keys.get(id);
    if (known !== undefined) return known;
    let key: KeyObject;
    try {
      key = createPublicKey(toPem(alg, raw));
    } catch {
      return null; // not a point of the curve
    }
    if (keys.size >= maxKeys) {
      const oldest = keys.keys().next();
      if (!oldest.done) keys.delete(oldest.value);
    }
    keys.set(id, key);
    return key;
  };
  const hashOf = ({ alg }: SignatureJob): string | null => (alg === 'ed25519' ? null : 'sha256');
  const signatureOf = ({ alg, signature }: SignatureJob): Uint8Array =>
    alg === 'ed25519' ? signature : toDer(signature);
  return {
    here(job) {
      const key = keyOf(job);
      return key !== null && verify(hashOf(job), job.message, key, signatureOf(job));
    },
    aside: (job) =>
      new Promise((resolve, reject) => {
        const key = keyOf(job);
        if (key === null) return resolve(false);
        verify(hashOf(job), job.message, key, signatureOf(job), (error, good) => {
          if (error === null) resolve(good);
          else reject(error);
        });
      }),
  };
}

export const createSignatureChecker = (maxKeys?: number): CheckSignature =>
  createSignatureCheckers(maxKeys).here;
