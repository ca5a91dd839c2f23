/**
 * Equivocation: two checkpoints of one log with one size and two roots. Both are signed, so they accuse their
 * signers by themselves (core.md 1.4): no third document, and no trust in whoever shows them.
 */
import { Refusal, sameBytes } from '../bytes/index.ts';
import type { Plan } from '../bytes/index.ts';
import { checkpointJob } from './cosignature.ts';
import { parseSignedCheckpoint } from './checkpoint.ts';
import { sameVerifierKey, verifyNote } from './note.ts';
import type { VerifierKey } from './note.ts';
import { policyKeys } from './policy.ts';
import type { Policy } from './policy.ts';

export interface EquivocationProof {
  /** Two signed notes; the order does not matter. */
  readonly notes: readonly [Uint8Array, Uint8Array];
}

export interface Equivocation {
  readonly origin: string;
  readonly size: number;
  readonly roots: readonly [Uint8Array, Uint8Array];
  /** Keys of the policy that signed both: at least one. */
  readonly signers: readonly VerifierKey[];
}

/**
 * Plans the check of such a proof. Concluding throws unless both notes are of one log and size, have different
 * roots, and some key of the policy has signed both.
 * Errors: `NOTE_FORMAT`, `CHECKPOINT_FORMAT`, `NOTE_SIGNATURE`, `NOTE_UNSIGNED`, `EQUIVOCATION_NONE`.
 */
export function verifyEquivocation({ notes }: EquivocationProof, policy: Policy): Plan<Equivocation> {
  const [first, second] = [parseSignedCheckpoint(notes[0]), parseSignedCheckpoint(notes[1])];
  const [a, b] = [first.checkpoint, second.checkpoint];
  const none = (why: string): Refusal => new Refusal('EQUIVOCATION_NONE', `This is no equivocation: ${why}.`);
  if (a.origin !== b.origin) throw none('the two are of different logs');
  if (a.size !== b.size) throw none('the two are of different sizes, which alone does not contradict');
  if (sameBytes(a.root, b.root)) throw none('both have the same root');
  const plans = [first, second].map(({ note }) => verifyNote(note, policyKeys(policy), checkpointJob));
  const [left, right] = plans;
  return {
    jobs: plans.flatMap(({ jobs }) => jobs),
    conclude(answers) {
      const middle = left?.jobs.length ?? 0;
      const signedFirst = left?.conclude(answers.slice(0, middle)).verified ?? [];
      const signedSecond = right?.conclude(answers.slice(middle)).verified ?? [];
      const signers = signedFirst
        .map(({ key }) => key)
        .filter((key) => signedSecond.some((other) => sameVerifierKey(other.key, key)));
      if (signers.length === 0) throw none('nobody has signed both');
      return { origin: a.origin, size: a.size, roots: [a.root, b.root], signers };
    },
  };
}
