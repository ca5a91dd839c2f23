/**
 * The ledger: the one way in which anything here becomes an entry (house.md 1). Builds the record, asks the rules,
 * signs, hands it to the ordered log, and answers when it is committed.
 */
import type { Receipt, Stage, Topic } from '../../../contract/index.ts';
import { NO_COALITION, Refusal, toHex } from '../../../protocol/bytes/index.ts';
import type { Value } from '../../../protocol/bytes/index.ts';
import { encodeRecord, signedMessage } from '../../../protocol/record/index.ts';
import type { EvidencePointer } from '../../../protocol/record/index.ts';
import type { KeyVault, Store } from '../../store/index.ts';
import type { OrderedLog } from '../../substrate/log/index.ts';
import type { Events } from '../events/index.ts';

export interface LedgerPorts {
  readonly store: Store;
  readonly vault: KeyVault;
  readonly events: Events;
  /** Unix milliseconds. */
  readonly now: () => number;
}

export interface Ledger {
  /** Starts to write to `log`. Before that every submission is refused: there is no identity yet. */
  attach(log: OrderedLog): void;
  log(): OrderedLog | null;
  /** Says why no log is attached, to whoever submits meanwhile. */
  missing(why: Refusal): void;
  /**
   * Records that something happened; answers when it is committed. `coalition`: 32 bytes, absent before one exists.
   * Errors: `VAULT_LOCKED`, `VAULT_ABSENT`, what the kind's rule refuses, `STORE_FULL`.
   */
  submit(kind: string, body: Value, options?: SubmitOptions): Promise<Receipt>;
  /** How far up the ladder the entry of this index is. */
  stageOf(index: number): Stage;
  /** A row of the view as the type its fold wrote. */
  row<T>(key: string): Promise<T | undefined>;
  rows<T>(prefix: string): Promise<readonly (readonly [key: string, row: T])[]>;
  /** This node's key, or a refusal. Errors: `VAULT_ABSENT`. */
  author(): Uint8Array;
}

export interface SubmitOptions {
  readonly coalition?: Uint8Array;
  readonly evidence?: readonly EvidencePointer[];
}

const topicsOf: Readonly<Record<string, readonly Topic[]>> = {
  identity: ['identity'],
  coalition: ['coalition'],
  machine: ['machines', 'compute'],
  policy: ['machines'],
  capacity: ['machines', 'compute'],
  ticket: ['tickets'],
  compute: ['compute', 'machines'],
};

export function createLedger({ store, vault, events, now }: LedgerPorts): Ledger {
  let log: OrderedLog | null = null;
  let away: Refusal | null = null;
  const lastSeq = new Map<string, number>();

  const nextSeq = async (coalition: Uint8Array, author: Uint8Array): Promise<string> => {
    const key = `seq/${toHex(coalition)}/${toHex(author)}`;
    if (!lastSeq.has(key)) lastSeq.set(key, Number((await store.viewRow(key)) ?? -1));
    return key;
  };

  const ledger: Ledger = {
    attach(opened) {
      log = opened;
      opened.subscribe((step) => {
        if (step.kind === 'committed') events.changed('chronicle');
      });
    },
    log: () => log,
    missing(why) {
      away = why;
    },
    async submit(kind, body, { coalition = NO_COALITION, evidence = [] } = {}) {
      const author = ledger.author();
      if (log === null && away !== null) throw away;
      if (log === null || vault.state() !== 'ready')
        throw new Refusal('VAULT_LOCKED', 'The vault is locked: nothing can be signed.');
      if (!store.health.writable)
        throw new Refusal(
          'STORE_BEHIND',
          'The store is behind what this node has signed; it must not sign again.',
        );
      const key = await nextSeq(coalition, author);
      const draft = (seq: number) =>
        encodeRecord({ v: 1, kind, coalition, author, seq, at: now(), body, evidence });
      const refused = await store.judge(draft((lastSeq.get(key) ?? -1) + 1));
      if (refused !== null) throw new Refusal(refused.code, refused.message);
      // from here to append nothing waits, so sequence numbers and the order of submission agree
      const seq = (lastSeq.get(key) ?? -1) + 1;
      lastSeq.set(key, seq);
      const bytes = draft(seq);
      const entry = await log.append({ bytes, sig: vault.sign('node', signedMessage(bytes)) }).committed;
      for (const topic of topicsOf[kind.split('.')[0] ?? ''] ?? [])
        events.changed(topic, [], { index: entry.index, stage: 'committed' });
      if (entry.refused !== null) throw new Refusal(entry.refused.code, entry.refused.message);
      return { index: entry.index, id: entry.id, stage: 'committed' };
    },
    stageOf: (index) => (index < (log?.head().checkpoint?.size ?? 0) ? 'committed' : 'sequenced'),
    row: async <T>(key: string) => (await store.viewRow(key)) as unknown as T | undefined,
    rows: async <T>(prefix: string) =>
      (await store.viewRows(prefix)).map(([key, value]) => [key, value as unknown as T] as const),
    author() {
      const keys = vault.publicKeys();
      if (keys === null) throw new Refusal('VAULT_ABSENT', 'This node has no identity yet.');
      return keys.node;
    },
  };
  return ledger;
}
