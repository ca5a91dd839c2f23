/**
 * The commands that this member has submitted and that are not committed: each is sent, tagged, to whoever leads,
 * and sent again when the lead changes or nothing happens; the Group takes it once (protocol/group/command.ts).
 */
import { randomBytes } from 'node:crypto';
import { Refusal, toHex } from '../../../protocol/bytes/index.ts';
import { encodeCommands, MAX_LEAF, tagOf } from '../../../protocol/group/index.ts';
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

/** Commands under way at once; more wait here for their turn. */
const WINDOW = 8192;
/** Commands that may wait. */
const MAX_UNSENT = 65_536;
/** Bytes of commands in one forward. */
const PART = 512 * 1024;
/** Nothing heard of what is under way for this long, milliseconds: it is sent again. */
const AGAIN = 2000;

export interface Session<Answer> {
  /** First 8 bytes of every tag, hex. */
  readonly id: string;
  /** Errors (by rejection): `COMMAND_TOO_LONG`, `GROUP_BUSY`, `GROUP_CLOSED`, `CANCELLED` (it was not sent). */
  submit(leaf: Uint8Array, signal?: AbortSignal): Promise<Submitted<Answer>>;
  /** The same, without waiting for the commit: resolves as soon as the command stands in a leader's log. */
  feed(leaf: Uint8Array, signal?: AbortSignal): Promise<Position>;
  /** Entries that were appended to this member's log, committed or not: the leader has placed them. */
  appended(entries: readonly Entry[]): void;
  /** One of this session's commands is committed, at this position, and applied. */
  done(counter: number, done: Submitted<Answer>, position: Position): void;
  /** Nothing leaves until `resend`: whoever leads is changing, and order is to be kept. */
  hold(): void;
  /** Sends everything that is under way once more, in order, then what waits. */
  resend(): void;
  /** The same in a moment, once for however many ask. */
  resendSoon(): void;
  /** Commands up to this one are committed in a state whose answers nobody here heard. */
  passed(counter: number): void;
  /** Commands that are not committed. */
  open(): number;
  /** `why`: what whoever submits from now on, or was not sent yet, is told. */
  close(why: Error): void;
}

/** `send` puts commands on their way to the leader; false: nobody leads now. */
export function createSession<Answer>(send: (commands: readonly Uint8Array[]) => boolean): Session<Answer> {
  const nonce = randomBytes(8);
  const pending = new Map<number, Pending<Answer>>();
  const unsent: Unsent<Answer>[] = [];
  /** Counters of commands that were fed and have no place yet. */
  const unplaced = new Set<number>();
  const id = toHex(nonce);
  let counter = 0;
  let ended: Error | null = null;
  let scheduled = false;
  let resending = false;
  let offline = true;

  const pump = (): void => {
    scheduled = false;
    if (ended !== null) return;
    const next = unsent.splice(0, Math.max(0, WINDOW - pending.size));
    const fresh = encodeCommands(
      nonce,
      counter + 1,
      next.map(({ leaf }) => leaf),
    );
    for (const [i, { placed, done, reject }] of next.entries()) {
      counter += 1;
      pending.set(counter, { data: fresh[i] as Uint8Array, placed, done, reject });
      if (placed !== null) unplaced.add(counter);
    }
    if (fresh.length > 0 && !offline) offline = !sendParts(fresh);
  };

  const sendParts = (commands: readonly Uint8Array[]): boolean => {
    let part: Uint8Array[] = [];
    let size = 0;
    for (const command of commands) {
      if (size + command.length > PART) {
        if (!send(part)) return false;
        [part, size] = [[], 0];
      }
      part.push(command);
      size += command.length + 8;
    }
    return send(part);
  };

  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(pump);
  };

  const settle = (at: number): Pending<Answer> | undefined => {
    const one = pending.get(at);
    pending.delete(at);
    unplaced.delete(at);
    return one;
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
    offline = !sendParts([...pending.values()].map(({ data }) => data));
    pump();
  };

  let landed = false;
  const retry = setInterval(() => {
    // what was sent into a link that died, or refused while the lead moved, goes once more
    if (pending.size > 0 && !landed) resend();
    landed = false;
  }, AGAIN);
  retry.unref();

  return {
    id,
    submit: (leaf, signal) =>
      new Promise((resolve, reject) => enter({ leaf, placed: null, done: resolve, reject }, signal)),
    feed: (leaf, signal) =>
      new Promise((resolve, reject) =>
        enter({ leaf, placed: resolve, done: (_, position) => resolve(position), reject }, signal),
      ),
    appended(entries) {
      if (unplaced.size === 0) return;
      for (const entry of entries) {
        const tag = entry.kind === 'command' ? tagOf(entry.data) : null;
        if (tag?.session !== id || !unplaced.delete(tag.counter)) continue;
        pending.get(tag.counter)?.placed?.({ term: entry.term, index: entry.index });
      }
    },
    done(at, result, position) {
      landed = true;
      settle(at)?.done(result, position);
      if (unsent.length > 0) schedule();
    },
    hold() {
      offline = true;
    },
    passed(at) {
      for (const number of pending.keys())
        if (number <= at)
          settle(number)?.reject(
            new Refusal('OUTCOME_UNKNOWN', 'The command is committed; what it answered was not heard here.'),
          );
      if (unsent.length > 0) schedule();
    },
    resend,
    resendSoon() {
      if (resending) return;
      resending = true;
      setImmediate(() => {
        resending = false;
        resend();
      });
    },
    open: () => pending.size + unsent.length,
    close(why) {
      if (ended !== null) return;
      ended = why;
      clearInterval(retry);
      for (const at of pending.keys())
        settle(at)?.reject(
          new Refusal('OUTCOME_UNKNOWN', 'The Group ended on this node; the command may be committed.'),
        );
      for (const { reject } of unsent.splice(0)) reject(why);
    },
  };
}
