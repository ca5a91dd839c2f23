/**
 * What must hold after every kill: everything that was acknowledged as committed is there, under its index, with its
 * id; start-up checks pass; the store may be written; and a checkpoint that the policy accepts covers every entry.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createSignatureChecker, nodeHashes } from '../../src/main/hashes.ts';
import { lockFolder } from '../../src/main/node/index.ts';
import { fullCheck, openLocalStore, openVault, passphraseSeal } from '../../src/main/store/index.ts';
import type { LocalStore, Store } from '../../src/main/store/index.ts';
import { nodeOrigin, openCommitteeOfOne } from '../../src/main/substrate/log/index.ts';
import {
  cidFromDigest,
  encodeCanonical,
  sameBytes,
  settle,
  toHex,
  utf8,
} from '../../src/protocol/bytes/index.ts';
import { kinds } from '../../src/protocol/kinds.ts';
import {
  parsePolicy,
  recordLeafHash,
  verifyCheckpoint,
  verifyConsistency,
  verifyInclusion,
} from '../../src/protocol/log/index.ts';
import {
  decodeRecord,
  foldInto,
  memoryView,
  signatureJob,
  viewDigest,
} from '../../src/protocol/record/index.ts';
import type { Random } from '../random.ts';
import { CHEAP, PASSPHRASE } from './secrets.ts';

/** What is known of one folder over the rounds that used it. */
export interface Known {
  /** Index → id of every acknowledged entry. */
  readonly acknowledged: Map<number, string>;
  /** The largest head that was seen signed. */
  signed: { readonly size: number; readonly root: Uint8Array } | null;
  peer: string | null;
}

export interface Found {
  readonly entries: number;
  /** Entries that no checkpoint covered before this start signed one. */
  readonly unsigned: number;
}

const check = createSignatureChecker();
const must = (holds: boolean, what: string): void => {
  if (!holds) throw new Error(what);
};

/** Judges the folder after a kill; throws the first thing that does not hold. `fresh` acknowledgements are checked one by one. */
export async function judgeFolder(
  folder: string,
  known: Known,
  fresh: readonly number[],
  random: Random,
): Promise<Found> {
  // the kernel let go of the lock with the process
  const unlock = lockFolder(folder);
  try {
    const vault = openVault(join(folder, 'vault.json'), passphraseSeal(CHEAP));
    const keys = vault.publicKeys();
    if (keys === null) {
      must(known.acknowledged.size === 0, 'the keys are gone');
      return { entries: 0, unsigned: 0 };
    }
    must(known.peer === null || known.peer === toHex(keys.node), 'the keys are others');
    known.peer = toHex(keys.node);
    if (!existsSync(join(folder, 'store.db'))) {
      must(known.acknowledged.size === 0, 'the store is gone');
      return { entries: 0, unsigned: 0 };
    }
    const local = openLocalStore({
      path: join(folder, 'store.db'),
      headPath: join(folder, 'head'),
      rules: 'kinds',
    });
    try {
      must(local.health.writable, `read-only after the kill: ${JSON.stringify(local.health.checks)}`);
      must(
        local.health.checks.every(({ outcome }) => outcome === 'passed'),
        'a start-up check failed',
      );
      const { size } = local.health;
      const looked = new Set([...fresh, ...sample([...known.acknowledged.keys()], 20, random)]);
      for (const index of looked) mustBeThere(local, index, known.acknowledged.get(index));
      for (const index of known.acknowledged.keys())
        must(index < size, `entry ${index} is missing: ${size} are there`);
      const unsigned = size - (local.health.checkpoint?.size ?? 0);
      // now and then it is only looked at, and the next process finds what the kill left
      if (size === 0 || random.oneIn(4)) return { entries: size, unsigned };

      await vault.unlock(PASSPHRASE);
      const store = asStore(local);
      const log = openCommitteeOfOne({ origin: nodeOrigin(known.peer), store, vault, now: Date.now });
      const { checkpoint } = log.head();
      must(checkpoint !== null && checkpoint.size === size, 'no checkpoint covers the log after the start');
      const policy = parsePolicy(nodeHashes, utf8(log.policy));
      const head = settle(verifyCheckpoint(checkpoint!.note, policy), check);
      must(sameBytes(head.root, local.rootAt(size)), 'the checkpoint is that of another tree');
      if (known.signed !== null) {
        const claim = {
          first: known.signed.size,
          firstRoot: known.signed.root,
          second: size,
          secondRoot: head.root,
        };
        verifyConsistency(nodeHashes, claim, local.consistency(known.signed.size, size));
      }
      known.signed = { size, root: head.root };
      for (const index of new Set([0, size - 1, ...sample([...looked], 5, random)])) {
        const { bytes, sig } = local.entry(index)!;
        must(check(signatureJob(decodeRecord(bytes).author, { bytes, sig })), `entry ${index} is not signed`);
        const claim = { index, size, leaf: recordLeafHash(nodeHashes, bytes, sig), root: head.root };
        verifyInclusion(nodeHashes, claim, local.inclusion(index, size));
      }
      await log.close();
      return { entries: size, unsigned };
    } finally {
      local.close();
    }
  } finally {
    unlock();
  }
}

/** Judges a folder that will not be used again: every acknowledgement, every byte, and the view from zero. */
export function judgeWhole(folder: string, known: Known): void {
  const path = join(folder, 'store.db');
  if (!existsSync(path)) return must(known.acknowledged.size === 0, 'the store is gone');
  const report = fullCheck(path, () => undefined);
  must(report.state === 'passed', report.sentence);
  const local = openLocalStore({ path, headPath: join(folder, 'head'), rules: 'kinds' });
  try {
    for (const [index, id] of known.acknowledged) mustBeThere(local, index, id);
    const view = memoryView();
    for (const { bytes, index } of local.range(0, local.health.size))
      foldInto(kinds, nodeHashes, view, bytes, index);
    const stored = nodeHashes.sha256(encodeCanonical(local.viewRows('')));
    must(sameBytes(stored, viewDigest(nodeHashes, view)), 'the view is not what the log gives');
  } finally {
    local.close();
  }
}

function mustBeThere(local: LocalStore, index: number, id: string | undefined): void {
  const row = local.entry(index);
  must(row !== null, `entry ${index} was committed and is missing`);
  must(cidFromDigest(row!.digest) === id, `entry ${index} was ${id} and is ${cidFromDigest(row!.digest)}`);
  must(sameBytes(nodeHashes.sha256(row!.bytes), row!.digest), `entry ${index} has other bytes`);
}

const sample = (from: readonly number[], count: number, random: Random): number[] =>
  from.length === 0 ? [] : Array.from({ length: count }, () => random.pick(from));

/** The synchronous store behind the promises of the port. */
function asStore(local: LocalStore): Store {
  const parts = Object.entries(local).map(([name, part]) => [
    name,
    typeof part === 'function'
      ? async (...args: never[]) => (part as (...given: never[]) => unknown)(...args)
      : part,
  ]);
  return Object.fromEntries(parts) as Store;
}
