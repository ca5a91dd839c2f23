/** The way of one leaf up to the root, hash by hash, as a person can follow it (RFC 9162 2.1.3.2). Pure. */
import type { Hashes } from '../../protocol/bytes/index.ts';
import { nodeHash } from '../../protocol/log/index.ts';

export interface Rung {
  /** The hash that is joined on this rung. */
  readonly sibling: Uint8Array;
  /** On which side of ours it stands. */
  readonly side: 'left' | 'right';
  /** What both give together. */
  readonly result: Uint8Array;
}

/** `hashes` of the proof, lowest first; assumes that the proof has been verified. */
export function pathOf(
  crypto: Hashes,
  index: number,
  size: number,
  leaf: Uint8Array,
  proof: readonly Uint8Array[],
): readonly Rung[] {
  const rungs: Rung[] = [];
  let at = index;
  let last = size - 1;
  let current = leaf;
  const half = (): void => {
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  };
  for (const sibling of proof) {
    const left = at % 2 === 1 || at === last;
    current = left ? nodeHash(crypto, sibling, current) : nodeHash(crypto, current, sibling);
    rungs.push({ sibling, side: left ? 'left' : 'right', result: current });
    // a node without a right brother rises until it has one
    if (left) while (at % 2 === 0 && at !== 0) half();
    half();
  }
  return rungs;
}
