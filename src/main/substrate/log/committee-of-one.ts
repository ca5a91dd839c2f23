/**
 * The embedded OrderedLog of a single member: it is its own quorum, so a command is ordered by being durable in
 * the store and committed by a checkpoint that carries this member's log signature and cosignature.
 *
 * Order of events, which is the crash rule (core.md 1.4): the batch is durable, the head file knows its size, and
 * only then is the head signed. A crash in between leaves an unsigned head that the next start signs.
 */
import { Refusal } from '../../../protocol/bytes/index.ts';
import {
  checkpointMessage,
  committeePolicy,
  cosignature,
  cosignatureMessage,
  formatCheckpoint,
  formatPolicy,
  logSignature,
  SIGNATURE_TYPE,
  signedCheckpoint,
  verifierKey,
} from '../../../protocol/log/index.ts';
import { nodeHashes } from '../../hashes.ts';
import type { Batch, CheckpointRow, KeyVault, Store } from '../../store/index.ts';
import type { LogStep, OrderedLog, Sequenced } from './ordered-log.ts';

/** A checkpoint of a quiet log is stored this long after it was signed, milliseconds; a busy one sooner. */
const IDLE_STORE = 25;

export interface CommitteeOfOneOptions {
  readonly origin: string;
  readonly store: Store;
  readonly vault: Pick<KeyVault, 'publicKeys' | 'sign' | 'state'>;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** Opens the log; signs what a crash left unsigned, when the vault is open. Errors: `VAULT_ABSENT`. */
export function openCommitteeOfOne({ origin, store, vault, now }: CommitteeOfOneOptions): OrderedLog {
  const keys = vault.publicKeys();
  if (keys === null) throw new Refusal('VAULT_ABSENT', 'A log needs keys to sign its checkpoints.');
  const logKey = verifierKey(nodeHashes, origin, SIGNATURE_TYPE.ed25519, keys.log);
  const cosignerKey = verifierKey(nodeHashes, `${origin}/1`, SIGNATURE_TYPE.cosignature, keys.cosigner);
  const listeners = new Set<(step: LogStep) => void>();
  const tell = (step: LogStep): void => listeners.forEach((listener) => listener(step));

  let { size, root } = store.health;
  let newest = store.health.checkpoint;
  let unstored: CheckpointRow | undefined;
  let timer: NodeJS.Timeout | undefined;
  let storing: Promise<void> = Promise.resolve();
  const underWay = new Set<Promise<unknown>>();

  /** Signs a head that is durable. Several submissions of one batch share one checkpoint. */
  const checkpointOf = (head: Pick<Batch, 'size' | 'root'>): CheckpointRow => {
    if (newest !== null && newest.size >= head.size) return newest;
    const at = now();
    const seconds = Math.floor(at / 1000);
    const treeHead = { origin, size: head.size, root: head.root };
    const text = formatCheckpoint(treeHead);
    const note = signedCheckpoint(treeHead, [
      logSignature(logKey, vault.sign('log', checkpointMessage(treeHead))),
      cosignature(cosignerKey, seconds, vault.sign('cosigner', cosignatureMessage(seconds, text))),
    ]);
    newest = { size: head.size, root: head.root, at, note };
    unstored = newest;
    clearTimeout(timer);
    timer = setTimeout(flush, IDLE_STORE);
    tell({ kind: 'committed', checkpoint: newest });
    return newest;
  };

  const flush = (): void => {
    const row = unstored;
    unstored = undefined;
    // a checkpoint that cannot be stored (a full disk) is signed again at the next start: same size, same root
    if (row !== undefined) storing = store.putCheckpoint(row).catch(() => undefined);
  };

  const resume = (): void => {
    if (store.health.writable && vault.state() === 'ready' && size > (newest?.size ?? 0))
      checkpointOf({ size, root });
  };
  resume();

  const sequence = async (
    bytes: Uint8Array,
    sig: Uint8Array,
  ): Promise<{ entry: Sequenced; batch: Batch }> => {
    const carried = unstored;
    unstored = undefined;
    let batch: Batch;
    try {
      batch = await store.append([{ bytes, sig }], carried);
    } catch (error) {
      unstored ??= carried;
      throw error;
    }
    const [appended] = batch.appended;
    if (appended === undefined) throw new Error('the store answered no entry');
    if (batch.size > size) ({ size, root } = batch);
    tell({ kind: 'sequenced', entries: [appended], size });
    return { entry: appended, batch };
  };

  return {
    origin,
    policy: formatPolicy(nodeHashes, committeePolicy([logKey], [cosignerKey], 1)),
    append({ bytes, sig }) {
      const done = sequence(bytes, sig);
      const sequenced = done.then(({ entry }) => entry);
      const committed = done.then(({ entry, batch }) => ({ ...entry, size: checkpointOf(batch).size }));
      underWay.add(committed);
      const settled = (): void => void underWay.delete(committed);
      committed.then(settled, settled);
      // whoever waits for one of the two must not make the other an unhandled rejection
      sequenced.catch(() => undefined);
      return { sequenced, committed };
    },
    head: () => ({ size, checkpoint: newest }),
    resume,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      await Promise.allSettled(underWay);
      clearTimeout(timer);
      await storing;
      flush();
      await storing;
    },
  };
}

/** Origin of a node's own Chronicle: a schema-less name without spaces (tlog-checkpoint). */
export const nodeOrigin = (peerHex: string): string => `muster/node/${peerHex}`;
