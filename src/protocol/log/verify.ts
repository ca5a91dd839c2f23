/**
 * When a checkpoint counts: signed by a log of the policy whose key is named like the origin, and cosigned as the
 * policy's quorum demands (c2sp.org/tlog-policy, "What is a policy?").
 */
import { Refusal } from '../bytes/index.ts';
import type { Plan } from '../bytes/index.ts';
import { parseSignedCheckpoint } from './checkpoint.ts';
import type { Checkpoint, SignedCheckpoint } from './checkpoint.ts';
import { checkpointJob, parseCosignature } from './cosignature.ts';
import { sameVerifierKey, verifyNote } from './note.ts';
import type { VerifiedNote, VerifierKey } from './note.ts';
import { policyKeys, satisfies } from './policy.ts';
import type { Policy } from './policy.ts';

export interface VerifiedCheckpoint extends Checkpoint {
  /** The log key that signed. */
  readonly log: VerifierKey;
  /** Witnesses of the policy that cosigned, each with the time (Unix seconds) that it states. */
  readonly cosigners: readonly { readonly name: string; readonly key: VerifierKey; readonly time: number }[];
  /** Signature lines by keys that the policy does not name. */
  readonly ignored: number;
}

/**
 * Plans the check of a checkpoint under a policy. Malformed input throws at once; concluding throws when a known
 * signature is wrong, no log of the policy signed, or the quorum is not met.
 * Errors: `NOTE_FORMAT`, `CHECKPOINT_FORMAT`; `NOTE_SIGNATURE`, `NOTE_UNSIGNED`, `CHECKPOINT_LOG`, `CHECKPOINT_QUORUM`.
 */
export function verifyCheckpoint(bytes: Uint8Array, policy: Policy): Plan<VerifiedCheckpoint> {
  return verifySignedCheckpoint(parseSignedCheckpoint(bytes), policy);
}

/** `verifyCheckpoint` for one that is parsed already. */
export function verifySignedCheckpoint(signed: SignedCheckpoint, policy: Policy): Plan<VerifiedCheckpoint> {
  const plan = verifyNote(signed.note, policyKeys(policy), checkpointJob);
  return {
    jobs: plan.jobs,
    conclude: (answers) => judge(signed.checkpoint, plan.conclude(answers), policy),
  };
}

/** Applies a policy to signatures that have verified. Errors: `CHECKPOINT_LOG`, `CHECKPOINT_QUORUM`. */
export function judge(
  checkpoint: Checkpoint,
  { verified, ignored }: Pick<VerifiedNote, 'verified' | 'ignored'>,
  policy: Policy,
): VerifiedCheckpoint {
  const log = policy.logs.find(
    ({ key }) =>
      key.name === checkpoint.origin && verified.some((signature) => sameVerifierKey(signature.key, key)),
  );
  if (log === undefined)
    throw new Refusal(
      'CHECKPOINT_LOG',
      `No known key of the log ${checkpoint.origin} signed this checkpoint.`,
    );
  const cosigners = policy.witnesses.flatMap(({ name, key }) => {
    const line = verified.find((signature) => sameVerifierKey(signature.key, key));
    const time = line === undefined ? undefined : parseCosignature(line.signature)?.time;
    return time === undefined ? [] : [{ name, key, time }];
  });
  if (!satisfies(policy, new Set(cosigners.map(({ name }) => name))))
    throw new Refusal(
      'CHECKPOINT_QUORUM',
      `The checkpoint is cosigned by ${cosigners.length} of ${policy.witnesses.length} witnesses, which is no quorum.`,
      { cosigned: cosigners.length, witnesses: policy.witnesses.length },
    );
  return { ...checkpoint, log: log.key, cosigners, ignored };
}
