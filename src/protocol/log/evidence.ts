/**
 * What an evidence pointer claims, in terms of the log (core.md 1.4): "leaf `index` of the tree of `size` that log
 * `origin` has published is this one". The shape itself is the record's (record/evidence.ts).
 */
import { Refusal, sameBytes } from '../bytes/index.ts';
import type { Hashes, Plan } from '../bytes/index.ts';
import type { EvidencePointer } from '../record/index.ts';
import { checkOrigin, parseSignedCheckpoint } from './checkpoint.ts';
import type { TreeHead } from './checkpoint.ts';
import type { Policy } from './policy.ts';
import { parseProof, verifyProof } from './proof.ts';
import type { VerifiedProof } from './proof.ts';
import { checkHash, checkIndex } from './tree.ts';
import { verifyInclusion } from './treeproofs.ts';

export type { EvidencePointer } from '../record/index.ts';

const disagrees = (why: string): Refusal => new Refusal('EVIDENCE_PROOF', `The evidence's proof ${why}.`);

/**
 * Checks that a pointer makes sense: the index is below the size, and an inline proof speaks of the same log, the
 * same index, a tree of the same size, and holds for the leaf. Its signatures are not checked: `verifyEvidence`.
 * Errors: `CHECKPOINT_FORMAT`, `LOG_*`, `EVIDENCE_PROOF`, and those of `parseProof` and `verifyInclusion`.
 */
export function checkEvidencePointer(hashes: Hashes, pointer: EvidencePointer): EvidencePointer {
  checkOrigin(pointer.origin);
  checkIndex(pointer.index, pointer.size);
  checkHash(pointer.leaf, 'leaf hash');
  if (pointer.proof !== undefined) {
    const proof = parseProof(pointer.proof);
    const { checkpoint } = parseSignedCheckpoint(proof.checkpoint);
    if (checkpoint.origin !== pointer.origin) throw disagrees('is from another log');
    if (checkpoint.size !== pointer.size) throw disagrees('is for a tree of another size');
    if (proof.index !== pointer.index) throw disagrees('is for another index');
    const { index, size, leaf } = pointer;
    verifyInclusion(hashes, { index, size, leaf, root: checkpoint.root }, proof.hashes);
  }
  return pointer;
}

/**
 * Plans the check of a pointer under the policy of the log that it names; `fetched` is the proof file when the
 * pointer carries none. Errors: `EVIDENCE_PROOF` (there is no proof), and those of `verifyProof`.
 */
export function verifyEvidence(
  hashes: Hashes,
  pointer: EvidencePointer,
  policy: Policy,
  fetched?: Uint8Array,
): Plan<VerifiedProof> {
  const proof = pointer.proof ?? fetched;
  if (proof === undefined) throw disagrees('is not at hand');
  checkEvidencePointer(hashes, { ...pointer, proof });
  return verifyProof(hashes, parseProof(proof), pointer.leaf, policy);
}

/** True when both heads are of one log and one size but not of one tree: proof that the log has forked. */
export const equivocates = (a: TreeHead, b: TreeHead): boolean =>
  a.origin === b.origin && a.size === b.size && !sameBytes(a.root, b.root);
