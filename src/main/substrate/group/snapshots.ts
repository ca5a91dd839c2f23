/**
 * Snapshots between members: a machine that can write its state down lets go of the log behind it, and a member
 * that is further back than the log reaches fetches that state from the leader, piece by piece.
 */
import { randomInt } from 'node:crypto';
import { Refusal } from '../../../protocol/bytes/index.ts';
import type { Members, Position, RaftStatus } from '../../../protocol/raft/index.ts';
import { decodeSnapshot, MAX_SNAPSHOT } from '../../store/index.ts';
import type { GroupLog, Head, Snapshot } from '../../store/index.ts';
import type { GroupFrame } from './frames.ts';
import type { StateMachine } from './machine.ts';
import type { TakeOver } from './replica.ts';

/** Bytes of one piece. */
const PART = 256 * 1024;
/** A piece that does not come, or is not asked for, ends the fetch; the leader's next offer begins another, milliseconds. */
const STALLED = 5000;
/** One who fetches keeps the log from being compacted no longer than this, milliseconds. */
const PATIENCE = 120_000;

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
  /** Machine and store are not in the same state any more: this member stops. */
  readonly failed: (error: unknown) => void;
  readonly note: (sentence: string) => void;
}

export interface Snapshots {
  /** Commands were applied: it may be time to compact. */
  applied(): void;
  /** The leader says that its log begins after this entry. */
  offered(from: string, last: Position): void;
  requested(from: string, request: Extract<GroupFrame, { kind: 'snapshot-request' }>): Promise<void>;
  received(from: string, part: Extract<GroupFrame, { kind: 'snapshot-part' }>): Promise<void>;
  close(): void;
}

interface Fetch {
  readonly from: string;
  /** Which one this is, by its holder; 0: not known before the first piece. */
  copy: number;
  parts: Uint8Array[];
  have: number;
  heard: number;
}

/** What this member gives out. */
interface Given {
  readonly copy: number;
  /** Where the log began when it was read: one that begins elsewhere now has no entries to go with it. */
  readonly base: number;
  readonly bytes: Uint8Array;
  readonly since: number;
  asked: number;
}

export function createSnapshots(options: SnapshotsOptions): Snapshots {
  const { log, machine, after, send } = options;
  let compactedAt = options.applied();
  let compacting = false;
  let fetch: Fetch | null = null;
  let given: Given | null = null;
  let copies = randomInt(2 ** 40);
  let later: NodeJS.Timeout | undefined;

  /** All who fetch are given the same, until nobody has asked for a while, or the log begins elsewhere. */
  const give = async (): Promise<Given | null> => {
    const base = options.status().snapshot.index;
    if (given?.base === base && performance.now() - given.asked < STALLED) return given;
    const bytes = await log.snapshot();
    if (bytes === null) return null;
    copies += 1;
    const now = performance.now();
    given = { copy: copies, base, bytes, since: now, asked: now };
    return given;
  };

  /** The entries after what somebody fetches stay in the log, or it would have to fetch again. */
  const isGiving = (): boolean => {
    if (given === null) return false;
    const now = performance.now();
    if (now - given.asked >= STALLED) given = null;
    return given !== null && now - given.since < PATIENCE;
  };
  const compact = (): void => {
    const last = options.settledAt();
    if (compacting || last === null || machine.snapshot === undefined) return;
    if (isGiving()) {
      later ??= setTimeout(() => {
        later = undefined;
        review();
      }, STALLED).unref();
      return;
    }
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

  /** Errors: a Refusal when the bytes are no state, of the log or of the machine; then nothing has changed. */
  const take = async (bytes: Uint8Array): Promise<void> => {
    const snapshot = decodeSnapshot(bytes);
    await options.restore(async (commit) => {
      if (snapshot.last.index <= commit) return null;
      machine.restore?.(snapshot.state);
      try {
        const head = await log.restore(bytes);
        return () => {
          compactedAt = snapshot.frontier.size;
          const members = options.restored(snapshot);
          options.grown(head);
          return { last: snapshot.last, members };
        };
      } catch (error) {
        options.failed(error);
        throw error;
      }
    });
  };

  return {
    applied: review,
    offered(from, last) {
      if (machine.restore === undefined || last.index <= options.status().commit) return;
      if (fetch !== null && performance.now() - fetch.heard < STALLED) return;
      fetch = { from, copy: 0, parts: [], have: 0, heard: performance.now() };
      send(from, { kind: 'snapshot-request', copy: 0, from: 0 });
    },
    async requested(from, { copy, from: offset }) {
      const one = await give();
      if (one === null) return;
      // what this member does not give out any more begins anew
      const start = one.copy === copy ? offset : 0;
      if (start > one.bytes.length) return;
      one.asked = performance.now();
      const bytes = one.bytes.slice(start, start + PART);
      send(from, { kind: 'snapshot-part', copy: one.copy, from: start, total: one.bytes.length, bytes });
    },
    async received(from, part) {
      if (fetch === null || fetch.from !== from) return;
      if (part.copy !== fetch.copy) Object.assign(fetch, { copy: part.copy, parts: [], have: 0 });
      if (part.from !== fetch.have) return;
      if (part.total > MAX_SNAPSHOT || part.from + part.bytes.length > part.total || part.bytes.length === 0)
        throw new Refusal('SNAPSHOT_SIZE', 'A piece of the snapshot does not fit.');
      fetch.parts.push(part.bytes);
      fetch.have += part.bytes.length;
      fetch.heard = performance.now();
      if (fetch.have < part.total)
        return send(from, { kind: 'snapshot-request', copy: fetch.copy, from: fetch.have });
      try {
        // it stays under way until it is in place, so that no second one begins
        await take(Buffer.concat(fetch.parts));
      } finally {
        fetch = null;
      }
    },
    close: () => clearTimeout(later),
  };
}
