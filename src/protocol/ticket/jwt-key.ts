/**
 * Keys that sign JWT tickets: Ed25519 (RFC 8037) and ECDSA on P-256 (RFC 7518 3.4). The runtime that this follows also
 * knows HS256/384/512, ES256K, ES384 and ES512 (coalition.md 3.6): the first three would put a secret into a published
 * validator, and no issuer of ours uses the others, so that they are refused by name.
 */
import { p256 } from '@noble/curves/nist.js';
import { concat, fromHex, Refusal } from '../bytes/index.ts';

export type JwtAlgorithm = 'EdDSA' | 'ES256';
export const UNSUPPORTED_ALGORITHMS = ['HS256', 'HS384', 'HS512', 'ES256K', 'ES384', 'ES512'] as const;

export interface JwtKey {
  readonly alg: JwtAlgorithm;
  /** EdDSA: 32 bytes raw. ES256: the compressed point (SEC 1 2.3.3), 33 bytes, which is what is folded into ids. */
  readonly key: Uint8Array;
  /** What tokens call this key: a hint which of several to try, not part of any id. */
  readonly kid?: string | undefined;
}

/** True for the algorithms that are checked here. */
export const isSupported = (alg: string): alg is JwtAlgorithm => alg === 'EdDSA' || alg === 'ES256';

/** Why an algorithm is not taken. */
export function refuseAlgorithm(alg: string): Refusal {
  const known = (UNSUPPORTED_ALGORITHMS as readonly string[]).includes(alg);
  return new Refusal(
    'TICKET_ALGORITHM',
    known
      ? `Tickets signed with ${alg} are not supported; use EdDSA or ES256.`
      : 'The ticket names an algorithm that is not known; use EdDSA or ES256.',
  );
}

/**
 * Reads a public key from bytes or hex. ES256 takes a SEC 1 point, compressed (33 bytes) or not (65), or x‖y (64).
 * Errors: `TICKET_ALGORITHM`, `TICKET_KEY_FORMAT`, and `TEXT_HEX` for a text that is no hex.
 *
 * @example readJwtKey('ES256', '03…')
 */
export function readJwtKey(alg: string, key: Uint8Array | string, kid?: string): JwtKey {
  if (!isSupported(alg)) throw refuseAlgorithm(alg);
  const raw = typeof key === 'string' ? fromHex(key) : key;
  const named = kid === undefined ? {} : { kid };
  if (alg === 'EdDSA') {
    if (raw.length !== 32)
      throw new Refusal('TICKET_KEY_FORMAT', `An Ed25519 key has 32 bytes, not ${raw.length}.`);
    return { alg, key: raw, ...named };
  }
  return { alg, key: point(raw).toBytes(true), ...named };
}

/** The key of a signature job: raw for EdDSA, x‖y for ES256. Errors: `TICKET_KEY_FORMAT`. */
export const jobKey = ({ alg, key }: JwtKey): Uint8Array =>
  alg === 'EdDSA' ? key : point(key).toBytes(false).subarray(1);

function point(raw: Uint8Array) {
  try {
    return p256.Point.fromBytes(raw.length === 64 ? concat(Uint8Array.of(4), raw) : raw);
  } catch {
    throw new Refusal('TICKET_KEY_FORMAT', 'The key is not a point of P-256.');
  }
}
