/**
 * The commands that this member has submitted and that are not committed: each is sent, tagged, to whoever leads,
 * and sent again when the lead changes or nothing happens; the Group takes it once (protocol/group/command.ts).
 */
import { randomBytes } from 'node:crypto';
import { Refusal, toHex } from '../../../protocol/bytes/index.ts';
import { encodeCommand, MAX_LEAF } from '../../../protocol/group/index.ts';

export interface Submitted<Answer> {
  /** Index of the leaf. */
  readonly index: number;
  readonly answer: Answer;
}

interface Pending<Answer> {
  readonly data: Uint8Array;
  readonly resolve: (done: Submitted<Answer>) => void;
  readonly reject: (error: Error) => void;
}

interface Unsent<Answer> {
  readonly leaf: Uint8Array;
  readonly resolve: (done: Submitted<Answer>) => void;
  readonly reject: (error: Error) => void;
}

/** Commands under way at once; more wait here for their turn. */
const WINDOW = 8192;
/** Commands that may wait. */
const MAX_UNSENT = 65_536;
/** Bytes of commands in one forward. */
const PART = 512 * 1024;

export interface Session<Answer> {
  /** First 8 bytes of every tag, hex. */
  readonly id: string;
  /** Errors (by rejection): `COMMAND_TOO_LONG`, `GROUP_BUSY`, `GROUP_CLOSED`, `CANCELLED` (it was not sent). */
  submit(leaf: Uint8Array, signal?: AbortSignal): Promise<Submitted<Answer>>;
  /** One of this session's commands is committed. */
  done(counter: number, done: Submitted<Answer>): void;
  /** Nothing leaves until `resend`: whoever leads is changing, and order is to be kept. */
  hold(): void;
  /** Sends everything that is under way once more, in order, then what waits. */
  resend(): void;
  /** Commands up to this one are committed in a state whose answers nobody here heard. */
  passed(counter: number): void;
  /** Commands that are not committed. */
  open(): number;
  close(): void;
}

/** `send` puts commands on their way to the leader; false: nobody leads now. */
export function createSession<Answer>(send: (commands: readonly Uint8Array[]) => boolean): Session<Answer> {
  const nonce = randomBytes(8);
  const pending = new Map<number, Pending<Answer>>();
  const unsent: Unsent<Answer>[] = [];
  let counter = 0;
  let closed = false;
  let scheduled = false;
  let offline = true;

  const pump = (): void => {
    scheduled = false;
    if (closed) return;
    const fresh: Uint8Array[] = [];
    while (unsent.length > 0 && pending.size < WINDOW) {
      const next = unsent.shift();
      if (next === undefined) break;
      counter += 1;
      const data = encodeCommand(nonce, counter, next.leaf);
      pending.set(counter, { data, resolve: next.resolve, reject: next.reject });
      fresh.push(data);
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

  return {
    id: toHex(nonce),
    submit: (leaf, signal) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(gone());
        if (leaf.length > MAX_LEAF)
          return reject(new Refusal('COMMAND_TOO_LONG', `A command has at most ${MAX_LEAF} bytes.`));
        if (unsent.length >= MAX_UNSENT)
          return reject(new Refusal('GROUP_BUSY', 'Too many commands wait for this Group.'));
        const takenBack = (): Refusal =>
          new Refusal('CANCELLED', 'The command was taken back before it was sent.');
        if (signal?.aborted === true) return reject(takenBack());
        const cancel = (): void => {
          // what was sent may be committed; only what was not can be taken back
          const at = unsent.indexOf(waiting);
          if (at < 0) return;
          unsent.splice(at, 1);
          reject(takenBack());
        };
        const waiting: Unsent<Answer> = {
          leaf,
          resolve: (done) => {
            signal?.removeEventListener('abort', cancel);
            resolve(done);
          },
          reject: (error) => {
            signal?.removeEventListener('abort', cancel);
            reject(error);
          },
        };
        unsent.push(waiting);
        signal?.addEventListener('abort', cancel, { once: true });
        schedule();
      }),
    done(at, result) {
      const one = pending.get(at);
      if (one === undefined) return;
      pending.delete(at);
      one.resolve(result);
      if (unsent.length > 0) schedule();
    },
    hold() {
      offline = true;
    },
    passed(at) {
      for (const [number, { reject }] of pending) {
        if (number > at) continue;
        pending.delete(number);
        reject(
          new Refusal('OUTCOME_UNKNOWN', 'The command is committed; what it answered was not heard here.'),
        );
      }
      if (unsent.length > 0) schedule();
    },
    resend() {
      if (closed) return;
      offline = !sendParts([...pending.values()].map(({ data }) => data));
      pump();
    },
    open: () => pending.size + unsent.length,
    close() {
      closed = true;
      for (const { reject } of pending.values())
        reject(new Refusal('OUTCOME_UNKNOWN', 'The Group was closed here; the command may be committed.'));
      pending.clear();
      for (const { reject } of unsent.splice(0)) reject(gone());
    },
  };
}

const gone = (): Refusal => new Refusal('GROUP_CLOSED', 'The Group is closed on this node.');
