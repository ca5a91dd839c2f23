/**
 * Verification in this browser, not in the node: canonical bytes, CID, author's signature, leaf hash, inclusion
 * path, the checkpoint's signatures under the policy, and consistency with the checkpoint verified before.
 * The node is only asked for bytes and proofs. Keys are what this node told, and the result says so.
 */
import type { EntryDetail } from '../../contract/index.ts';
import {
  fromBase64,
  fromBase64url,
  Refusal,
  sameBytes,
  settleAsync,
  toBase64,
  toHex,
  utf8,
} from '../../protocol/bytes/index.ts';
import {
  parsePolicy,
  parseSignedCheckpoint,
  recordLeafHash,
  verifyConsistency,
  verifyInclusion,
  verifySignedCheckpoint,
} from '../../protocol/log/index.ts';
import type { Policy, VerifiedCheckpoint } from '../../protocol/log/index.ts';
import { decodeRecord, recordId, signatureJob } from '../../protocol/record/index.ts';
import type { Client } from '../client/link.ts';
import { createStore } from '../client/store.ts';
import type { Store } from '../client/store.ts';
import type { BrowserCrypto } from '../crypto.ts';
import { pathOf } from './path.ts';
import type { Rung } from './path.ts';

export const STEPS = [
  'bytes',
  'cid',
  'shown',
  'author',
  'leaf',
  'path',
  'checkpoint',
  'cosignatures',
  'consistency',
  'keys',
] as const;
export type StepId = (typeof STEPS)[number];

export interface Step {
  readonly id: StepId;
  readonly outcome: 'passed' | 'failed' | 'not-checked';
  /** Values for the step's sentence. */
  readonly values: Readonly<Record<string, string | number>>;
  /** Why it failed, or was not checked. */
  readonly why: string | null;
}

export interface Verification {
  readonly index: number;
  readonly ok: boolean;
  readonly at: number;
  readonly steps: readonly Step[];
  readonly leaf: Uint8Array | null;
  readonly rungs: readonly Rung[];
  readonly checkpoint: VerifiedCheckpoint | null;
}

export interface Session {
  readonly verified: number;
  readonly failed: number;
  /** The largest checkpoint that was verified in this session; newer ones must be consistent with it. */
  readonly head: { readonly size: number; readonly root: string } | null;
}

export interface Verifier {
  readonly session: Store<Session>;
  result(index: number): Verification | undefined;
  /** Fetches the entry and verifies it; bad evidence is a result, an unreachable node is thrown. */
  verify(index: number): Promise<Verification>;
  /** Verifies a checkpoint's signatures and its consistency with the session's head. */
  verifyCheckpoint(note: string): Promise<VerifiedCheckpoint>;
  isVerifiedCheckpoint(note: string): boolean;
}

/** Thrown inside a step: everything that rests on it is not checked. */
class Stop extends Error {}

export function createVerifier(client: Client, crypto: BrowserCrypto): Verifier {
  const session = createStore<Session>({ verified: 0, failed: 0, head: null });
  const results = new Map<number, Verification>();
  const checkpoints = new Map<string, VerifiedCheckpoint>();
  let head: { size: number; root: Uint8Array } | null = null;
  let policy: { text: string; parsed: Policy } | null = null;
  let queue: Promise<unknown> = Promise.resolve();

  async function currentPolicy(): Promise<Policy> {
    if (policy !== null) return policy.parsed;
    const { policy: text } = await client.chronicle.head();
    if (text === null) throw new Refusal('POLICY_FORMAT', 'The node has no keys to sign its log with yet.');
    policy = { text, parsed: parsePolicy(crypto, utf8(text)) };
    return policy.parsed;
  }

  async function signatures(note: string): Promise<VerifiedCheckpoint> {
    const known = checkpoints.get(note);
    if (known !== undefined) return known;
    const signed = parseSignedCheckpoint(utf8(note));
    const verified = await settleAsync(verifySignedCheckpoint(signed, await currentPolicy()), crypto.check);
    checkpoints.set(note, verified);
    return verified;
  }

  /** One at a time, so that two checkpoints are never both compared with the same predecessor. */
  function consistent(checkpoint: VerifiedCheckpoint): Promise<number | null> {
    const run = queue.then(async () => {
      const before = head;
      const { size, root } = checkpoint;
      if (before !== null) {
        const [older, newer] = before.size <= size ? [before, checkpoint] : [checkpoint, before];
        const proof =
          older.size === newer.size
            ? []
            : (await client.chronicle.consistency({ from: older.size, to: newer.size })).hashes.map(
                fromBase64,
              );
        verifyConsistency(
          crypto,
          { first: older.size, second: newer.size, firstRoot: older.root, secondRoot: newer.root },
          proof,
        );
      }
      if (before === null || size > before.size) {
        head = { size, root };
        session.set({ ...session.get(), head: { size, root: toBase64(root) } });
      }
      return before?.size ?? null;
    });
    queue = run.catch(() => undefined);
    return run;
  }

  async function examine(entry: EntryDetail): Promise<Verification> {
    const steps: Step[] = [];
    let [leaf, rungs]: [Uint8Array | null, readonly Rung[]] = [null, []];
    let checkpoint: VerifiedCheckpoint | null = null;
    const step = async <T>(id: StepId, body: () => Promise<readonly [T, Step['values']]>): Promise<T> => {
      try {
        const [value, values] = await body();
        steps.push({ id, outcome: 'passed', values, why: null });
        return value;
      } catch (error) {
        // an unreachable node is no verdict about the entry
        if (!(error instanceof Refusal)) throw error;
        steps.push({ id, outcome: 'failed', values: {}, why: error.message });
        throw new Stop();
      }
    };
    const insist = (condition: boolean, why: string): void => {
      if (!condition) throw new Refusal('PROOF_FALSE', why);
    };
    try {
      const bytes = fromBase64url(entry.bytes);
      const sig = fromBase64url(entry.sig);
      const record = await step('bytes', async () => [decodeRecord(bytes), { size: bytes.length }]);
      await step('cid', async () => {
        const id = recordId(crypto, bytes);
        insist(id === entry.id, `The bytes hash to ${id}, not to ${entry.id}.`);
        return [id, { id }];
      });
      await step('shown', async () => {
        insist(
          record.kind === entry.kind && toHex(record.author) === entry.author && record.at === entry.at,
          'Kind, author or time in the list are not those of the signed bytes.',
        );
        return [null, { kind: record.kind }];
      });
      await step('author', async () => {
        insist(
          await crypto.check(signatureJob(record.author, { bytes, sig })),
          'The author’s key did not make this signature.',
        );
        return [null, { author: toHex(record.author), by: crypto.ed25519By() }];
      });
      leaf = await step('leaf', async () => {
        const hash = recordLeafHash(crypto, bytes, sig);
        insist(toBase64(hash) === entry.leaf, 'The leaf hash is not the one that the node states.');
        return [hash, { leaf: toHex(hash) }];
      });
      const { inclusion } = entry;
      if (inclusion !== null) {
        const proof = inclusion.hashes.map(fromBase64);
        const known = leaf;
        const signed = await step('path', async () => {
          const parsed = parseSignedCheckpoint(utf8(inclusion.checkpoint));
          const { size, root } = parsed.checkpoint;
          insist(size === inclusion.size, 'The proof is for another tree size than the checkpoint.');
          verifyInclusion(crypto, { index: entry.index, size, leaf: known, root }, proof);
          return [parsed, { hashes: proof.length, size }];
        });
        rungs = pathOf(crypto, entry.index, signed.checkpoint.size, leaf, proof);
        checkpoint = await step('checkpoint', async () => {
          const verified = await signatures(inclusion.checkpoint);
          return [verified, { log: verified.log.name, size: verified.size }];
        });
        const { cosigners } = checkpoint;
        const rules = await currentPolicy();
        await step('cosignatures', async () => [null, { n: cosigners.length, of: rules.witnesses.length }]);
        const verified = checkpoint;
        await step('consistency', async () => {
          const before = await consistent(verified);
          return [null, { size: before ?? 0, first: before === null ? 'yes' : 'no' }];
        });
      }
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
    }
    const failed = steps.some(({ outcome }) => outcome === 'failed');
    for (const id of STEPS)
      if (!steps.some((one) => one.id === id))
        steps.push({ id, outcome: 'not-checked', values: {}, why: null });
    return {
      index: entry.index,
      ok: !failed && checkpoint !== null && leaf !== null && sameBytes(leaf, fromBase64(entry.leaf)),
      at: Date.now(),
      steps,
      leaf,
      rungs,
      checkpoint,
    };
  }

  function keep(result: Verification): void {
    const before = results.get(result.index);
    results.set(result.index, result);
    const now = session.get();
    const one = (flag: boolean | undefined): number => (flag === true ? 1 : 0);
    const failedNow = result.steps.some(({ outcome }) => outcome === 'failed');
    const failedBefore = before?.steps.some(({ outcome }) => outcome === 'failed');
    session.set({
      ...now,
      verified: now.verified + one(result.ok) - one(before?.ok),
      failed: now.failed + one(failedNow) - one(failedBefore),
    });
  }

  return {
    session,
    result: (index) => results.get(index),
    async verify(index) {
      const result = await examine(await client.chronicle.entry({ index }));
      keep(result);
      return result;
    },
    async verifyCheckpoint(note) {
      const verified = await signatures(note);
      await consistent(verified);
      session.set({ ...session.get() });
      return verified;
    },
    isVerifiedCheckpoint: (note) => checkpoints.has(note),
  };
}
