/**
 * Inclusion and consistency proofs: built as in RFC 6962 2.1.1 and 2.1.2, verified as in RFC 9162 2.1.3.2 and
 * 2.1.4.2. Builders read complete nodes only, through a `NodeReader`; `inclusionNodes` and `consistencyNodes` say
 * beforehand which ones they will ask for, so that a caller whose tiles come asynchronously can fetch them first.
 * Verifiers throw: a proof that does not hold cannot be overlooked.
 */
import { Refusal, sameBytes } from '../bytes/index.ts';
import type { Hashes } from '../bytes/index.ts';
import { checkHash, checkIndex, checkSize, coveringNodes, emptyRoot, nodeHash } from './tree.ts';
import { splitPoint, subtreeRoot } from './tree.ts';
import type { NodeReader, NodeRef } from './tree.ts';

/** A run of leaves [start, end) whose subtree root is one hash of a proof. */
type Run = readonly [start: number, end: number];

/** The siblings on the way from leaf `index` up to the root, lowest first (RFC 6962 2.1.1, PATH). */
function inclusionRuns(index: number, size: number): Run[] {
  const runs: Run[] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    const middle = start + splitPoint(end - start);
    if (index < middle) {
      runs.push([middle, end]);
      end = middle;
    } else {
      runs.push([start, middle]);
      start = middle;
    }
  }
  return runs.toReversed();
}

/** RFC 6962 2.1.2, SUBPROOF, walked from the top. */
function consistencyRuns(first: number, second: number): Run[] {
  if (first === 0 || first === second) return [];
  const runs: Run[] = [];
  let [start, end] = [0, second];
  while (first !== end) {
    const middle = start + splitPoint(end - start);
    if (first <= middle) {
      runs.push([middle, end]);
      end = middle;
    } else {
      runs.push([start, middle]);
      start = middle;
    }
  }
  // the old tree's own root is known to the verifier; any other subtree has to be sent
  if (start > 0) runs.push([start, end]);
  return runs.toReversed();
}

const nodesOf = (runs: readonly Run[]): NodeRef[] =>
  runs.flatMap(([start, end]) => coveringNodes(start, end));

/** The complete nodes that `proveInclusion(index, size)` reads. Errors: `LOG_SIZE`, `LOG_INDEX`. */
export const inclusionNodes = (index: number, size: number): NodeRef[] =>
  nodesOf(inclusionRuns(checkIndex(index, size), size));

/** The complete nodes that `proveConsistency(first, second)` reads. Errors: `LOG_SIZE`. */
export const consistencyNodes = (first: number, second: number): NodeRef[] =>
  nodesOf(consistencyRuns(...checkOrder(first, second)));

/**
 * Inclusion proof of leaf `index` in the tree of the first `size` leaves: at most 53 hashes, lowest first.
 * The reader is asked for the nodes of `inclusionNodes(index, size)` and must know the first `size` leaves.
 * Errors: `LOG_SIZE`, `LOG_INDEX`, `LOG_HASH`.
 */
export function proveInclusion(hashes: Hashes, index: number, size: number, read: NodeReader): Uint8Array[] {
  return inclusionRuns(checkIndex(index, size), size).map(([start, end]) =>
    subtreeRoot(hashes, start, end, read),
  );
}

/**
 * Consistency proof from the tree of the first `first` leaves to that of the first `second`; empty when `first` is
 * 0 or equals `second`. The reader is asked for the nodes of `consistencyNodes(first, second)`.
 * Errors: `LOG_SIZE`, `LOG_HASH`.
 */
export function proveConsistency(
  hashes: Hashes,
  first: number,
  second: number,
  read: NodeReader,
): Uint8Array[] {
  return consistencyRuns(...checkOrder(first, second)).map(([start, end]) =>
    subtreeRoot(hashes, start, end, read),
  );
}

/**
 * Holds when `leaf` (a leaf hash) is leaf `index` of the tree of `size` leaves whose root is `root`; else throws.
 * Errors: `LOG_SIZE`, `LOG_INDEX`, `LOG_HASH`, `PROOF_SHAPE` (too few or too many hashes), `PROOF_FALSE`.
 */
export function verifyInclusion(
  hashes: Hashes,
  claim: { index: number; size: number; leaf: Uint8Array; root: Uint8Array },
  proof: readonly Uint8Array[],
): void {
  const { index, size } = claim;
  checkIndex(index, size);
  checkHash(claim.leaf, 'leaf hash');
  checkHash(claim.root, 'root');
  if (proof.length !== inclusionRuns(index, size).length) throw wrongLength();
  let node = claim.leaf;
  let walk: Walk = [index, size - 1];
  for (const [i, hash] of proof.entries()) {
    checkHash(hash, `proof hash ${i}`);
    if (walk[1] === 0) throw wrongLength();
    if (odd(walk[0]) || walk[0] === walk[1]) {
      node = nodeHash(hashes, hash, node);
      walk = skipRights(walk);
    } else node = nodeHash(hashes, node, hash);
    walk = up(walk);
  }
  if (walk[1] !== 0) throw wrongLength();
  if (!sameBytes(node, claim.root))
    throw new Refusal('PROOF_FALSE', `Leaf ${index} is not in this tree of ${size}.`, { index, size });
}

/**
 * Holds when the tree (`first`, `firstRoot`) is what the first `first` leaves of (`second`, `secondRoot`) hash to;
 * else throws. From size 0 everything follows, with an empty proof, if `firstRoot` is the empty root.
 * Errors: `LOG_SIZE`, `LOG_HASH`, `PROOF_SHAPE`, `PROOF_FALSE`.
 */
export function verifyConsistency(
  hashes: Hashes,
  claim: { first: number; second: number; firstRoot: Uint8Array; secondRoot: Uint8Array },
  proof: readonly Uint8Array[],
): void {
  const { first, second, firstRoot, secondRoot } = claim;
  checkOrder(first, second);
  checkHash(firstRoot, 'first root');
  checkHash(secondRoot, 'second root');
  if (proof.length !== consistencyRuns(first, second).length) throw wrongLength();
  const differs = (): Refusal =>
    new Refusal('PROOF_FALSE', `The tree of ${second} does not continue the tree of ${first}.`, {
      first,
      second,
    });
  if (second === 0 && !sameBytes(secondRoot, emptyRoot(hashes))) throw differs();
  if (first === 0 || first === second) {
    if (!sameBytes(firstRoot, first === 0 ? emptyRoot(hashes) : secondRoot)) throw differs();
    return;
  }
  // a complete old tree is a node of the new one and is left out of the proof
  const [start, ...rest] = coveringNodes(0, first).length === 1 ? [firstRoot, ...proof] : proof;
  if (start === undefined) throw wrongLength();
  let oldRoot = checkHash(start, 'proof hash 0');
  let newRoot = oldRoot;
  let walk: Walk = [first - 1, second - 1];
  while (odd(walk[0])) walk = up(walk);
  for (const hash of rest) {
    checkHash(hash, 'proof hash');
    if (walk[1] === 0) throw wrongLength();
    if (odd(walk[0]) || walk[0] === walk[1]) {
      oldRoot = nodeHash(hashes, hash, oldRoot);
      newRoot = nodeHash(hashes, hash, newRoot);
      walk = skipRights(walk);
    } else newRoot = nodeHash(hashes, newRoot, hash);
    walk = up(walk);
  }
  if (walk[1] !== 0) throw wrongLength();
  if (!sameBytes(oldRoot, firstRoot) || !sameBytes(newRoot, secondRoot)) throw differs();
}

/** Position of the node at hand and of the last node on its level (fn and sn in RFC 9162). */
type Walk = readonly [node: number, last: number];
const odd = (n: number): boolean => n % 2 === 1;
const up = ([node, last]: Walk): Walk => [Math.floor(node / 2), Math.floor(last / 2)];

/** On the right edge a node may be its parent's only child: climb until it is a right child, or the root. */
function skipRights(walk: Walk): Walk {
  let at = walk;
  while (!odd(at[0]) && at[0] !== 0) at = up(at);
  return at;
}

function checkOrder(first: number, second: number): [number, number] {
  checkSize(first, 'first size');
  checkSize(second, 'second size');
  if (first > second)
    throw new Refusal('LOG_SIZE', `A tree of ${second} cannot continue one of ${first}.`, { first, second });
  return [first, second];
}

const wrongLength = (): Refusal =>
  new Refusal('PROOF_SHAPE', 'The proof has too few or too many hashes for these sizes.');
