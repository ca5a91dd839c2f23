/**
 * The commands that this member has submitted and that are not committed: each is sent, tagged, to whoever leads,
 * and sent again when the lead changes or nothing happens; the Group takes it once (protocol/group/command.ts). Here
 * each has a number that it keeps; its counter in the tag begins anew when the Group has forgotten the session.
 */
import { randomBytes } from 'node:crypto';
import { Refusal, toHex } from '../../../protocol/bytes/index.ts';
import {
  createTagReader,
  encodeCommands,
  leafOf,
  MAX_LEAF,
  sessionName,
  TAG_BYTES,
} from '../../../protocol/group/index.ts';
import type { Tag } from '../../../protocol/group/index.ts';
import type { Entry, Position } from '../../../protocol/raft/index.ts';

export interface Submitted<Answer> {
  /** Index of the leaf. */
  readonly index: number;
  readonly answer: Answer;
}

/** What whoever submitted a command waits for. */
interface Awaited<Answer> {
  /** Only of a command that was fed: a leader has given it a place in its log. */
  readonly placed: ((position: Position) => void) | null;
  readonly done: (done: Submitted<Answer>, position: Position) => void;
  readonly reject: (error: Error) => void;
}

interface Pending<Answer> extends Awaited<Answer> {
  readonly data: Uint8Array;
}

interface Unsent<Answer> extends Awaited<Answer> {
  readonly leaf: Uint8Array;
}

/** Commands under way at once, and their bytes; more wait here for their turn. A link holds four times that much. */
const WINDOW = 8192;
const WINDOW_BYTES = 4 * 1024 * 1024;
/** Commands that may wait. */
const MAX_UNSENT = 65_536;
/** Bytes of commands in one forward. */
const PART = 512 * 1024;
/** Nothing heard of what is under way for this long, milliseconds: it is sent again. */
const AGAIN = 2000;

/**
 * Puts commands on their way to the leader. False: nobody leads now; a promise: no more should leave before it
 * resolves.
 */
export type Way = (commands: readonly Uint8Array[]) => boolean | Promise<void>;

export interface Session<Answer> {
  /** First 8 bytes of every tag, hex; others once it was forgotten. */
  id(): string;
  /** Errors (by rejection): `COMMAND_TOO_LONG`, `GROUP_BUSY`, `GROUP_CLOSED`, `CANCELLED` (it was not sent). */
  submit(leaf: Uint8Array, signal?: AbortSignal): Promise<Submitted<Answer>>;
  /** The same, without waiting for the commit: resolves as soon as the command stands in a leader's log. */
  feed(leaf: Uint8Array, signal?: AbortSignal): Promise<Position>;
  /** Entries that were appended to this member's log, committed or not: the leader has placed them. */
  appended(entries: readonly Entry[]): void;
  /** A command is committed, as its session's next one; answers the number to call `done` with if it is from here. */
  taken(tag: Tag, data: Uint8Array): number | null;
  /** The command of this number is applied; it was committed at this position. */
  done(number: number, done: Submitted<Answer>, position: Position): void;
  /** The last command of this session that the Group knows of. When it has forgotten some, the session begins anew. */
  remembered(last: number): void;
  /**
   * A state took the place of the log: commands up to this one are committed in it, and nobody here heard what they
   * answered. `forgetful`: on the way there sessions may have been forgotten.
   */
  restored(last: number, forgetful: boolean): void;
  /** Nothing leaves until `resend`: whoever leads is changing, and order is to be kept. */
  hold(): void;
  /** Sends everything that is not committed once more, in order, then what waits. */
  resend(): void;
  /** Commands that are not done. */
  open(): number;
  /** `why`: what whoever submits from now on, or was not sent yet, is told. */
  close(why: Error): void;
}

/** `self`: this member, hex. */
export function createSession<Answer>(self: string, send: Way): Session<Answer> {
  const readTag = createTagReader();
  /** By number, ascending, without holes behind `taken`. */
  const pending = new Map<number, Pending<Answer>>();
  const unsent: Unsent<Answer>[] = [];
  /** Numbers of commands that were fed and have no place yet. */
  const unplaced = new Set<number>();
  const newName = (): Uint8Array => sessionName(self, randomBytes(4));
  let name = newName();
  let id = toHex(name);
  /** The number before the one that this name counts as 1. */
  let base = 0;
  /** The last number that was given. */
  let newest = 0;
  /** The last one that is committed. */
  let taken = 0;
  /** The next one to leave, and the last one that ever left. */
  let next = 1;
  let sent = 0;
  /** Of what is pending. */
  let bytes = 0;
  let ended: Error | null = null;
  let scheduled = false;
  let offline = true;
  /** More may leave when it resolves. */
  let full: Promise<void> | null = null;

  const pump = (): void => {
    scheduled = false;
    if (ended !== null) return;
    enlist();
    leave();
  };

  /** Gives numbers to as much of what waits as there is room for. */
  const enlist = (): void => {
    const room = WINDOW - pending.size;
    let count = 0;
    for (; count < room && bytes < WINDOW_BYTES; count++) {
      const waiting = unsent[count];
      if (waiting === undefined) break;
      bytes += TAG_BYTES + waiting.leaf.length;
    }
    if (count === 0) return;
    const enlisted = unsent.splice(0, count);
    const fresh = encodeCommands(
      name,
      newest - base + 1,
      enlisted.map(({ leaf }) => leaf),
    );
    for (const [i, { placed, done, reject }] of enlisted.entries()) {
      newest += 1;
      pending.set(newest, { data: fresh[i] as Uint8Array, placed, done, reject });
      if (placed !== null) unplaced.add(newest);
    }
  };

  /** Sends what has a number and has not left, part by part, as fast as it is taken. */
  const leave = (): void => {
    if (next <= taken) next = taken + 1;
    while (!offline && full === null && next <= newest) {
      const part: Uint8Array[] = [];
      let size = 0;
      for (; next <= newest; next++) {
        const one = pending.get(next);
        if (one === undefined) continue;
        if (size > 0 && size + one.data.length > PART) break;
        part.push(one.data);
        size += one.data.length + 8;
      }
      const way = send(part);
      offline = way === false;
      if (!offline && next > sent + 1) sent = next - 1;
      if (typeof way !== 'boolean') leaveAfter(way);
    }
  };

  const leaveAfter = (drained: Promise<void>): void => {
    full = drained;
    const goOn = (): void => {
      if (full !== drained) return;
      full = null;
      if (ended === null) leave();
    };
    void drained.then(goOn);
  };

  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(pump);
  };

  const settle = (number: number): Pending<Answer> | undefined => {
    const one = pending.get(number);
    if (one === undefined) return undefined;
    pending.delete(number);
    unplaced.delete(number);
    bytes -= one.data.length;
    return one;
  };

  const rejectUpTo = (number: number, why: string): void => {
    for (const at of pending.keys())
      if (at <= number) settle(at)?.reject(new Refusal('OUTCOME_UNKNOWN', why));
    taken = Math.max(taken, number);
    newest = Math.max(newest, taken);
    schedule();
  };

  /**
   * What is not committed goes under another name, counted from 1. Nothing of it can be committed twice: of a session
   * that was forgotten the Group takes the first command and no other, and that one is committed.
   */
  const begin = (): void => {
    name = newName();
    id = toHex(name);
    base = taken;
    const again = [...pending].filter(([number]) => number > taken);
    const fresh = encodeCommands(
      name,
      1,
      again.map(([, { data }]) => leafOf(data)),
    );
    for (const [i, [number, one]] of again.entries())
      pending.set(number, { ...one, data: fresh[i] as Uint8Array });
    next = taken + 1;
    schedule();
  };

  const takenBack = (): Refusal => new Refusal('CANCELLED', 'The command was taken back before it was sent.');
  /** Listens to the signal for as long as the command waits. */
  const cancellable = (waiting: Unsent<Answer>, signal: AbortSignal): Unsent<Answer> => {
    const { leaf, placed, done, reject } = waiting;
    const cancel = (): void => {
      // what was sent may be committed; only what was not can be taken back
      const at = unsent.indexOf(own);
      if (at < 0) return;
      unsent.splice(at, 1);
      reject(takenBack());
    };
    const deaf = (): void => signal.removeEventListener('abort', cancel);
    const own: Unsent<Answer> = {
      leaf,
      placed,
      done(result, position) {
        deaf();
        done(result, position);
      },
      reject(error) {
        deaf();
        reject(error);
      },
    };
    signal.addEventListener('abort', cancel, { once: true });
    return own;
  };

  const enter = (waiting: Unsent<Answer>, signal?: AbortSignal): void => {
    const { leaf, reject } = waiting;
    if (ended !== null) return reject(ended);
    if (leaf.length > MAX_LEAF)
      return reject(new Refusal('COMMAND_TOO_LONG', `A command has at most ${MAX_LEAF} bytes.`));
    if (unsent.length >= MAX_UNSENT)
      return reject(new Refusal('GROUP_BUSY', 'Too many commands wait for this Group.'));
    if (signal?.aborted === true) return reject(takenBack());
    unsent.push(signal === undefined ? waiting : cancellable(waiting, signal));
    schedule();
  };

  const resend = (): void => {
    if (ended !== null) return;
    offline = false;
    full = null;
    next = taken + 1;
    pump();
  };

  let landed = false;
  const retry = setInterval(() => {
    // what was sent into a link that died, or refused while the lead moved, goes once more
    if (newest > taken && !landed && full === null) resend();
    landed = false;
  }, AGAIN);
  retry.unref();

  return {
    id: () => id,
    submit: (leaf, signal) =>
      new Promise((resolve, reject) => enter({ leaf, placed: null, done: resolve, reject }, signal)),
    feed: (leaf, signal) =>
      new Promise((resolve, reject) =>
        enter({ leaf, placed: resolve, done: (_, position) => resolve(position), reject }, signal),
      ),
    appended(entries) {
      if (unplaced.size === 0) return;
      for (const entry of entries) {
        const tag = entry.kind === 'command' ? readTag(entry.data) : null;
        if (tag?.session !== id) continue;
        const number = base + tag.counter;
        if (unplaced.delete(number)) pending.get(number)?.placed?.({ term: entry.term, index: entry.index });
      }
    },
    taken({ session, counter }, data) {
      if (session !== id) return null;
      const number = base + counter;
      if (number <= taken) return null;
      taken = number;
      landed = true;
      const one = pending.get(number);
      if (one !== undefined && (one.data === data || Buffer.compare(one.data, data) === 0)) return number;
      // nobody but this member has a use for its session: its own command is not what is committed here
      newest = Math.max(newest, number);
      settle(number)?.reject(new Refusal('OUTCOME_UNKNOWN', 'Another command stands in place of this one.'));
      return null;
    },
    done(number, result, position) {
      settle(number)?.done(result, position);
      if (unsent.length > 0) schedule();
    },
    remembered(last) {
      if (last < taken - base) begin();
    },
    restored(last, forgetful) {
      const told = last > 0 ? last >= taken - base : taken === base && !forgetful;
      rejectUpTo(
        told ? base + last : Math.max(taken, sent),
        'The command is committed, or may be; what it answered was not heard here.',
      );
      if (!told) begin();
    },
    hold() {
      offline = true;
    },
    resend,
    open: () => pending.size + unsent.length,
    close(why) {
      if (ended !== null) return;
      ended = why;
      clearInterval(retry);
      rejectUpTo(newest, 'The Group ended on this node; the command may be committed.');
      for (const { reject } of unsent.splice(0)) reject(why);
    },
  };
}
