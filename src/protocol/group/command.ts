/**
 * How an application command stands in the consensus log: 8 bytes that name the sender's session, 8 bytes that
 * count its commands, then the leaf. A member that does not know whether a command was taken sends it again under
 * the same tag; every replica drops the second one, so each command is in the tree once (Ongaro's thesis 6.3).
 */
import { Refusal, toHex } from '../bytes/index.ts';

export const TAG_BYTES = 16;
/** A record is at most 16 KiB; its signature and its frame come on top. */
export const MAX_LEAF = 17 * 1024;

export interface Tag {
  /** 8 random bytes, hex: new at every start of a member. */
  readonly session: string;
  /** Counts from 1, without gaps. */
  readonly counter: number;
}

export function encodeCommand(session: Uint8Array, counter: number, leaf: Uint8Array): Uint8Array {
  if (leaf.length > MAX_LEAF)
    throw new Refusal('COMMAND_TOO_LONG', `A command has at most ${MAX_LEAF} bytes, not ${leaf.length}.`);
  const data = new Uint8Array(TAG_BYTES + leaf.length);
  data.set(session, 0);
  new DataView(data.buffer).setBigUint64(8, BigInt(counter));
  data.set(leaf, TAG_BYTES);
  return data;
}

/** The tag of a command, or null when it is too short to have one. */
export function tagOf(data: Uint8Array): Tag | null {
  if (data.length < TAG_BYTES) return null;
  const counter = Number(new DataView(data.buffer, data.byteOffset, data.length).getBigUint64(8));
  return Number.isSafeInteger(counter) && counter > 0
    ? { session: toHex(data.subarray(0, 8)), counter }
    : null;
}

export const leafOf = (data: Uint8Array): Uint8Array => data.subarray(TAG_BYTES);

/** How far ahead of its oldest open command a session may count; what lies further is dropped as none of ours. */
export const SESSION_WINDOW = 16_384;
/** Sessions that are remembered; beyond it the one that was silent longest is forgotten. */
export const MAX_SESSIONS = 1024;

interface Session {
  /** Every command up to here was taken. */
  floor: number;
  /** Taken ones beyond the floor. */
  readonly beyond: Set<number>;
}

/** What every replica knows of the sessions: the same on all of them, for it is folded from the log alone. */
export interface Sessions {
  /** True the first time a tag is seen. */
  take(tag: Tag): boolean;
  /** As it is kept beside the log: session, floor, those beyond it; longest silent first. */
  save(): SavedSessions;
  /** Takes what another replica saved in place of its own. */
  load(saved: SavedSessions): void;
}
export type SavedSessions = readonly (readonly [session: string, floor: number, beyond: readonly number[]])[];

export function createSessions(saved: SavedSessions = []): Sessions {
  const sessions = new Map<string, Session>();
  const load = (from: SavedSessions): void => {
    sessions.clear();
    for (const [id, floor, beyond] of from) sessions.set(id, { floor, beyond: new Set(beyond) });
  };
  load(saved);
  return {
    take({ session: id, counter }) {
      const session = sessions.get(id) ?? { floor: 0, beyond: new Set<number>() };
      if (counter <= session.floor || counter > session.floor + SESSION_WINDOW || session.beyond.has(counter))
        return false;
      if (counter === session.floor + 1) {
        session.floor = counter;
        while (session.beyond.delete(session.floor + 1)) session.floor += 1;
      } else session.beyond.add(counter);
      // a Map keeps the order of insertion: who spoke last stands last
      sessions.delete(id);
      sessions.set(id, session);
      if (sessions.size > MAX_SESSIONS) {
        const oldest = sessions.keys().next();
        if (!oldest.done) sessions.delete(oldest.value);
      }
      return true;
    },
    load,
    save: () => [...sessions].map(([id, { floor, beyond }]) => [id, floor, [...beyond]] as const),
  };
}
