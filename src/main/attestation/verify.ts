/**
 * The verifier on node:crypto: synchronous, one call from bytes to verdict. The rules are in
 * protocol/attestation; here are only the back end and a bounded memory of pure readings and key objects.
 */
import { hash } from 'node:crypto';
import type { CheckSignature } from '../../protocol/bytes/index.ts';
import { concat, settle } from '../../protocol/bytes/index.ts';
import type { Collateral, Memo, Policy, PolicyFacts, Verdict } from '../../protocol/attestation/index.ts';
import { planVerdict } from '../../protocol/attestation/index.ts';
import { createSignatureChecker, nodeHashes } from '../hashes.ts';
import { createLru, type Lru } from './lru.ts';

/**
 * What verifications may share: parsed certificates, lists and documents, and imported keys. It holds nothing
 * that depends on a time, a root or a policy, so it cannot answer for another one.
 */
export interface VerifierCache {
  readonly memo: Memo;
  readonly check: CheckSignature;
  /** How much is held: number of readings, characters of their keys, and number of known signatures. */
  usage(): { readonly readings: number; readonly characters: number; readonly signatures: number };
}

export interface VerifierCacheOptions {
  /** Largest sum of characters of the texts whose reading is kept; default 16 Mi. */
  readonly characters?: number;
  /** Largest number of imported keys; default 1024. */
  readonly keys?: number;
  /** Largest number of signatures remembered as good; default 16,384. */
  readonly signatures?: number;
}

/** Kinds of readings that share the limit evenly; the verifier has seven. */
const KINDS = 8;

/**
 * Remembers good signatures by the hash of key, signature and message: a fleet shares most of them, and that a
 * signature is right is true at every time and under every policy. Bad ones are not kept.
 */
function rememberGood(check: CheckSignature, capacity: number): { check: CheckSignature; entries(): number } {
  const good = createLru<true>(capacity);
  return {
    check(job) {
      // key and signature have fixed lengths, so that no two jobs share one text
      if (job.alg !== 'p256' || job.key.length !== 64 || job.signature.length !== 64) return check(job);
      const name = hash('sha256', concat(job.key, job.signature, job.message), 'base64');
      if (good.get(name) === true) return true;
      const right = check(job);
      if (right) good.set(name, true, 1);
      return right;
    },
    entries: () => good.entries,
  };
}

export function createVerifierCache(options: VerifierCacheOptions = {}): VerifierCache {
  // a map for each kind, so that a long text is a key as it is and need not be copied
  const share = Math.floor((options.characters ?? 16 * 1024 * 1024) / KINDS);
  const readings = new Map<string, Lru<{ readonly made: unknown }>>();
  const memo: Memo = <T>(kind: string, key: string, make: () => T): T => {
    let held = readings.get(kind);
    if (held === undefined) {
      held = createLru(share);
      readings.set(kind, held);
    }
    const known = held.get(key);
    // a kind always makes the same type from the same key, which the compiler cannot see
    if (known !== undefined) return known.made as T;
    const made = make();
    held.set(key, { made }, key.length);
    return made;
  };
  const sum = (of: (held: Lru<unknown>) => number): number =>
    [...readings.values()].reduce((total, held) => total + of(held), 0);
  const signatures = rememberGood(createSignatureChecker(options.keys ?? 1024), options.signatures ?? 16_384);
  return {
    memo,
    check: signatures.check,
    usage: () => ({
      readings: sum((held) => held.entries),
      characters: sum((held) => held.weight),
      signatures: signatures.entries(),
    }),
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
  /** What the host knows beside quote and collateral; for the policy only. */
  readonly facts?: PolicyFacts | undefined;
  readonly cache?: VerifierCache | undefined;
}

/**
 * Verifies a quote. Bad evidence never throws: the verdict carries the reason. Throws `POLICY_FORMAT` for a
 * policy with an unknown rule and a RangeError for a time that is none.
 *
 * @example verifyQuote({ quote, collateral, at: 1771753920 }).evidence // 'genuine'
 */
export function verifyQuote({ cache, ...request }: VerifyRequest): Verdict {
  const plan = planVerdict({ ...request, hashes: nodeHashes, memo: cache?.memo });
  return settle(plan, cache?.check ?? createSignatureChecker());
}
