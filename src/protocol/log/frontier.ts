/**
 * The append-only edge of a tree: the complete nodes that tile [0, size), largest first. It is all that is needed
 * to append and to know the root (RFC 6962 2.1): at most 53 hashes, two hash calls per append on average.
 */
import { concat, Refusal } from '../bytes/index.ts';
import type { Hashes } from '../bytes/index.ts';
import { checkHash, checkSize, coveringNodes, emptyRoot, HASH_BYTES, nodeHash } from './tree.ts';

/** What a frontier is: `hashes` belong to `coveringNodes(0, size)`, in that order. */
export interface FrontierState {
  readonly size: number;
  readonly hashes: readonly Uint8Array[];
}

/** Hears of every node that an append completes, the leaf itself (level 0) first: what a store of tiles keeps. */
export type OnNode = (level: number, index: number, hash: Uint8Array) => void;

export class Frontier {
  #size: number;
  readonly #edge: Uint8Array[];
  readonly #hashes: Hashes;

  /** An empty tree, or the one that `state` describes. Errors: `LOG_SIZE`, `LOG_HASH`, `LOG_FRONTIER`. */
  constructor(hashes: Hashes, state: FrontierState = { size: 0, hashes: [] }) {
    const expected = coveringNodes(0, checkSize(state.size, 'tree size')).length;
    if (state.hashes.length !== expected)
      throw new Refusal(
        'LOG_FRONTIER',
        `The edge of a tree of ${state.size} has ${expected} hashes, not ${state.hashes.length}.`,
      );
    this.#hashes = hashes;
    this.#size = state.size;
    this.#edge = state.hashes.map((hash, i) => checkHash(hash, `frontier hash ${i}`));
  }

  /** Leaves so far. */
  get size(): number {
    return this.#size;
  }

  /** Appends a leaf by its leaf hash; returns its index. Errors: `LOG_HASH`. */
  append(leafHash: Uint8Array, onNode?: OnNode): number {
    const index = this.#size;
    this.appendNode(0, leafHash, onNode);
    return index;
  }

  /**
   * Appends the 2^level leaves of a complete node by its hash. The size so far must be a multiple of 2^level, else
   * the node would not be one of the tree's. Errors: `LOG_HASH`, `LOG_FRONTIER`, `LOG_SIZE`.
   */
  appendNode(level: number, hash: Uint8Array, onNode?: OnNode): void {
    checkHash(hash, 'appended hash');
    const width = 2 ** level;
    if (!Number.isInteger(level) || level < 0 || this.#size % width !== 0)
      throw new Refusal('LOG_FRONTIER', `A node of level ${level} does not fit at leaf ${this.#size}.`);
    const size = checkSize(this.#size + width, 'tree size');
    let [node, at, index] = [hash, level, this.#size / width];
    onNode?.(at, index, node);
    while (index % 2 === 1) {
      node = nodeHash(this.#hashes, this.#edge.pop() as Uint8Array, node);
      at += 1;
      index = (index - 1) / 2;
      onNode?.(at, index, node);
    }
    this.#edge.push(node);
    this.#size = size;
  }

  /** Root over all leaves so far. */
  root(): Uint8Array {
    let root: Uint8Array | undefined;
    for (const hash of this.#edge.toReversed())
      root = root === undefined ? hash : nodeHash(this.#hashes, hash, root);
    return root ?? emptyRoot(this.#hashes);
  }

  /** A copy that can be kept and given back to the constructor. */
  state(): FrontierState {
    return { size: this.#size, hashes: [...this.#edge] };
  }
}

/** A frontier as bytes: size as u64 big-endian, then its hashes. */
export function encodeFrontier(state: FrontierState): Uint8Array<ArrayBuffer> {
  const head = new DataView(new ArrayBuffer(8));
  head.setBigUint64(0, BigInt(state.size));
  return concat(new Uint8Array(head.buffer), ...state.hashes);
}

/** Reads what `encodeFrontier` wrote. Errors: `LOG_FRONTIER`, `LOG_SIZE`. */
export function decodeFrontier(bytes: Uint8Array): FrontierState {
  if (bytes.length < 8 || (bytes.length - 8) % HASH_BYTES !== 0)
    throw new Refusal('LOG_FRONTIER', 'A frontier is a size and whole hashes.');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const size = checkSize(Number(view.getBigUint64(0)), 'tree size');
  const hashes: Uint8Array[] = [];
  for (let at = 8; at < bytes.length; at += HASH_BYTES) hashes.push(bytes.slice(at, at + HASH_BYTES));
  if (hashes.length !== coveringNodes(0, size).length)
    throw new Refusal('LOG_FRONTIER', `The edge of a tree of ${size} does not have ${hashes.length} hashes.`);
  return { size, hashes };
}
