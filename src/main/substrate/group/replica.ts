/**
 * The driver of the consensus core: feeds it ticks, frames and proposals, makes durable what it wants durable
 * before anything that promises leaves, and tells what is committed. The rules are in protocol/raft; here are the
 * clock, the disk and the wire.
 */
import { Refusal } from '../../../protocol/bytes/index.ts';
import { createRaft, LIMITS, status, step } from '../../../protocol/raft/index.ts';
import type {
  Effects,
  Entry,
  Envelope,
  Input,
  MemberId,
  Members,
  Message,
  Position,
  RaftStatus,
  Step,
  Timing,
} from '../../../protocol/raft/index.ts';
import type { CommitWrite, GroupLog, Head } from '../../store/index.ts';
import { createOutbox, isElection } from './outbox.ts';
import { KEPT, readTail, withMembers } from './tail.ts';
import type { Turns } from './turns.ts';

export interface ReplicaOptions {
  readonly self: MemberId;
  readonly log: GroupLog;
  /** The list in force just before the entry of this index. */
  readonly membersBefore: (index: number) => Members;
  readonly timing: Timing;
  readonly seed: number;
  readonly reluctance: number;
  readonly observer: boolean;
  /** Came out of a backup: it must not vote, nor stand, until it is told that it is a new member. */
  readonly mute: () => boolean;
  /** Which of what is proposed gets into the log. */
  readonly turns: Turns;
  /** A frame as `encodeFrame` makes it. */
  readonly post: (to: MemberId, frame: Uint8Array) => void;
  /** Entries that are committed now, in order, none twice; answers what the store has to know about them. */
  readonly committed: (entries: readonly Entry[]) => CommitWrite | null;
  /** Looks at what a leader wants appended here, before anything of it is. Errors: a Refusal. */
  readonly check: (entries: readonly Entry[]) => void;
  /** Entries that were appended to this member's log, committed or not. */
  readonly appended: (entries: readonly Entry[], truncatedFrom: number | null) => void;
  /** The store has grown its tree to this head. */
  readonly grown: (head: Head) => void;
  readonly changed: () => void;
  /** The log goes on after `last` at the leader: a state is to be fetched from it. */
  readonly fetch: (from: MemberId, last: Position) => void;
  /** The disk failed, or a rule was broken: this replica has stopped. */
  readonly failed: (error: unknown) => void;
}

export type TakeOver = () => { readonly last: Position; readonly members: Members };

export interface Replica {
  status(): RaftStatus;
  /** Puts commands whose turn it is into the log when this member leads; they are queued while the disk is busy. */
  propose(commands: readonly Uint8Array[]): void;
  /** Errors: `NOT_LEADER`, `MEMBERS_PENDING`, what the core refuses. */
  proposeMembers(members: Members, data: Uint8Array): Position;
  /** Leader only: the index that a linearizable read must wait for. Errors: `NOT_LEADER`. */
  readIndex(): Promise<number>;
  /** Errors: what `check` refuses; nothing has happened then. */
  receive(from: MemberId, message: Message): void;
  disconnected(member: MemberId): void;
  transfer(to: MemberId): void;
  /**
   * A state takes the place of the log up to a position. While `work` makes that durable nothing else happens here:
   * frames and ticks are let go, as if the node were away. It answers null when it was too late, else what takes the
   * state over; that and the core's own step happen in one go, so that nobody sees one without the other.
   */
  restore(work: (commit: number) => Promise<TakeOver | null>): Promise<void>;
  compacted(upTo: Position): void;
  /** Resolves when everything that was to be written is. */
  flushed(): Promise<void>;
  close(): Promise<void>;
}

/** Bytes of commands that wait for the disk, at most. More are let go: whoever submitted them sends them again. */
const MAX_WAITING = 64 * 1024 * 1024;
/** Commands of one proposal, at most: what fits well into one append. */
const MAX_PROPOSAL = 4096;

/** Errors: a plain error when what is stored contradicts itself. */
export async function openReplica(options: ReplicaOptions): Promise<Replica> {
  const { self, log, timing } = options;
  const { opened } = log;
  const now = (): number => performance.now();

  const tail = await readTail(log);
  const founding = options.membersBefore(tail.before.index + 1);
  let raft = createRaft({
    self,
    members: founding,
    hard: opened.hard,
    snapshot: opened.base,
    tail: tail.entries,
    before: tail.before,
    commit: opened.committed,
    now: now(),
    seed: options.seed,
    timing,
    reluctance: options.reluctance,
    observer: options.observer,
    limits: LIMITS,
  });

  /** Entries of the log that are not committed yet, ascending. */
  let open: Entry[] = tail.entries.filter(({ index }) => index > opened.committed);
  let committed = opened.committed;
  let trimmed = tail.before.index;
  let stopped = false;
  /** A state is being put in place of the log. */
  let held = false;
  let writes = 0;
  /** Those among them that append. */
  let appends = 0;
  let proposals: Uint8Array[] = [];
  /** Bytes of them. */
  let waiting = 0;
  let nextRead = 1;
  const reads = new Map<number, { resolve: (index: number) => void; reject: (error: Error) => void }>();
  let idle: (() => void)[] = [];

  const fail = (error: unknown): void => {
    if (stopped) return;
    stop();
    options.failed(error);
  };
  const stop = (): void => {
    stopped = true;
    clearInterval(timer);
    for (const { reject } of reads.values())
      reject(new Refusal('GROUP_CLOSED', 'The Group is closed on this node.'));
    reads.clear();
    for (const resolve of idle.splice(0)) resolve();
  };

  const sendAll = createOutbox(options.post, options.mute);

  const drive = (input: Input): Effects => take(step(raft, input));

  const take = ({ state, effects }: ReturnType<Step>): Effects => {
    raft = state;
    sendAll(effects.now);
    if (effects.persist !== null) {
      const { hard, truncateFrom, append } = effects.persist;
      if (truncateFrom !== null) open = open.filter(({ index }) => index < truncateFrom);
      if (append.length > 0) open = open.length === 0 ? [...append] : open.concat(append);
      if (truncateFrom !== null || append.length > 0) options.appended(append, truncateFrom);
      const last = append.at(-1);
      write(
        {
          hard: hard ?? undefined,
          truncateFrom: truncateFrom ?? undefined,
          append: append.length > 0 ? append : undefined,
        },
        effects.after,
        last === undefined ? status(raft).last : { term: last.term, index: last.index },
      );
    } else if (effects.after.length > 0) {
      // promised by earlier writes: they leave in their order
      if (writes === 0) sendAll(effects.after);
      else write({}, effects.after, null);
    }
    if (effects.commit !== null) commitTo(effects.commit);
    for (const { id, index } of effects.reads) {
      reads.get(id)?.resolve(index);
      reads.delete(id);
    }
    for (const id of effects.readsLost) {
      reads.get(id)?.reject(new Refusal('NOT_LEADER', 'The lead was lost before the read was confirmed.'));
      reads.delete(id);
    }
    for (const { to, from } of effects.load) void load(to, from);
    if (effects.fetch !== null) options.fetch(effects.fetch.from, effects.fetch.last);
    if (effects.changed) {
      options.turns.forget();
      options.changed();
    }
    return effects;
  };

  const write = (
    batch: Parameters<GroupLog['write']>[0],
    after: readonly Envelope[],
    upTo: Position | null,
  ): void => {
    const appending = batch.append === undefined ? 0 : 1;
    writes += 1;
    appends += appending;
    const done = async (): Promise<void> => {
      try {
        const head = await log.write(batch);
        writes -= 1;
        appends -= appending;
        if (stopped) return;
        sendAll(after);
        if (upTo !== null) drive({ kind: 'persisted', upTo });
        if (batch.commit !== undefined) options.grown(head);
        flush();
        if (writes === 0) for (const resolve of idle.splice(0)) resolve();
      } catch (error) {
        // nothing that this write was to make durable may be promised any more
        fail(error);
      }
    };
    void done();
  };

  /** Proposes what has gathered; while the disk is busy it gathers on. */
  const flush = (): void => {
    while (!stopped && !held && proposals.length > 0 && appends < 2) {
      const next = proposals.splice(0, MAX_PROPOSAL);
      waiting -= sizeOf(next);
      const batch = options.turns.admit(next, open);
      if (batch.length === 0) continue;
      const { accepted } = drive({ kind: 'propose', commands: batch });
      // this member leads no more, or hands over: nothing of it is in the log
      if (accepted === null) options.turns.forget();
    }
  };

  const commitTo = (index: number): void => {
    if (index <= committed) return;
    const count = open.findIndex((entry) => entry.index > index);
    const ready = count < 0 ? open : open.slice(0, count);
    open = count < 0 ? [] : open.slice(count);
    committed = index;
    const commit = options.committed(ready);
    if (commit !== null) write({ commit }, [], null);
    if (committed - KEPT > trimmed) {
      trimmed = committed - KEPT / 2;
      drive({ kind: 'trim', upTo: trimmed });
    }
  };

  const load = async (to: MemberId, from: number): Promise<void> => {
    try {
      const found = await log.read(from, LIMITS.batchBytes);
      if (stopped) return;
      if (found === null) drive({ kind: 'compacted', upTo: log.opened.base });
      else drive({ kind: 'loaded', to, prev: found.prev, entries: found.entries.map(withMembers) });
    } catch (error) {
      fail(error);
    }
  };

  const timer = setInterval(
    () => {
      if (!stopped && !held) guarded(() => drive({ kind: 'tick', now: now(), mute: options.mute() }));
    },
    Math.max(5, Math.floor(timing.heartbeat / 5)),
  );
  /** Null: it failed, and so has this replica. */
  const guarded = <T>(work: () => T): T | null => {
    try {
      return work();
    } catch (error) {
      fail(error);
      return null;
    }
  };

  return {
    status: () => status(raft),
    propose(commands) {
      if (stopped) return;
      const size = sizeOf(commands);
      if (waiting + size > MAX_WAITING) return;
      waiting += size;
      proposals.push(...commands);
      guarded(flush);
    },
    proposeMembers(members, data) {
      const { accepted, refused } = drive({ kind: 'propose-members', members, data });
      if (refused !== null) throw new Refusal(refused.code, refused.message);
      if (accepted === null) throw new Refusal('NOT_LEADER', 'This member does not lead.');
      return accepted.first;
    },
    readIndex: () =>
      new Promise((resolve, reject) => {
        if (stopped) return reject(new Refusal('GROUP_CLOSED', 'The Group is closed on this node.'));
        const id = nextRead++;
        reads.set(id, { resolve, reject });
        const { refused } = drive({ kind: 'read', id });
        if (refused === null) return;
        reads.delete(id);
        reject(new Refusal(refused.code, refused.message));
      }),
    receive(from, message) {
      if (stopped || held) return;
      if (options.mute() && isElection(message)) return;
      const result = guarded(() => step(raft, { kind: 'message', from, message }));
      if (result === null) return;
      // only now is it known what of the message is taken, and what of the log here it replaces
      const append = result.effects.persist?.append ?? [];
      if (append.length > 0) options.check(append);
      guarded(() => take(result));
    },
    disconnected(member) {
      if (!stopped && !held) guarded(() => drive({ kind: 'disconnected', member }));
    },
    transfer(to) {
      drive({ kind: 'transfer', to });
    },
    async restore(work) {
      if (held || stopped) return;
      held = true;
      try {
        if (writes > 0) await new Promise<void>((resolve) => idle.push(resolve));
        const takeOver = stopped ? null : await work(status(raft).commit);
        held = false;
        if (takeOver === null || stopped) return;
        const { last, members } = takeOver();
        open = open.filter(({ index }) => index > last.index);
        committed = last.index;
        trimmed = last.index;
        drive({ kind: 'restored', last, members });
        flush();
      } finally {
        held = false;
      }
    },
    compacted(upTo) {
      drive({ kind: 'compacted', upTo });
    },
    flushed: () =>
      writes === 0 || stopped ? Promise.resolve() : new Promise((resolve) => idle.push(resolve)),
    async close() {
      if (stopped) return;
      if (writes > 0) await new Promise<void>((resolve) => idle.push(resolve));
      proposals = [];
      stop();
    },
  };
}

function sizeOf(commands: readonly Uint8Array[]): number {
  let size = 0;
  for (const { length } of commands) size += length;
  return size;
}
