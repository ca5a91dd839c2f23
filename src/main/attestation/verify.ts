/**
 * The verifier on node:crypto: synchronous, one call from bytes to verdict. The rules are in
 * protocol/attestation; here are only the back end and a bounded memory of pure readings and key objects.
 */
import type { CheckSignature } from '../../protocol/bytes/index.ts';
import { settle } from '../../protocol/bytes/index.ts';
import type { Collateral, Memo, Policy, Verdict } from '../../protocol/attestation/index.ts';
import { planVerdict } from '../../protocol/attestation/index.ts';
import { createSignatureChecker, nodeHashes } from '../hashes.ts';
import { createLru } from './lru.ts';

/**
 * What verifications may share: parsed certificates, lists and documents, and imported keys. It holds nothing
 * that depends on a time, a root or a policy, so it cannot answer for another one.
 */
export interface VerifierCache {
  readonly memo: Memo;
  readonly check: CheckSignature;
  /** How much is held: number of readings and characters of their keys. */
  usage(): { readonly readings: number; readonly characters: number };
}

export interface VerifierCacheOptions {
  /** Largest sum of characters of the texts whose reading is kept; default 8 Mi. */
  readonly characters?: number;
  /** Largest number of imported keys; default 1024. */
  readonly keys?: number;
}

export function createVerifierCache(options: VerifierCacheOptions = {}): VerifierCache {
  const readings = createLru<{ readonly made: unknown }>(options.characters ?? 8 * 1024 * 1024);
  const memo: Memo = <T>(kind: string, key: string, make: () => T): T => {
    const name = `${kind}:${key}`;
    const known = readings.get(name);
    // a kind always makes the same type from the same key, which the compiler cannot see
    if (known !== undefined) return known.made as T;
    const made = make();
    readings.set(name, { made }, name.length);
    return made;
  };
  return {
    memo,
    check: createSignatureChecker(options.keys ?? 1024),
    usage: () => ({ readings: readings.entries, characters: readings.weight }),
  };
}

export interface VerifyRequest {
  readonly quote: Uint8Array;
  /** Without it the verdict is at best `incomplete`. */
  readonly collateral?: Collateral | undefined;
  /** The time of the verification, whole Unix seconds; nothing reads the clock. */
  readonly at: number;
  /** DER of the root to trust; Intel's pinned one when left out, any other is marked as simulated. */
  readonly root?: Uint8Array | undefined;
  readonly policy?: Policy | undefined;
  readonly cache?: VerifierCache | undefined;
}

/**
 * Verifies a quote. Bad evidence never throws: the verdict carries the reason. Throws `POLICY_FORMAT` for a
 * policy with an unknown rule and a RangeError for a time that is none.
 *
 * @example verifyQuote({ quote, collateral, at: 1771753920 }).evidence // 'genuine'
 */
export function verifyQuote({ cache = createVerifierCache(), ...request }: VerifyRequest): Verdict {
  return settle(planVerdict({ ...request, hashes: nodeHashes, memo: cache.memo }), cache.check);
}
