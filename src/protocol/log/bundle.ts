/**
 * Verifying a bundle (bundleformat.ts draws the file): text and hashes first, then the checkpoint's signatures
 * under the policy, then every record's own signature. What a record is and who may sign it is the caller's
 * business; `checkRecord` says which signature has to hold.
 *
 * Where no keys are pinned, they come from the bundle itself: the result then says `keys: 'bundle'`, and the answer
 * is only that the file is whole and consistent, not whose it is.
 */
import { Refusal } from '../bytes/index.ts';
import type { CheckSignature, CheckSignatureAsync, Hashes, Plan, SignatureJob } from '../bytes/index.ts';
import { BundleDamaged, scanBundle } from './bundlescan.ts';
import type { BundleDamage, BundleScan } from './bundlescan.ts';
import { checkpointJob } from './cosignature.ts';
import { sameVerifierKey, verifyNote } from './note.ts';
import type { VerifierKey } from './note.ts';
import { policyKeys } from './policy.ts';
import type { Policy } from './policy.ts';
import { judge } from './verify.ts';
import type { VerifiedCheckpoint } from './verify.ts';

export interface BundleOptions {
  readonly hashes: Hashes;
  /** The signature that makes this record its author's, or (returned or thrown) why it is no record. */
  checkRecord(bytes: Uint8Array, sig: Uint8Array, index: number): SignatureJob | Refusal;
  /** What the caller knows beforehand; each one given must match. */
  readonly expect?: {
    readonly origin?: string;
    /** The log's key. */
    readonly log?: VerifierKey;
    /** The committee: the checkpoint must satisfy this policy too. */
    readonly policy?: Policy;
  };
}

export type BundleResult =
  | {
      readonly ok: true;
      readonly origin: string;
      /** Index of the first entry. */
      readonly first: number;
      /** How many entries there are. */
      readonly entries: number;
      readonly head: { readonly size: number; readonly root: Uint8Array };
      readonly checkpoint: VerifiedCheckpoint;
      /** Whether the keys that were trusted are the caller's or the bundle's own. */
      readonly keys: 'caller' | 'bundle';
    }
  | {
      readonly ok: false;
      readonly origin: null;
      readonly first: null;
      readonly entries: null;
      readonly head: null;
      readonly damage: BundleDamage;
    };

/**
 * Plans the check of a whole bundle. All jobs are made at once, so this is for bundles of moderate size (each job
 * holds its record); `verifyBundle` and `verifyBundleAsync` give the same answer in constant memory.
 * Never throws for what is in the file: damage is a result.
 */
export function readBundle(file: Uint8Array, options: BundleOptions): Plan<BundleResult> {
  try {
    const { head, scan } = open(file, options);
    const records = scan.rootHolds ? [...recordJobs(scan, options)] : [];
    return {
      jobs: [...head.jobs, ...records.map(({ job }) => job)],
      conclude: (answers) =>
        caught(() => {
          const checkpoint = head.conclude(answers.slice(0, head.jobs.length));
          for (const [i, { index }] of records.entries())
            if (answers[head.jobs.length + i] !== true) throw wrongSignature(index);
          return accepted(scan, checkpoint, options);
        }),
    };
  } catch (error) {
    const result = refused(error);
    return { jobs: [], conclude: () => result };
  }
}

/** Verifies a bundle with a synchronous back end, one record at a time. */
export function verifyBundle(file: Uint8Array, options: BundleOptions, check: CheckSignature): BundleResult {
  return caught(() => {
    const { head, scan } = open(file, options);
    const checkpoint = head.conclude(head.jobs.map(check));
    for (const { index, job } of recordJobs(scan, options)) if (!check(job)) throw wrongSignature(index);
    return accepted(scan, checkpoint, options);
  });
}

/** Verifies a bundle with an asynchronous back end, `together` signatures in flight. */
export async function verifyBundleAsync(
  file: Uint8Array,
  options: BundleOptions,
  check: CheckSignatureAsync,
  together = 256,
): Promise<BundleResult> {
  try {
    const { head, scan } = open(file, options);
    const checkpoint = head.conclude(await Promise.all(head.jobs.map(check)));
    let batch: { index: number; job: SignatureJob }[] = [];
    const flush = async (): Promise<void> => {
      const answers = await Promise.all(batch.map(({ job }) => check(job)));
      const wrong = batch.find((_, i) => answers[i] !== true);
      if (wrong !== undefined) throw wrongSignature(wrong.index);
      batch = [];
    };
    for (const record of recordJobs(scan, options)) {
      batch.push(record);
      if (batch.length >= together) await flush();
    }
    await flush();
    return accepted(scan, checkpoint, options);
  } catch (error) {
    return refused(error);
  }
}

/** Text, hashes and pinned keys; and the plan for the checkpoint. Throws `BundleDamaged`. */
function open(
  file: Uint8Array,
  options: BundleOptions,
): { scan: BundleScan; head: Plan<VerifiedCheckpoint> } {
  const scan = scanBundle(options.hashes, file);
  const { note, checkpoint } = scan.checkpoint;
  const { origin, log, policy } = options.expect ?? {};
  if (origin !== undefined && origin !== scan.range.origin)
    throw new BundleDamaged('keys', null, `The bundle is of the log ${scan.range.origin}, not ${origin}.`);
  if (log !== undefined && !scan.policy.logs.some(({ key }) => sameVerifierKey(key, log)))
    throw new BundleDamaged('keys', null, 'The bundle is signed by another log key than the expected one.');
  const plan = verifyNote(note, policyKeys(scan.policy), checkpointJob);
  return {
    scan,
    head: {
      jobs: plan.jobs,
      conclude: (answers) => {
        const signatures = asDamage('checkpoint', () => plan.conclude(answers));
        const verified = asDamage('checkpoint', () => judge(checkpoint, signatures, scan.policy));
        if (!scan.rootHolds)
          throw new BundleDamaged(
            'entries',
            null,
            'The entries are not those that the checkpoint was signed over.',
          );
        if (policy === undefined) return verified;
        return asDamage('keys', () => judge(checkpoint, signatures, policy));
      },
    },
  };
}

function* recordJobs(
  scan: BundleScan,
  options: BundleOptions,
): Generator<{ index: number; job: SignatureJob }> {
  for (const { index, bytes, sig } of scan.entries()) {
    const job = asDamage('record', () => options.checkRecord(bytes, sig, index), index);
    if (job instanceof Refusal) throw new BundleDamaged('record', index, job.message);
    yield { index, job };
  }
}

function accepted(scan: BundleScan, checkpoint: VerifiedCheckpoint, { expect }: BundleOptions): BundleResult {
  const { origin, first, end } = scan.range;
  return {
    ok: true,
    origin,
    first,
    entries: end - first,
    head: { size: checkpoint.size, root: checkpoint.root },
    checkpoint,
    keys: expect?.log === undefined && expect?.policy === undefined ? 'bundle' : 'caller',
  };
}

function asDamage<T>(what: 'checkpoint' | 'keys' | 'record', run: () => T, index: number | null = null): T {
  try {
    return run();
  } catch (error) {
    throw error instanceof Refusal ? new BundleDamaged(what, index, error.message) : error;
  }
}

const wrongSignature = (index: number): BundleDamaged =>
  new BundleDamaged('signature', index, `The author's signature on entry ${index} is wrong.`);

function refused(error: unknown): BundleResult {
  if (!(error instanceof BundleDamaged)) throw error;
  return { ok: false, origin: null, first: null, entries: null, head: null, damage: error.damage };
}

function caught(run: () => BundleResult): BundleResult {
  try {
    return run();
  } catch (error) {
    return refused(error);
  }
}
