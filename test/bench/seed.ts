/** A data folder with a real identity, a real coalition and many real, signed entries. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { coalitionId } from '../../src/protocol/coalition/index.ts';
import { NO_COALITION, toHex, utf8 } from '../../src/protocol/bytes/index.ts';
import type { Value } from '../../src/protocol/bytes/index.ts';
import { encodeRecord, signedMessage } from '../../src/protocol/record/index.ts';
import type { Signed } from '../../src/protocol/record/index.ts';
import { coalitionFileText, composeCoalition } from '../../src/main/services/coalition/index.ts';
import { openLocalStore, openVault, passphraseSeal } from '../../src/main/store/index.ts';
import type { KeyVault } from '../../src/main/store/index.ts';
import { asStore } from '../local-store.ts';
import { nodeOrigin, openCommitteeOfOne } from '../../src/main/substrate/log/index.ts';
import { nodeHashes } from '../../src/main/hashes.ts';

export const SEED_PASSPHRASE = 'bench bench bench';
const BATCH = 512;

/** Writes `entries` entries into `folder`, as a node would have: identity, coalition, then tickets. */
export async function seedFolder(folder: string, entries: number): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const vault = openVault(join(folder, 'vault.json'), passphraseSeal());
  const keys = await vault.create(SEED_PASSPHRASE);
  const store = openLocalStore({
    path: join(folder, 'store.db'),
    headPath: join(folder, 'head'),
    rules: 'kinds',
  });
  let last = store.append([]);
  try {
    const write = writer(vault, keys.node);
    const config = composeCoalition({ name: 'bench.coalition', lattices: [], organisms: [] }, keys.issuer);
    const coalition = coalitionId(config);
    last = store.append([
      write('identity.created', NO_COALITION, {
        name: 'bench',
        log: keys.log,
        cosigner: keys.cosigner,
        issuer: keys.issuer,
      }),
      write('coalition.published', coalition, { config: utf8(coalitionFileText(config)) }),
    ]);
    for (let done = last.size; done < entries;) {
      const batch: Signed[] = [];
      for (; batch.length < BATCH && done < entries; done++) {
        const ticket = nodeHashes.sha256(utf8(`ticket ${done}`));
        batch.push(
          write('ticket.issued', coalition, {
            ticket,
            subject: ticket,
            audience: coalition,
            notBefore: 1_700_000_000_000,
            expires: 1_700_086_400_000,
          }),
        );
      }
      last = store.append(batch);
      const refused = last.appended.find((entry) => entry.refused !== null);
      if (refused !== undefined) throw new Error(`seed refused: ${refused.refused?.code}`);
    }
  } finally {
    store.close();
  }
  await signHead(folder, vault, toHex(keys.node));
}

/** Opens the log once, which signs the head that the seeding left unsigned. */
async function signHead(folder: string, vault: KeyVault, peer: string): Promise<void> {
  const local = openLocalStore({
    path: join(folder, 'store.db'),
    headPath: join(folder, 'head'),
    rules: 'kinds',
  });
  await openCommitteeOfOne({ origin: nodeOrigin(peer), store: asStore(local), vault, now: Date.now }).close();
  local.close();
}

function writer(vault: KeyVault, author: Uint8Array) {
  const seqs = new Map<string, number>();
  return (kind: string, coalition: Uint8Array, body: Value): Signed => {
    const key = toHex(coalition);
    const seq = (seqs.get(key) ?? -1) + 1;
    seqs.set(key, seq);
    const bytes = encodeRecord({
      v: 1,
      kind,
      coalition,
      author,
      seq,
      at: 1_700_000_000_000 + seq,
      body,
      evidence: [],
    });
    return { bytes, sig: vault.sign('node', signedMessage(bytes)) };
  };
}
