/** Inclusion proofs from the store on disk, and their verification. */
import { join } from 'node:path';
import { utf8 } from '../../src/protocol/bytes/index.ts';
import { verifyInclusion } from '../../src/protocol/log/index.ts';
import { nodeHashes } from '../../src/main/hashes.ts';
import { openLocalStore } from '../../src/main/store/index.ts';
import { perSecond, rate } from './measure.ts';
import type { Bench } from './run.ts';

const ENTRIES = 100_000;

export async function proofs({ folder, print }: Bench): Promise<void> {
  const store = openLocalStore({
    path: join(folder, 'proofs.db'),
    headPath: join(folder, 'proofs.head'),
    rules: 'none',
  });
  const sig = new Uint8Array(64);
  let head = store.append([]);
  while (head.size < ENTRIES)
    head = store.append(
      Array.from({ length: 1000 }, (_, i) => ({ bytes: utf8(`entry ${head.size + i}`), sig })),
    );
  const { size, root } = head;
  let at = 0;
  const next = (): number => (at = (at * 1_103_515_245 + 12_345) % size);
  const sequential = rate(2000, () => void store.inclusion(at++ % size, size));
  const random = rate(2000, () => void store.inclusion(next(), size));
  const index = 54_321;
  const proof = store.inclusion(index, size);
  const leaf = store.entry(index)?.leaf ?? new Uint8Array(32);
  const verify = rate(2000, () => verifyInclusion(nodeHashes, { index, size, leaf, root }, proof));
  const hashes = rate(1000, () => void nodeHashes.sha256(leaf));
  store.close();
  const depth = proof.length;
  const limit = `${depth} hashes at bare SHA-256: ${perSecond(hashes / depth)}`;
  print({
    name: `inclusion proof built from disk, ${ENTRIES} entries, in order`,
    value: perSecond(sequential),
    beside: limit,
  });
  print({
    name: `inclusion proof built from disk, ${ENTRIES} entries, at random`,
    value: perSecond(random),
    beside: limit,
  });
  print({ name: 'inclusion proof verified', value: perSecond(verify), beside: limit });
}
