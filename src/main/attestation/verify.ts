/**
 * The verifier on node:crypto: synchronous, one call from bytes to verdict. The rules are in
 * protocol/attestation; here are only the back end and a bounded memory of pure readings and key objects.
 */
import { hash } from 'node:crypto';
import type { CheckSignature, SignatureJob } from '../../protocol/bytes/index.ts';
import { concat, settle } from '../../protocol/bytes/index.ts';
import type { Collateral, Memo, Policy, PolicyFacts, Verdict } from '../../protocol/attestation/index.ts';
import { planVerdict } from '../../protocol/attestation/index.ts';
import { createSignatureChecker, nodeHashes } from '../hashes.ts';
import { createLru } from './lru.ts';

/**
 * What verifications may share: parsed certificates, lists and documents, imported keys, and which of their
 * signatures are good. It holds nothing that depends on a time or a policy, and nothing of one root for another.
 */
export interface VerifierCache {
  readonly memo: Memo;
  readonly check: CheckSignature;
  /** Lets `check` remember the answer to this very job, whose bytes will never change. */
  readonly share: (job: SignatureJob) => void;
  /** How much is held: number of readings, about how many bytes they take, and number of known signatures. */
  usage(): { readonly readings: number; readonly bytes: number; readonly signatures: number };
}

export interface VerifierCacheOptions {
  /** Largest size of the readings kept, in characters or bytes of what they are made of; default 16 Mi. */
  readonly characters?: number;
  /** Largest number of imported keys; default 1024. */
  readonly keys?: number;
  /** Largest number of signatures remembered as good; default 16,384. */
  readonly signatures?: number;
}

/** What any reading takes, beside its own size. */
const OVERHEAD = 512;

/**
 * Remembers good signatures of shared jobs by the hash of key, signature and message: a fleet shares most of them,
 * and that a signature is right is true at every time and under every policy. Bad ones are not kept. The hash is
 * made when a job is shared, and a job that is not is always checked: its bytes may have changed.
 */
function rememberGood(check: CheckSignature, capacity: number) {
  const names = new WeakMap<SignatureJob, string>();
  const good = createLru<true>(capacity);
  return {
    share(job: SignatureJob): void {
      // key and signature have fixed lengths, so that no two jobs share one name
      if (job.alg === 'p256' && job.key.length === 64 && job.signature.length === 64)
        names.set(job, hash('sha256', concat(job.key, job.signature, job.message), 'base64'));
    },
    check(job: SignatureJob): boolean {
      const name = names.get(job);
      if (name === undefined) return check(job);
      if (good.get(name) === true) return true;
      const right = check(job);
      if (right) good.set(name, true, 1);
      return right;
    },
    entries: () => good.entries,
  };
}

type MemoKey = Parameters<Memo>[1];

const sameKey = (a: MemoKey, b: MemoKey): boolean =>
  typeof a === 'string' || typeof b === 'string'
    ? a === b
    : a.length === b.length && a.every((text, i) => text === b[i]);

const sizeOf = (key: MemoKey): number =>
  typeof key === 'string' ? key.length : key.reduce((sum, text) => sum + text.length, 0);

export function createVerifierCache(options: VerifierCacheOptions = {}): VerifierCache {
  const readings = createLru<{ readonly key: MemoKey; readonly made: unknown }>(
    options.characters ?? 16 * 1024 * 1024,
  );
  const memo: Memo = <T>(kind: string, key: MemoKey, make: () => T, size = sizeOf(key)): T => {
    const name = `${kind}:${typeof key === 'string' ? key : key[0]}`;
    const known = readings.get(name);
    // a kind always makes the same type from the same key, which the compiler cannot see
    if (known !== undefined && sameKey(known.key, key)) return known.made as T;
    const made = make();
    readings.set(name, { key, made }, size + OVERHEAD);
    return made;
  };
  const { share, check, entries } = rememberGood(
    createSignatureChecker(options.keys ?? 1024),
    options.signatures ?? 16_384,
  );
  return {
    memo,
    check,
    share,
    usage: () => ({ readings: readings.entries, bytes: readings.weight, signatures: entries() }),
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
  const plan = planVerdict({ ...request, hashes: nodeHashes, memo: cache?.memo, share: cache?.share });
  return settle(plan, cache?.check ?? createSignatureChecker());
}
