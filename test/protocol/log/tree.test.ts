/** RFC 6962 2.1: the reference tree of Certificate Transparency, and every small proof there is. */
import { describe, expect, it } from 'vitest';
import {
  completeNodes,
  consistencyNodes,
  coveringNodes,
  decodeFrontier,
  emptyRoot,
  encodeFrontier,
  Frontier,
  inclusionNodes,
  leafHash,
  nodeHash,
  proveConsistency,
  proveInclusion,
  rootOf,
  splitPoint,
  verifyConsistency,
  verifyInclusion,
} from '../../../src/protocol/log/index.ts';
import type { NodeReader, NodeRef } from '../../../src/protocol/log/index.ts';
import { Refusal } from '../../../src/protocol/bytes/index.ts';
import { hashes, hex, refusal } from './support.ts';

/** The eight leaves that the reference implementations of RFC 6962 use, and the roots of their first n. */
const CT_LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const CT_ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const ctHashes = CT_LEAVES.map((leaf) => leafHash(hashes, hex(leaf)));

const SIZES = 70;
const leaves = Array.from({ length: SIZES }, (_, i) => leafHash(hashes, Uint8Array.of(i)));
const roots = Array.from({ length: SIZES + 1 }, (_, n) => rootOf(hashes, leaves.slice(0, n)));
const read = completeNodes(hashes, leaves);
const foreign = new Uint8Array(32).fill(7);

const flipped = (hash: Uint8Array, bit: number): Uint8Array => {
  const copy = Uint8Array.from(hash);
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
};

/** The definition of RFC 6962, word for word, as a second opinion on everything cleverer. */
function mth(hashed: readonly Uint8Array[]): Uint8Array {
  if (hashed.length === 0) return emptyRoot(hashes);
  if (hashed.length === 1) return hashed[0]!;
  const k = splitPoint(hashed.length);
  return nodeHash(hashes, mth(hashed.slice(0, k)), mth(hashed.slice(k)));
}

/** Nodes by name, in an order that does not matter. */
const order = (nodes: NodeRef[]): string[] => nodes.map((node) => `${node.level}/${node.index}`).toSorted();

const refuses = (act: () => void): boolean => {
  try {
    act();
    return false;
  } catch (error) {
    if (error instanceof Refusal) return true;
    throw error;
  }
};

/** What could be sent in place of a right proof. */
const spoilt = (proof: readonly Uint8Array[]): Uint8Array[][] => [
  ...(proof.length > 0 ? [proof.slice(1), proof.slice(0, -1)] : []),
  [...proof, foreign],
  [foreign, ...proof],
  ...proof.map((hash, i) => proof.with(i, flipped(hash, (37 * i) % 256))),
  ...proof.map((hash, i) => proof.with(i, hash.subarray(1))),
];

describe('the tree', () => {
  it('has the roots of the reference leaves of RFC 6962', () => {
    for (const [n, root] of CT_ROOTS.entries())
      expect(Buffer.from(rootOf(hashes, ctHashes.slice(0, n))).toString('hex')).toBe(root);
  });

  it('gives the published consistency proof from 6 to 8 reference leaves', () => {
    const proof = proveConsistency(hashes, 6, 8, completeNodes(hashes, ctHashes));
    expect(proof.map((hash) => Buffer.from(hash).toString('hex'))).toEqual([
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
  });

  it('has the root of the definition at every size up to 70', () => {
    for (const [n, root] of roots.entries()) expect(root).toEqual(mth(leaves.slice(0, n)));
  });

  it('refuses a leaf hash that is not 32 bytes', () => {
    refusal('LOG_HASH', () => rootOf(hashes, [new Uint8Array(31)]));
  });
});

describe('the frontier', () => {
  it('has the same root as the whole tree after every append, and says which nodes became complete', () => {
    const frontier = new Frontier(hashes);
    expect(frontier.root()).toEqual(roots[0]);
    const seen = new Map<string, Uint8Array>();
    for (const [i, leaf] of leaves.entries()) {
      expect(frontier.append(leaf, (level, index, hash) => seen.set(`${level}/${index}`, hash))).toBe(i);
      expect(frontier.root()).toEqual(roots[i + 1]);
    }
    // 70 + 35 + 17 + 8 + 4 + 2 + 1 complete nodes
    expect(seen.size).toBe(137);
    for (const [name, hash] of seen) {
      const [level, index] = name.split('/').map(Number);
      expect(hash).toEqual(read(level!, index!));
    }
  });

  it('can be put away at any size and taken up again', () => {
    for (let n = 0; n < SIZES; n++) {
      const frontier = new Frontier(hashes);
      for (const leaf of leaves.slice(0, n)) frontier.append(leaf);
      const again = new Frontier(hashes, decodeFrontier(encodeFrontier(frontier.state())));
      again.append(leaves[n]!);
      expect(again.root()).toEqual(roots[n + 1]);
    }
  });

  it('reaches every root from any range of leaves and the covering nodes on both sides', () => {
    for (let start = 0; start <= SIZES; start++)
      for (let end = start; end <= SIZES; end++) {
        const hashesOf = (nodes: NodeRef[]): Uint8Array[] =>
          nodes.map(({ level, index }) => read(level, index));
        const frontier = new Frontier(hashes, { size: start, hashes: hashesOf(coveringNodes(0, start)) });
        for (const leaf of leaves.slice(start, end)) frontier.append(leaf);
        for (const { level, index } of coveringNodes(end, SIZES))
          frontier.appendNode(level, read(level, index));
        expect(frontier.root()).toEqual(roots[SIZES]);
      }
  });

  it('keeps counting beyond 32 bits', () => {
    const size = 2 ** 33 + 1;
    const frontier = new Frontier(hashes, { size, hashes: [foreign, leaves[0]!] });
    expect(frontier.append(leaves[1]!)).toBe(size);
    expect(frontier.size).toBe(size + 1);
    expect(frontier.root()).toEqual(nodeHash(hashes, foreign, nodeHash(hashes, leaves[0]!, leaves[1]!)));
  });

  it('refuses states and appends that no tree can have', () => {
    refusal('LOG_FRONTIER', () => new Frontier(hashes, { size: 3, hashes: [foreign] }));
    refusal('LOG_SIZE', () => new Frontier(hashes, { size: 2 ** 53, hashes: [foreign] }));
    refusal('LOG_HASH', () => new Frontier(hashes, { size: 1, hashes: [new Uint8Array(33)] }));
    refusal('LOG_HASH', () => new Frontier(hashes).append(new Uint8Array(0)));
    const one = new Frontier(hashes, { size: 1, hashes: [foreign] });
    refusal('LOG_FRONTIER', () => one.appendNode(1, foreign));
    const bytes = encodeFrontier({ size: 3, hashes: [foreign, foreign] });
    refusal('LOG_FRONTIER', () => decodeFrontier(bytes.subarray(1)));
    refusal('LOG_FRONTIER', () => decodeFrontier(bytes.subarray(0, 40)));
    refusal('LOG_SIZE', () => decodeFrontier(bytes.fill(0xff, 0, 8)));
  });
});

describe('inclusion proofs', () => {
  it('hold for every leaf of every tree up to 70, and for nothing else', () => {
    let proofs = 0;
    for (let size = 1; size <= SIZES; size++)
      for (let index = 0; index < size; index++) {
        const proof = proveInclusion(hashes, index, size, read);
        const claim = { index, size, leaf: leaves[index]!, root: roots[size]! };
        verifyInclusion(hashes, claim, proof);
        proofs += 1;
        const wrong = [
          { ...claim, root: roots[size - 1]! },
          { ...claim, root: foreign },
          { ...claim, leaf: foreign },
          { ...claim, index: size },
          // one leaf alone has an empty proof whatever its number: no other index exists there
          ...(size > 1 ? [{ ...claim, index: (index + 1) % size }] : []),
          ...(index > 0 ? [{ ...claim, index: index - 1 }] : []),
          { ...claim, size: 0 },
          { ...claim, size: 2 * size + 1 },
        ];
        for (const claimed of wrong)
          expect(refuses(() => verifyInclusion(hashes, claimed, proof))).toBe(true);
        for (const sent of spoilt(proof))
          expect(refuses(() => verifyInclusion(hashes, claim, sent))).toBe(true);
      }
    expect(proofs).toBe((SIZES * (SIZES + 1)) / 2);
  });

  it('read exactly the nodes that were announced', () => {
    for (let size = 1; size <= SIZES; size++)
      for (let index = 0; index < size; index++) {
        const asked: NodeRef[] = [];
        const recording: NodeReader = (level, at) => {
          asked.push({ level, index: at });
          return read(level, at);
        };
        proveInclusion(hashes, index, size, recording);
        expect(order(asked)).toEqual(order(inclusionNodes(index, size)));
        // complete at that size: nothing beyond the tree is read
        for (const node of asked) expect((node.index + 1) * 2 ** node.level).toBeLessThanOrEqual(size);
      }
  });

  it('are as long as the tree is high, far beyond 32 bits', () => {
    const size = 2 ** 52 + 12_345;
    const index = 2 ** 40 + 99;
    const proof = proveInclusion(hashes, index, size, () => foreign);
    expect(proof).toHaveLength(53);
    let node = leaves[0]!;
    let at = index;
    for (const hash of proof) {
      node = at % 2 === 1 ? nodeHash(hashes, hash, node) : nodeHash(hashes, node, hash);
      at = Math.floor(at / 2);
    }
    verifyInclusion(hashes, { index, size, leaf: leaves[0]!, root: node }, proof);
  });

  it('are refused for a leaf that the tree does not have', () => {
    refusal('LOG_INDEX', () => proveInclusion(hashes, 5, 5, read));
    refusal('LOG_SIZE', () => proveInclusion(hashes, -1, 5, read));
    refusal('LOG_SIZE', () => proveInclusion(hashes, 1.5, 5, read));
    refusal('LOG_SIZE', () => proveInclusion(hashes, 0, Number.NaN, read));
  });
});

describe('consistency proofs', () => {
  it('hold between every two sizes up to 70, and for nothing else', () => {
    let proofs = 0;
    for (let second = 0; second <= SIZES; second++)
      for (let first = 0; first <= second; first++) {
        const proof = proveConsistency(hashes, first, second, read);
        const claim = { first, second, firstRoot: roots[first]!, secondRoot: roots[second]! };
        verifyConsistency(hashes, claim, proof);
        proofs += 1;
        const wrong = [
          { ...claim, firstRoot: foreign },
          // from nothing everything follows
          ...(first > 0 || second === 0 ? [{ ...claim, secondRoot: foreign }] : []),
          ...(first > 0 && first < second ? [{ ...claim, firstRoot: roots[second]! }] : []),
          ...(first > 0 && first < second
            ? [
                { ...claim, first: first - 1 },
                { ...claim, first: first + 1 },
              ]
            : []),
          { ...claim, first: second + 1 },
        ];
        for (const claimed of wrong)
          expect(refuses(() => verifyConsistency(hashes, claimed, proof))).toBe(true);
        for (const sent of spoilt(proof))
          expect(refuses(() => verifyConsistency(hashes, claim, sent))).toBe(true);
      }
    expect(proofs).toBe(((SIZES + 1) * (SIZES + 2)) / 2);
  });

  it('read only complete nodes that were announced', () => {
    for (let second = 1; second <= SIZES; second++)
      for (let first = 1; first <= second; first++) {
        const announced = new Set(
          consistencyNodes(first, second).map(({ level, index }) => `${level}/${index}`),
        );
        proveConsistency(hashes, first, second, (level, index) => {
          expect(announced.has(`${level}/${index}`)).toBe(true);
          expect((index + 1) * 2 ** level).toBeLessThanOrEqual(second);
          return read(level, index);
        });
      }
  });

  it('are refused backwards', () => {
    refusal('LOG_SIZE', () => proveConsistency(hashes, 4, 3, read));
  });
});
