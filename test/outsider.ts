/** What somebody outside can check of a node's Chronicle: an entry with its proof, and an exported bundle. */
import { createSignatureChecker, nodeHashes } from '../src/main/hashes.ts';
import type { Client } from '../src/main/api/index.ts';
import { fromBase64, fromBase64url, settle, utf8 } from '../src/protocol/bytes/index.ts';
import {
  parsePolicy,
  recordLeafHash,
  verifyBundle,
  verifyCheckpoint,
  verifyInclusion,
} from '../src/protocol/log/index.ts';
import type { BundleResult } from '../src/protocol/log/index.ts';
import { decodeRecord, signatureJob } from '../src/protocol/record/index.ts';

const check = createSignatureChecker();

/** The export bundle of entries `from`..`to`, default all. */
export async function exportBundle(
  client: Client,
  range: { from?: number; to?: number } = {},
): Promise<Uint8Array> {
  let text = '';
  for await (const piece of await client.chronicle.export(range)) text += piece.text;
  return utf8(text);
}

export const judgeBundle = (file: Uint8Array): BundleResult =>
  verifyBundle(
    file,
    {
      hashes: nodeHashes,
      checkRecord: (bytes, sig) => signatureJob(decodeRecord(bytes).author, { bytes, sig }),
    },
    check,
  );

/** Throws unless the entry is signed by its author and lies under a checkpoint that the policy accepts. */
export async function verifyEntry(client: Client, index: number): Promise<void> {
  const [entry, { policy }] = await Promise.all([client.chronicle.entry({ index }), client.chronicle.head()]);
  const [bytes, sig] = [fromBase64url(entry.bytes), fromBase64url(entry.sig)];
  if (!check(signatureJob(decodeRecord(bytes).author, { bytes, sig })))
    throw new Error('not signed by its author');
  if (entry.inclusion === null || policy === null) throw new Error('not under a checkpoint');
  const checkpoint = settle(
    verifyCheckpoint(utf8(entry.inclusion.checkpoint), parsePolicy(nodeHashes, utf8(policy))),
    check,
  );
  const leaf = recordLeafHash(nodeHashes, bytes, sig);
  const claim = { index, size: checkpoint.size, leaf, root: checkpoint.root };
  verifyInclusion(nodeHashes, claim, entry.inclusion.hashes.map(fromBase64));
}
