/**
 * A snapshot: what stands in place of the entries up to a position. The same bytes on disk and between members;
 * the edge of the tree goes with it, so that a member which begins with a snapshot extends the same tree.
 */
import { decodeCanonical, encodeCanonical, Refusal } from '../../../protocol/bytes/index.ts';
import type { Value } from '../../../protocol/bytes/index.ts';
import type { SavedSessions } from '../../../protocol/group/index.ts';
import { decodeFrontier } from '../../../protocol/log/index.ts';
import type { FrontierState } from '../../../protocol/log/index.ts';
import type { Position } from '../../../protocol/raft/index.ts';

export interface Snapshot {
  readonly last: Position;
  /** The entry of the members in force, as it stood in the log; null: the genesis. */
  readonly members: { readonly index: number; readonly term: number; readonly data: Uint8Array } | null;
  readonly sessions: SavedSessions;
  readonly frontier: FrontierState;
  /** Leaf hashes that the ragged tile of the tree still needs. */
  readonly edge: readonly Uint8Array[];
  /** The state machine's own bytes. */
  readonly state: Uint8Array;
}

/** Bytes of a snapshot, at most. */
export const MAX_SNAPSHOT = 64 * 1024 * 1024;

/** `frontier`: bytes of `encodeFrontier`. Errors: `SNAPSHOT_SIZE`. */
export function encodeSnapshot(
  snapshot: Omit<Snapshot, 'frontier'> & { readonly frontier: Uint8Array },
): Uint8Array {
  const { last, members, sessions, frontier, edge, state } = snapshot;
  const bytes = encodeCanonical([
    last.term,
    last.index,
    members === null ? [] : [members.index, members.term, members.data],
    encodeSessions(sessions),
    frontier,
    [...edge],
    state,
  ]);
  if (bytes.length > MAX_SNAPSHOT)
    throw new Refusal('SNAPSHOT_SIZE', `A snapshot has at most ${MAX_SNAPSHOT} bytes, not ${bytes.length}.`);
  return bytes;
}

/** Errors: `SNAPSHOT_FORMAT`. */
export function decodeSnapshot(bytes: Uint8Array): Snapshot {
  const fields = listOf(decodeCanonical(bytes, MAX_SNAPSHOT), 7);
  const [term, index, members, sessions, frontier, edge, state] = fields;
  return {
    last: { term: countOf(term), index: countOf(index) },
    members: membersOf(members),
    sessions: decodeSessions(bytesOf(sessions)),
    frontier: decodeFrontier(bytesOf(frontier)),
    edge: listOf(edge).map(bytesOf),
    state: bytesOf(state),
  };
}

export const encodeSessions = (sessions: SavedSessions): Uint8Array =>
  encodeCanonical(sessions.map(([id, last]) => [id, last]));

/** Errors: `SNAPSHOT_FORMAT`. */
export const decodeSessions = (bytes: Uint8Array): SavedSessions =>
  listOf(decodeCanonical(bytes, MAX_SNAPSHOT)).map((item) => {
    const [id, last] = listOf(item, 2);
    if (typeof id !== 'string') throw malformed();
    return [id, countOf(last)] as const;
  });

function membersOf(value: Value | undefined): Snapshot['members'] {
  const fields = listOf(value);
  if (fields.length === 0) return null;
  const [index, term, data] = listOf(value, 3);
  return { index: countOf(index), term: countOf(term), data: bytesOf(data) };
}

function listOf(value: Value | undefined, length?: number): readonly Value[] {
  if (!Array.isArray(value) || (length !== undefined && value.length !== length)) throw malformed();
  return value as readonly Value[];
}

function countOf(value: Value | undefined): number {
  if (typeof value !== 'number' || value < 0) throw malformed();
  return value;
}

function bytesOf(value: Value | undefined): Uint8Array {
  if (!(value instanceof Uint8Array)) throw malformed();
  return value;
}

const malformed = (): Refusal => new Refusal('SNAPSHOT_FORMAT', 'The snapshot is malformed.');
