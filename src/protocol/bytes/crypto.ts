/**
 * The Crypto port. Rules never verify a signature themselves: they hand out *jobs* and a function that turns
 * the answers into a result. The node answers jobs synchronously with node:crypto, a browser asynchronously
 * with WebCrypto, a test with @noble/curves; the rule is the same code in all three.
 */

/** Hashes that rules call directly; all are synchronous everywhere (node:crypto, or @noble/hashes in a browser). */
export interface Hashes {
  /** SHA-256 of the parts, one after the other: 32 bytes. */
  sha256(...parts: readonly Uint8Array[]): Uint8Array;
  /** SHA-384 of `bytes`: 48 bytes. */
  sha384(bytes: Uint8Array): Uint8Array;
  /** SHA-512 of `bytes`: 64 bytes. */
  sha512(bytes: Uint8Array): Uint8Array;
}

/** One signature to be checked. */
export type SignatureJob =
  /** RFC 8032 Ed25519: `key` is the raw 32-byte public key, `signature` 64 bytes. */
  | {
      readonly alg: 'ed25519';
      readonly key: Uint8Array;
      readonly message: Uint8Array;
      readonly signature: Uint8Array;
    }
  /** ECDSA P-256 with SHA-256: `key` is x‖y (64 bytes), `signature` is r‖s (64 bytes); high S is allowed. */
  | {
      readonly alg: 'p256';
      readonly key: Uint8Array;
      readonly message: Uint8Array;
      readonly signature: Uint8Array;
    };

/** Checks one signature. A malformed key or signature is the answer `false`, never a throw. */
export type CheckSignature = (job: SignatureJob) => boolean;
export type CheckSignatureAsync = (job: SignatureJob) => Promise<boolean>;

/** A rule that waits for signature answers: `answers[i]` belongs to `jobs[i]`. */
export interface Plan<T> {
  readonly jobs: readonly SignatureJob[];
  conclude(answers: readonly boolean[]): T;
}

/** Runs a plan with a synchronous back end. */
export function settle<T>(plan: Plan<T>, check: CheckSignature): T {
  return plan.conclude(plan.jobs.map(check));
}

/** Runs a plan with an asynchronous back end, all jobs in flight together. */
export async function settleAsync<T>(plan: Plan<T>, check: CheckSignatureAsync): Promise<T> {
  return plan.conclude(await Promise.all(plan.jobs.map(check)));
}
