/**
 * The fold of what is committed: which entries are leaves of the tree and which are gaps, and the machine fed with
 * the leaves in their order (coalition.md 3.4, StateMachine). A command that was sent twice is a leaf once.
 */
import { Refusal } from '../../../protocol/bytes/index.ts';
import { createSessions, createTagReader, leafOf, MAX_SESSIONS } from '../../../protocol/group/index.ts';
import type { Entry, Position } from '../../../protocol/raft/index.ts';
import { decodeSnapshot } from '../../store/index.ts';
import type { CommitWrite, GroupLog, Snapshot } from '../../store/index.ts';
import type { Command, StateMachine } from './machine.ts';
import type { Session } from './session.ts';

export interface FoldOptions<Answer> {
  readonly log: GroupLog;
  readonly machine: StateMachine<Answer>;
  /** This member's own commands: they hear their answers. */
  readonly session: Session<Answer>;
  /** Nothing is applied any more. */
  readonly stopped: () => boolean;
  readonly applied: (commands: readonly Command[], answers: readonly Answer[]) => void;
  /** Changes of members are among what is committed up to this entry. */
  readonly members: (upTo: number) => void;
  /** The machine broke. */
  readonly failed: (error: unknown) => void;
}

export interface Fold {
  /** Leaves that are committed. */
  leaves(): number;
  /** Of these, those that the machine has applied. */
  applied(): number;
  /** Log index up to which everything is applied. */
  appliedTo(): number;
  /** The last command of a session that is committed; 0: none that is remembered. */
  last(session: string): number;
  /** The last committed entry, when everything up to it is applied; null: it is not, or none was since the start. */
  settledAt(): Position | null;
  /** Takes committed entries, each once and in order; answers what the store has to know about them. */
  committed(entries: readonly Entry[]): CommitWrite | null;
  /** A snapshot has taken the place of all that was before. */
  restored(snapshot: Snapshot): void;
  /** Resolves when the machine has ended what it was given. */
  idle(): Promise<void>;
}

interface Batch {
  readonly commands: Command[];
  /** For each command what this member's own session calls it; null: somebody else's. */
  readonly own: (number | null)[];
  /** Log index of the last entry that was committed with them. */
  readonly upTo: number;
}

/** Bytes of commands that are replayed at once. */
const REPLAY = 1024 * 1024;

/**
 * Brings the machine to where the log is: the snapshot, if it starts from nothing, then every leaf beyond it. A state
 * that has seen more than the log knows to be committed waits for the log. Errors: `STORE_DAMAGED`.
 */
export async function openFold<Answer>(options: FoldOptions<Answer>): Promise<Fold> {
  const { log, machine, session } = options;
  const sessions = createSessions(log.opened.sessions);
  let leaves = log.opened.head.size;
  /** The last entry that was told committed since the start. */
  let committedAt: Position | null = null;

  const seen = restoreMachine(log, machine);
  await replay(log, machine, seen, leaves);
  let applied = leaves;
  let appliedTo = log.opened.committed;

  const readTag = createTagReader();
  let queue: Batch[] = [];
  let running = false;
  let applying: Promise<void> = Promise.resolve();
  const apply = async (): Promise<void> => {
    running = true;
    try {
      while (queue.length > 0 && !options.stopped()) {
        const { commands, own, upTo } = merge(queue);
        queue = [];
        // indexes have no holes: what the state had seen stands first
        const again = Math.min(commands.length, Math.max(0, seen - (commands[0]?.index ?? seen)));
        if (again > 0) await machine.recognise?.(commands.slice(0, again));
        const unseen = again > 0 ? commands.slice(again) : commands;
        const answers = unseen.length === 0 ? [] : await machine.apply(unseen);
        for (let i = 0; i < unseen.length; i++) {
          const number = own[again + i];
          const command = unseen[i];
          if (number == null || command === undefined) continue;
          session.done(number, { index: command.index, answer: answers[i] as Answer }, command.position);
        }
        applied += commands.length;
        appliedTo = upTo;
        options.applied(unseen, answers);
      }
    } catch (error) {
      options.failed(error);
    } finally {
      running = false;
    }
  };

  return {
    leaves: () => leaves,
    applied: () => applied,
    appliedTo: () => appliedTo,
    last: sessions.last,
    settledAt: () => (committedAt?.index === appliedTo ? committedAt : null),
    committed(entries) {
      const last = entries.at(-1);
      if (last === undefined) return null;
      const batch: Batch = { commands: [], own: [], upTo: last.index };
      const gaps: number[] = [];
      let membersMoved = false;
      for (const entry of entries) {
        const tag = entry.kind === 'command' ? readTag(entry.data) : null;
        if (entry.kind === 'command' && tag !== null && sessions.take(tag)) {
          const position = { term: entry.term, index: entry.index };
          batch.commands.push({ leaf: leafOf(entry.data), index: leaves, position });
          batch.own.push(session.taken(tag, entry.data));
          leaves += 1;
        } else {
          gaps.push(entry.index);
          if (entry.kind === 'members') membersMoved = true;
        }
      }
      session.remembered(sessions.last(session.id()));
      if (membersMoved) options.members(last.index);
      committedAt = { term: last.term, index: last.index };
      queue.push(batch);
      if (!running) applying = apply();
      return { upTo: last.index, gaps, sessions: sessions.save() };
    },
    restored({ frontier, last, sessions: saved }) {
      queue = [];
      leaves = frontier.size;
      applied = leaves;
      appliedTo = last.index;
      committedAt = null;
      sessions.load(saved);
      session.restored(sessions.last(session.id()), saved.length >= MAX_SESSIONS);
    },
    idle: () => applying,
  };
}

const merge = (batches: readonly Batch[]): Batch => {
  const [first] = batches;
  if (batches.length === 1 && first !== undefined) return first;
  return {
    commands: batches.flatMap(({ commands }) => commands),
    own: batches.flatMap(({ own }) => own),
    upTo: batches.at(-1)?.upTo ?? 0,
  };
};

/** Answers how many leaves the machine's state has seen. */
function restoreMachine<Answer>({ opened }: GroupLog, machine: StateMachine<Answer>): number {
  if (opened.snapshot === null || machine.restore === undefined || machine.applied > 0)
    return machine.applied;
  const { state, frontier } = decodeSnapshot(opened.snapshot);
  machine.restore(state);
  return frontier.size;
}

/** Feeds the machine what the log has and its state has not seen. */
async function replay<Answer>(
  log: GroupLog,
  machine: StateMachine<Answer>,
  from: number,
  to: number,
): Promise<void> {
  for (let next = from; next < to;) {
    const commands = await log.leaves(next, REPLAY);
    if (commands.length === 0)
      throw new Refusal('STORE_DAMAGED', `Leaf ${next} of a Group is not in the log, nor in a snapshot.`);
    await machine.apply(commands);
    next += commands.length;
  }
}
