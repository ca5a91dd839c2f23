/**
 * The Merkle tree of a log: RFC 6962 2.1 (RFC 9162 2.1), SHA-256.
 *
 * The tree over n leaves splits at the largest power of two below n, so every subtree is made of *complete*
 * nodes: node (level, index) covers the 2^level leaves from index * 2^level on, and once its last leaf exists it
 * never changes. Only complete nodes are ever stored or asked for; the ragged right edge is recomputed from them.
 *
 * Sizes and indices are integers below 2^53, beyond the reach of JavaScript's 32-bit shifts: all arithmetic here
 * divides and multiplies.
 */
import { Refusal } from '../bytes/index.ts';
import type { Hashes } from '../bytes/index.ts';

/** Bytes of one hash. */
export const HASH_BYTES = 32;

/** A complete node: the subtree over the leaves index * 2^level .. (index + 1) * 2^level - 1. */
export interface NodeRef {
  readonly level: number;
  readonly index: number;
}

/** Gives the hash of a complete node: a store's tiles, or `completeNodes` over leaves in memory. */
export type NodeReader = (level: number, index: number) => Uint8Array;

/** Root of the empty tree: SHA-256 of nothing. */
export const emptyRoot = (hashes: Hashes): Uint8Array => hashes.sha256();

/** SHA-256(0x00 ‖ leaf). */
export const leafHash = (hashes: Hashes, leaf: Uint8Array): Uint8Array => hashes.sha256(LEAF, leaf);

/** SHA-256(0x01 ‖ left ‖ right); both children are 32 bytes (the callers here see to that). */
export const nodeHash = (hashes: Hashes, left: Uint8Array, right: Uint8Array): Uint8Array =>
  hashes.sha256(NODE, left, right);

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** Refuses what is not a 32-byte hash. Errors: `LOG_HASH`. */
export function checkHash(hash: Uint8Array, what: string): Uint8Array {
  if (!(hash instanceof Uint8Array) || hash.length !== HASH_BYTES)
    throw new Refusal('LOG_HASH', `The ${what} is not a ${HASH_BYTES}-byte hash.`);
  return hash;
}

/** Refuses what is not a tree size: an integer 0 .. 2^53 - 1. Errors: `LOG_SIZE`. */
export function checkSize(size: number, what: string): number {
  if (!Number.isSafeInteger(size) || size < 0)
    throw new Refusal('LOG_SIZE', `The ${what} is not a whole number from 0 to 2^53 - 1.`);
  return size;
}

/** Refuses an index that the tree does not have. Errors: `LOG_SIZE`, `LOG_INDEX`. */
export function checkIndex(index: number, size: number): number {
  checkSize(size, 'tree size');
  checkSize(index, 'leaf index');
  if (index >= size)
    throw new Refusal('LOG_INDEX', `There is no leaf ${index} in a tree of ${size}.`, { index, size });
  return index;
}

/** The largest power of two below `n` (n >= 2): where RFC 6962 splits a tree of n leaves. */
export function splitPoint(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/**
 * The complete nodes that tile the leaves [start, end), left to right, as few as possible. Of [0, n) they are what
 * a `Frontier` of size n holds; of [n, size) they are what is missing to its right.
 */
export function coveringNodes(start: number, end: number): NodeRef[] {
  checkSize(start, 'start of a range');
  checkSize(end, 'end of a range');
  const nodes: NodeRef[] = [];
  let at = start;
  while (at < end) {
    let width = 1;
    let level = 0;
    // grow while the node stays aligned and inside the range
    while (at % (width * 2) === 0 && at + width * 2 <= end) {
      width *= 2;
      level += 1;
    }
    nodes.push({ level, index: at / width });
    at += width;
  }
  return nodes;
}

/**
 * Root of the subtree over [start, end), where `start` is a split point or 0, so that the covering nodes shrink
 * from left to right and fold from the right.
 */
export function subtreeRoot(hashes: Hashes, start: number, end: number, read: NodeReader): Uint8Array {
  let root: Uint8Array | undefined;
  for (const node of coveringNodes(start, end).toReversed()) {
    const hash = checkHash(read(node.level, node.index), `node ${node.level}/${node.index}`);
    root = root === undefined ? hash : nodeHash(hashes, hash, root);
  }
  return root ?? emptyRoot(hashes);
}

/** Root of the tree over these leaf hashes, in order (RFC 6962 2.1, MTH). Errors: `LOG_HASH`. */
export function rootOf(hashes: Hashes, leafHashes: readonly Uint8Array[]): Uint8Array {
  return subtreeRoot(hashes, 0, leafHashes.length, completeNodes(hashes, leafHashes));
}

/**
 * Computes every complete node over these leaf hashes and returns a reader of them; asking for a node that is not
 * complete yet is a bug. Holds about two hashes per leaf: for logs in memory (the CLI, a browser, tests).
 */
export function completeNodes(hashes: Hashes, leafHashes: readonly Uint8Array[]): NodeReader {
  const levels: (readonly Uint8Array[])[] = [];
  let row: readonly Uint8Array[] = leafHashes.map((hash, i) => checkHash(hash, `leaf hash ${i}`));
  while (row.length > 0) {
    levels.push(row);
    const above: Uint8Array[] = [];
    let left: Uint8Array | undefined;
    for (const hash of row) {
      if (left === undefined) left = hash;
      else {
        above.push(nodeHash(hashes, left, hash));
        left = undefined;
      }
    }
    row = above;
  }
  return (level, index) => {
    const hash = levels[level]?.[index];
    if (hash === undefined) throw new Error(`node ${level}/${index} is not complete`);
    return hash;
  };
}
