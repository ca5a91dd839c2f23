/**
 * How an application command stands in the consensus log: 8 bytes that name the sender's session, 8 bytes that
 * count its commands, then the leaf. A member that does not know whether a command was taken sends it again under
 * the same tag; every replica drops the second one, so each command is in the tree once (Ongaro's thesis 6.3).
 */
import { concat, fromHex, Refusal, toHex } from '../bytes/index.ts';

export const TAG_BYTES = 16;
/** Of a session's name, those that say whose it is: the first of the member's key. */
const OWNER_BYTES = 4;
/** A record is at most 16 KiB; its signature and its frame come on top. */
export const MAX_LEAF = 17 * 1024;
/** Tag and leaf. */
export const MAX_COMMAND = TAG_BYTES + MAX_LEAF;

export interface Tag {
  /** 8 random bytes, hex: new at every start of a member. */
  readonly session: string;
  /** Counts from 1, without gaps. */
  readonly counter: number;
}

/** Bytes of one piece of memory that commands share, at most. */
const PIECE = 64 * 1024;

/**
 * Leaves as commands of one session, counted on from `first`. They share memory: a piece for each costs more than all
 * that is written into it. Errors: `COMMAND_TOO_LONG`.
 */
export function encodeCommands(
  session: Uint8Array,
  first: number,
  leaves: readonly Uint8Array[],
): Uint8Array[] {
  const commands: Uint8Array[] = [];
  let piece = new Uint8Array(0);
  let at = 0;
  for (const [i, leaf] of leaves.entries()) {
    const size = TAG_BYTES + leaf.length;
    if (at + size > piece.length) {
      piece = new Uint8Array(pieceFor(leaves, i));
      at = 0;
    }
    const data = piece.subarray(at, at + size);
    const counter = first + i;
    data.set(session, 0);
    putU32(data, 8, Math.floor(counter / 2 ** 32));
    putU32(data, 12, counter);
    data.set(leaf, TAG_BYTES);
    commands.push(data);
    at += size;
  }
  return commands;
}

/** Bytes that the leaves from `from` on want, as many of them as fit into a piece, one at least. */
function pieceFor(leaves: readonly Uint8Array[], from: number): number {
  let sum = 0;
  for (let i = from; i < leaves.length; i++) {
    const length = leaves[i]?.length ?? 0;
    if (length > MAX_LEAF)
      throw new Refusal('COMMAND_TOO_LONG', `A command has at most ${MAX_LEAF} bytes, not ${length}.`);
    if (sum > 0 && sum + TAG_BYTES + length > PIECE) break;
    sum += TAG_BYTES + length;
  }
  return sum;
}

function putU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** The tag of a command, or null when it is too short to have one. */
export const tagOf = (data: Uint8Array): Tag | null => createTagReader()(data);

/** `tagOf` for many in a row: commands of one session mostly come together, and it is spelled out once for them. */
export function createTagReader(): (data: Uint8Array) => Tag | null {
  let high = -1;
  let low = -1;
  let session = '';
  return (data) => {
    if (data.length < TAG_BYTES) return null;
    const counter = u32(data, 8) * 2 ** 32 + u32(data, 12);
    if (!Number.isSafeInteger(counter) || counter === 0) return null;
    const first = u32(data, 0);
    const second = u32(data, 4);
    if (first !== high || second !== low) {
      high = first;
      low = second;
      session = toHex(data.subarray(0, 8));
    }
    return { session, counter };
  };
}

/** The name of a session of this member (key in hex); `random`: 4 bytes that no session of it had before. */
export const sessionName = (member: string, random: Uint8Array): Uint8Array =>
  concat(fromHex(member.slice(0, 2 * OWNER_BYTES)), random);

/** Whether a session, by its name in hex, is this member's. */
export const isSessionOf = (session: string, member: string): boolean =>
  session.startsWith(member.slice(0, 2 * OWNER_BYTES));

/** Big-endian; no view and no bigint, for it is done for every command on every member. */
const u32 = (bytes: Uint8Array, at: number): number =>
  (((bytes[at] ?? 0) << 24) |
    ((bytes[at + 1] ?? 0) << 16) |
    ((bytes[at + 2] ?? 0) << 8) |
    (bytes[at + 3] ?? 0)) >>>
  0;

export const leafOf = (data: Uint8Array): Uint8Array => data.subarray(TAG_BYTES);

/** Sessions that are remembered; beyond it the one that was silent longest is forgotten. */
export const MAX_SESSIONS = 1024;

/** What every replica knows of the sessions: the same on all of them, for it is folded from the log alone. */
export interface Sessions {
  /**
   * True when this is the next command of its session. One that was taken before, or that came before the one that
   * precedes it, is not: its sender sends what is open again, in order, so a session's commands keep theirs.
   */
  take(tag: Tag): boolean;
  /** The last command of a session that was taken; 0: none. */
  last(session: string): number;
  /** As it is kept beside the log; longest silent first. */
  save(): SavedSessions;
  /** Takes what another replica saved in place of its own. */
  load(saved: SavedSessions): void;
}
export type SavedSessions = readonly (readonly [session: string, last: number])[];

export function createSessions(saved: SavedSessions = []): Sessions {
  let sessions = new Map<string, number>(saved);
  /** Who spoke last, if that is known. */
  let newest: string | null = null;
  return {
    take({ session, counter }) {
      if (counter !== (sessions.get(session) ?? 0) + 1) return false;
      // a Map keeps the order of insertion: who spoke last stands last
      if (session !== newest) sessions.delete(session);
      newest = session;
      sessions.set(session, counter);
      if (sessions.size > MAX_SESSIONS) {
        const oldest = sessions.keys().next();
        if (!oldest.done) sessions.delete(oldest.value);
      }
      return true;
    },
    last: (session) => sessions.get(session) ?? 0,
    save: () => [...sessions],
    load(from) {
      sessions = new Map(from);
      newest = null;
    },
  };
}
