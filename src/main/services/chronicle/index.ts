/**
 * The Chronicle as faces and auditors read it: entries, checkpoints, proofs, the export bundle, and how far the
 * check of everything has come. Nothing here decides anything; whoever doubts can recompute.
 */
import type { ChronicleFilter, EntryDetail, EntrySummary, HeadJson } from '../../../contract/index.ts';
import {
  cidFromDigest,
  digestFromCid,
  fromUtf8,
  Refusal,
  toBase64,
  toBase64url,
  toHex,
  utf8,
} from '../../../protocol/bytes/index.ts';
import {
  bundleClosing,
  bundleEntry,
  bundleOpening,
  formatProof,
  parsePolicy,
  coveringNodes,
} from '../../../protocol/log/index.ts';
import { decodeRecord } from '../../../protocol/record/index.ts';
import { nodeHashes } from '../../hashes.ts';
import type { CheckpointRow, EntryFilter, EntryRow, Store } from '../../store/index.ts';
import type { Ledger } from '../ledger/index.ts';

/** Entries that go out in one piece of an export. */
const EXPORT_STEP = 500;

export interface Chronicle {
  head(): HeadJson;
  list(
    from: number | undefined,
    limit: number,
    filter: ChronicleFilter | undefined,
  ): Promise<{
    entries: EntrySummary[];
    size: number;
    next: number | null;
    searched: number;
  }>;
  /** Errors: `ENTRY_UNKNOWN`. */
  entry(index: number): Promise<EntryDetail>;
  /** A .tlog-proof file. Errors: `ENTRY_UNKNOWN`, `ENTRY_UNCOMMITTED`. */
  proof(index: number): Promise<{ name: string; file: string }>;
  checkpoints(
    before: number | undefined,
    limit: number,
  ): Promise<{ rows: CheckpointRow[]; next: number | null }>;
  consistency(from: number, to: number): Promise<string[]>;
  /** The bundle of entries `from`..`to` inclusive, in pieces. Errors: `LOG_EMPTY`, `LOG_RANGE`. */
  export(
    from: number | undefined,
    to: number | undefined,
    signal?: AbortSignal,
  ): AsyncGenerator<{ text: string; done: number; total: number }, void>;
}

export function createChronicle({ store, ledger }: { store: Store; ledger: Ledger }): Chronicle {
  const headNow = () =>
    ledger.log()?.head() ?? { size: store.health.size, checkpoint: store.health.checkpoint };

  const covering = (): CheckpointRow => {
    const { checkpoint } = headNow();
    if (checkpoint === null) throw new Refusal('LOG_EMPTY', 'There is no checkpoint yet.');
    return checkpoint;
  };

  const known = async (index: number): Promise<EntryRow> => {
    const row = await store.entry(index);
    if (row === null) throw new Refusal('ENTRY_UNKNOWN', `There is no entry ${index}.`, { index });
    return row;
  };

  const inclusion = async (index: number) => {
    const checkpoint = covering();
    if (index >= checkpoint.size)
      throw new Refusal('ENTRY_UNCOMMITTED', `Entry ${index} is not under a checkpoint yet.`, { index });
    return { checkpoint, hashes: await store.inclusion(index, checkpoint.size) };
  };

  const summary = (row: EntryRow): EntrySummary => {
    const record = recordOf(row);
    return {
      index: row.index,
      id: cidFromDigest(row.digest),
      kind: record?.kind ?? '',
      author: record === null ? null : toHex(record.author),
      seq: record?.seq ?? null,
      at: record?.at ?? null,
      stage: ledger.stageOf(row.index),
      refused: row.refused?.code ?? null,
      size: row.bytes.length,
      body: record === null ? null : readable(record.body),
    };
  };

  return {
    head() {
      const { size, checkpoint } = headNow();
      return {
        origin: ledger.log()?.origin ?? '',
        size,
        checkpoint: checkpoint === null ? null : checkpointJson(checkpoint),
        policy: ledger.log()?.policy ?? null,
        witnesses: 0,
      };
    },
    async list(from, limit, filter) {
      const { size } = headNow();
      const top = Math.min(from ?? size - 1, size - 1);
      const wanted = filter === undefined ? {} : toFilter(filter);
      const plain = Object.values(wanted).every((value) => value === undefined);
      const rows =
        top < 0
          ? []
          : plain
            ? (await store.range(Math.max(0, top - limit + 1), top)).toReversed()
            : await store.find(wanted, top, limit);
      const last = rows.at(-1)?.index ?? 0;
      return {
        entries: rows.map(summary),
        size,
        next: rows.length === limit && last > 0 ? last - 1 : null,
        searched: plain ? rows.length : top + 1,
      };
    },
    async entry(index) {
      const row = await known(index);
      const record = recordOf(row);
      const covered = index < (headNow().checkpoint?.size ?? 0) ? await inclusion(index) : null;
      return {
        ...summary(row),
        coalition: record === null ? null : toHex(record.coalition),
        bytes: toBase64url(row.bytes),
        sig: toBase64url(row.sig),
        leaf: toBase64(row.leaf),
        refusedMessage: row.refused?.message ?? null,
        evidence: (record?.evidence ?? []).map((pointer) => ({
          origin: pointer.origin,
          size: pointer.size,
          index: pointer.index,
          leaf: toHex(pointer.leaf),
        })),
        inclusion:
          covered === null
            ? null
            : {
                size: covered.checkpoint.size,
                hashes: covered.hashes.map(toBase64),
                checkpoint: fromUtf8(covered.checkpoint.note),
              },
      };
    },
    async proof(index) {
      await known(index);
      const { checkpoint, hashes } = await inclusion(index);
      return {
        name: `entry-${index}.tlog-proof`,
        file: fromUtf8(formatProof({ index, hashes, checkpoint: checkpoint.note })),
      };
    },
    async checkpoints(before, limit) {
      const rows = [...(await store.checkpoints(before ?? Number.MAX_SAFE_INTEGER, limit))];
      // the newest may be signed and not stored yet
      const newest = headNow().checkpoint;
      if (before === undefined && newest !== null && (rows[0]?.size ?? 0) < newest.size) rows.unshift(newest);
      return { rows, next: rows.length >= limit ? (rows.at(-1)?.size ?? null) : null };
    },
    consistency: async (from, to) => (await store.consistency(from, to)).map(toBase64),
    async *export(from = 0, to = undefined, signal = undefined) {
      const checkpoint = covering();
      const log = ledger.log();
      if (log === null) throw new Refusal('LOG_EMPTY', 'There is no log yet.');
      const end = (to ?? checkpoint.size - 1) + 1;
      if (from >= end || end > checkpoint.size)
        throw new Refusal(
          'LOG_RANGE',
          `Entries ${from}..${end - 1} are not all under the checkpoint of ${checkpoint.size}.`,
        );
      const before = coveringNodes(0, from);
      const nodes = await store.nodes([...before, ...coveringNodes(end, checkpoint.size)]);
      const source = {
        first: from,
        end,
        before: nodes.slice(0, before.length),
        after: nodes.slice(before.length),
        policy: parsePolicy(nodeHashes, utf8(log.policy)),
        checkpoint: checkpoint.note,
      };
      const total = end - from;
      yield { text: bundleOpening(nodeHashes, source), done: 0, total };
      for (let at = from; at < end; at += EXPORT_STEP) {
        signal?.throwIfAborted();
        const rows = await store.range(at, Math.min(at + EXPORT_STEP, end) - 1);
        const text = rows.map((row) => bundleEntry(nodeHashes, row.index, row)).join('');
        yield { text, done: at - from + rows.length, total };
      }
      yield { text: fromUtf8(bundleClosing(source)), done: total, total };
    },
  };
}

export const checkpointJson = ({ size, root, at, note }: CheckpointRow) => ({
  size,
  root: toBase64(root),
  at,
  note: fromUtf8(note),
});

function recordOf(row: EntryRow): ReturnType<typeof decodeRecord> | null {
  try {
    return decodeRecord(row.bytes);
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}

/** Bytes as hex, everything else as it is: for reading, never for verifying. */
function readable(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, readable(item)]));
  return value;
}

function toFilter(filter: ChronicleFilter): EntryFilter {
  const { id, mentions, ...rest } = filter;
  return {
    ...rest,
    ...(id === undefined ? {} : { digest: digestPrefix(id) }),
    ...(mentions === undefined ? {} : { mentions }),
  };
}

/** A whole CID, or hex digits with which the digest begins. */
function digestPrefix(id: string): string {
  if (/^[0-9a-f]{1,64}$/.test(id)) return id;
  return toHex(digestFromCid(id));
}
