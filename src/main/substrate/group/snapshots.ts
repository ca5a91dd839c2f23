/**
 * Snapshots between members: a machine that can write its state down lets go of the log behind it, and a member
 * that is further back than the log reaches fetches that state from the leader, piece by piece.
 */
import { Refusal } from '../../../protocol/bytes/index.ts';
import type { Members, Position, RaftStatus } from '../../../protocol/raft/index.ts';
import { decodeSnapshot, MAX_SNAPSHOT } from '../../store/index.ts';
import type { GroupLog, Head, Snapshot } from '../../store/index.ts';
import type { GroupFrame } from './frames.ts';
import type { StateMachine } from './machine.ts';
import type { TakeOver } from './replica.ts';

/** Bytes of one piece. */
const PART = 256 * 1024;
/** A piece that does not come ends the fetch; the leader's next offer begins another, milliseconds. */
const STALLED = 5000;

export interface SnapshotsOptions {
  readonly log: GroupLog;
  readonly machine: Pick<StateMachine<unknown>, 'snapshot' | 'restore'>;
  /** Applied commands between two compactions; 0: never. */
  readonly after: number;
  readonly applied: () => number;
  /** The last committed entry, when everything up to it is applied and handed to the store; else null. */
  readonly settledAt: () => Position | null;
  readonly status: () => RaftStatus;
  readonly send: (to: string, frame: GroupFrame) => void;
  readonly compacted: (upTo: Position) => void;
  /** Runs `work` while the replica stands still, then lets the core go on from what it took. */
  readonly restore: (work: (commit: number) => Promise<TakeOver | null>) => Promise<void>;
  /** Store and machine have taken it; answers the members that it names. */
  readonly restored: (snapshot: Snapshot) => Members;
  readonly grown: (head: Head) => void;
  readonly note: (sentence: string) => void;
}

export interface Snapshots {
  /** Commands were applied: it may be time to compact. */
  applied(): void;
  /** The leader says that its log begins after this entry. */
  offered(from: string, last: Position): void;
  requested(from: string, offset: number): Promise<void>;
  received(from: string, part: Extract<GroupFrame, { kind: 'snapshot-part' }>): Promise<void>;
}

interface Fetch {
  readonly from: string;
  readonly parts: Uint8Array[];
  have: number;
  heard: number;
}

export function createSnapshots(options: SnapshotsOptions): Snapshots {
  const { log, machine, after, send } = options;
  let compactedAt = options.applied();
  let compacting = false;
  let fetch: Fetch | null = null;
  /** What was last read for others: several ask for the same. */
  let kept: { readonly index: number; readonly bytes: Uint8Array } | null = null;

  const compact = (): void => {
    const last = options.settledAt();
    if (compacting || last === null || machine.snapshot === undefined) return;
    compacting = true;
    compactedAt = options.applied();
    log
      .write({ compact: { last, state: machine.snapshot() } })
      .then(() => options.compacted(last))
      .catch((error: unknown) => options.note(`Compaction: ${String(error)}`))
      .finally(() => {
        compacting = false;
        review();
      });
  };
  const review = (): void => {
    if (after > 0 && options.applied() - compactedAt >= after) compact();
  };

  return {
    applied: review,
    offered(from, last) {
      if (machine.restore === undefined || last.index <= options.status().commit) return;
      if (fetch !== null && performance.now() - fetch.heard < STALLED) return;
      fetch = { from, parts: [], have: 0, heard: performance.now() };
      send(from, { kind: 'snapshot-request', from: 0 });
    },
    async requested(from, offset) {
      const { snapshot } = options.status();
      if (kept?.index !== snapshot.index) {
        const bytes = await log.snapshot();
        if (bytes === null) return;
        kept = { index: snapshot.index, bytes };
      }
      const { bytes } = kept;
      if (offset > bytes.length) return;
      send(from, {
        kind: 'snapshot-part',
        from: offset,
        total: bytes.length,
        bytes: bytes.slice(offset, offset + PART),
      });
    },
    async received(from, part) {
      if (fetch === null || fetch.from !== from || part.from !== fetch.have) return;
      if (part.total > MAX_SNAPSHOT || part.from + part.bytes.length > part.total || part.bytes.length === 0)
        throw new Refusal('SNAPSHOT_SIZE', 'A piece of the snapshot does not fit.');
      fetch.parts.push(part.bytes);
      fetch.have += part.bytes.length;
      fetch.heard = performance.now();
      if (fetch.have < part.total) return send(from, { kind: 'snapshot-request', from: fetch.have });
      const bytes = Buffer.concat(fetch.parts);
      const snapshot = decodeSnapshot(bytes);
      // it stays under way until it is in place, so that no second one begins
      await options.restore(async (commit) => {
        if (snapshot.last.index <= commit) return null;
        const head = await log.restore(bytes);
        return () => {
          machine.restore?.(snapshot.state);
          compactedAt = snapshot.frontier.size;
          const members = options.restored(snapshot);
          options.grown(head);
          return { last: snapshot.last, members };
        };
      });
      fetch = null;
    },
  };
}
