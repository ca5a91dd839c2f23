/**
 * What members of a Group say to each other over a bond: arrays that begin with a number. Every frame is read
 * here, once, into a typed value or refused; sizes were limited before (universe/frames.ts).
 */
import { Refusal } from '../../../protocol/bytes/index.ts';
import { decodeMembersCommand, idsOf, MAX_COMMAND } from '../../../protocol/group/index.ts';
import type { Entry, Message } from '../../../protocol/raft/index.ts';

export type GroupFrame =
  | { readonly kind: 'raft'; readonly message: Message }
  | { readonly kind: 'ping' | 'pong'; readonly count: number }
  /** The sender leaves in good order. */
  | { readonly kind: 'departure' }
  /** Commands for the leader, tagged (protocol/group/command.ts). */
  | { readonly kind: 'forward'; readonly commands: readonly Uint8Array[] }
  /** A change of members for the leader. */
  | { readonly kind: 'forward-members'; readonly id: number; readonly command: Uint8Array }
  | { readonly kind: 'answer'; readonly id: number; readonly code: string; readonly message: string }
  /** Up to which entry must a strong read have been applied? */
  | { readonly kind: 'read'; readonly id: number }
  /** `index` null: ask again, this member cannot say. */
  | { readonly kind: 'read-answer'; readonly id: number; readonly index: number | null }
  /** The leader's signed head: cosign it. */
  | { readonly kind: 'checkpoint-request'; readonly note: Uint8Array }
  /** One signature line for the head of this size. */
  | { readonly kind: 'cosignature'; readonly size: number; readonly line: string }
  /** A checkpoint that the quorum cosigned. */
  | { readonly kind: 'checkpoint'; readonly note: Uint8Array }
  /** `copy` 0: of whichever is the newest. */
  | { readonly kind: 'snapshot-request'; readonly copy: number; readonly from: number }
  /** A piece of one snapshot, which `copy` names as long as its holder gives it out. `total` bytes in all. */
  | {
      readonly kind: 'snapshot-part';
      readonly copy: number;
      readonly from: number;
      readonly total: number;
      readonly bytes: Uint8Array;
    };

/** Entries of one append, at most; and of commands in one forward. */
const MAX_ENTRIES = 16_384;
const ENTRY_KINDS = ['command', 'no-op', 'members'] as const;

export function toFrame(frame: GroupFrame): readonly unknown[] {
  switch (frame.kind) {
    case 'raft':
      return raftFrame(frame.message);
    case 'ping':
      return [10, frame.count];
    case 'pong':
      return [11, frame.count];
    case 'departure':
      return [12];
    case 'forward':
      return [20, frame.commands];
    case 'forward-members':
      return [21, frame.id, frame.command];
    case 'answer':
      return [22, frame.id, frame.code, frame.message];
    case 'read':
      return [30, frame.id];
    case 'read-answer':
      return [31, frame.id, frame.index];
    case 'checkpoint-request':
      return [40, frame.note];
    case 'cosignature':
      return [41, frame.size, frame.line];
    case 'checkpoint':
      return [42, frame.note];
    case 'snapshot-request':
      return [50, frame.copy, frame.from];
    case 'snapshot-part':
      return [51, frame.copy, frame.from, frame.total, frame.bytes];
  }
}

function raftFrame(message: Message): readonly unknown[] {
  switch (message.kind) {
    case 'vote-request':
      return [1, message.term, message.pre, message.last.term, message.last.index, message.transfer];
    case 'vote-answer':
      return [2, message.term, message.pre, message.granted];
    case 'append':
      return [
        3,
        message.term,
        message.prev.term,
        message.prev.index,
        message.commit,
        message.round,
        message.entries.map((entry) =>
          entry.kind === 'no-op'
            ? [1, entry.term]
            : [ENTRY_KINDS.indexOf(entry.kind), entry.term, entry.data],
        ),
      ];
    case 'append-answer':
      return [4, message.term, message.round, message.ok, message.index, message.conflict];
    case 'snapshot-offer':
      return [5, message.term, message.last.term, message.last.index, message.round];
    case 'stand-now':
      return [6, message.term];
  }
}

/** Errors: `GROUP_FRAME`. */
export function readFrame(value: unknown): GroupFrame {
  if (!Array.isArray(value)) throw malformed();
  const [type, a, b, c, d, e, f] = value as unknown[];
  switch (type) {
    case 1:
      return raft({
        kind: 'vote-request',
        term: count(a),
        pre: bool(b),
        last: { term: count(c), index: count(d) },
        transfer: bool(e),
      });
    case 2:
      return raft({ kind: 'vote-answer', term: count(a), pre: bool(b), granted: bool(c) });
    case 3: {
      const prev = { term: count(b), index: count(c) };
      return raft({
        kind: 'append',
        term: count(a),
        prev,
        commit: count(d),
        round: count(e),
        entries: list(f).map((item, i) => readEntry(item, prev.index + 1 + i)),
      });
    }
    case 4:
      return raft({
        kind: 'append-answer',
        term: count(a),
        round: count(b),
        ok: bool(c),
        index: count(d),
        conflict: count(e),
      });
    case 5:
      return raft({
        kind: 'snapshot-offer',
        term: count(a),
        last: { term: count(b), index: count(c) },
        round: count(d),
      });
    case 6:
      return raft({ kind: 'stand-now', term: count(a) });
    case 10:
      return { kind: 'ping', count: count(a) };
    case 11:
      return { kind: 'pong', count: count(a) };
    case 12:
      return { kind: 'departure' };
    case 20:
      return { kind: 'forward', commands: list(a).map(bytes) };
    case 21:
      return { kind: 'forward-members', id: count(a), command: bytes(b) };
    case 22:
      return { kind: 'answer', id: count(a), code: text(b), message: text(c) };
    case 30:
      return { kind: 'read', id: count(a) };
    case 31:
      return { kind: 'read-answer', id: count(a), index: b === null ? null : count(b) };
    case 40:
      return { kind: 'checkpoint-request', note: bytes(a) };
    case 41:
      return { kind: 'cosignature', size: count(a), line: text(b) };
    case 42:
      return { kind: 'checkpoint', note: bytes(a) };
    case 50:
      return { kind: 'snapshot-request', copy: count(a), from: count(b) };
    case 51:
      return { kind: 'snapshot-part', copy: count(a), from: count(b), total: count(c), bytes: bytes(d) };
    default:
      throw malformed();
  }
}

const raft = (message: Message): GroupFrame => ({ kind: 'raft', message });

function readEntry(value: unknown, index: number): Entry {
  if (!Array.isArray(value)) throw malformed();
  const item = value as unknown[];
  const term = item[1];
  const data = item[2];
  switch (item[0]) {
    case 0:
      return { kind: 'command', index, term: count(term), data: command(data) };
    case 1:
      return { kind: 'no-op', index, term: count(term) };
    case 2: {
      const change = bytes(data);
      return {
        kind: 'members',
        index,
        term: count(term),
        members: idsOf(decodeMembersCommand(change).members),
        data: change,
      };
    }
    default:
      throw malformed();
  }
}

function count(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw malformed();
  return value as number;
}

function bool(value: unknown): boolean {
  if (typeof value !== 'boolean') throw malformed();
  return value;
}

function bytes(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) throw malformed();
  return value;
}

function command(value: unknown): Uint8Array {
  const data = bytes(value);
  if (data.length > MAX_COMMAND) throw malformed();
  return data;
}

function text(value: unknown): string {
  if (typeof value !== 'string' || value.length > 4096) throw malformed();
  return value;
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value) || value.length > MAX_ENTRIES) throw malformed();
  return value;
}

const malformed = (): Refusal => new Refusal('GROUP_FRAME', 'The frame is none of a Group.');
