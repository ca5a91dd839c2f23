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
import { TILE } from '../tree.ts';

export interface Snapshot {
  readonly last: Position;
  /** The entry of the members in force, as it stood in the log; null: the genesis. */
  readonly members: { readonly index: number; readonly term: number; readonly data: Uint8Array } | null;
  readonly sessions: SavedSessions;
  readonly frontier: FrontierState;
  /** Leaf hashes that the ragged tile of the tree still needs. */
  readonly edge: readonly Uint8Array[];
  /** The same of each level above: roots of complete tiles, as far as the ragged tile over them needs them. */
  readonly roots: readonly (readonly Uint8Array[])[];
  /** The state machine's own bytes. */
  readonly state: Uint8Array;
}

/** Bytes of a snapshot, at most. */
export const MAX_SNAPSHOT = 64 * 1024 * 1024;

/** `frontier`: bytes of `encodeFrontier`. Errors: `SNAPSHOT_SIZE`. */
export function encodeSnapshot(
  snapshot: Omit<Snapshot, 'frontier'> & { readonly frontier: Uint8Array },
): Uint8Array {
  const { last, members, sessions, frontier, edge, roots, state } = snapshot;
  const bytes = encodeCanonical([
    last.term,
    last.index,
    members === null ? [] : [members.index, members.term, members.data],
    encodeSessions(sessions),
    frontier,
    [...edge],
    roots.map((level) => [...level]),
    state,
  ]);
  if (bytes.length > MAX_SNAPSHOT)
    throw new Refusal('SNAPSHOT_SIZE', `A snapshot has at most ${MAX_SNAPSHOT} bytes, not ${bytes.length}.`);
  return bytes;
}

/** Errors: `SNAPSHOT_FORMAT`. */
export function decodeSnapshot(bytes: Uint8Array): Snapshot {
  const fields = listOf(decodeCanonical(bytes, MAX_SNAPSHOT), 8);
  const [term, index, members, sessions, tree, edge, roots, state] = fields;
  const frontier = decodeFrontier(bytesOf(tree));
  return {
    last: { term: countOf(term), index: countOf(index) },
    members: membersOf(members),
    sessions: decodeSessions(bytesOf(sessions)),
    frontier,
    edge: hashesOf(edge, frontier.size % TILE),
    roots: listOf(roots, levelsOf(frontier.size)).map((level, i) =>
      hashesOf(level, tilesAt(frontier.size, i) % TILE),
    ),
    state: bytesOf(state),
  };
}

/** Complete tiles of a level in a tree of this size. */
export const tilesAt = (size: number, level: number): number => Math.floor(size / TILE ** (level + 1));

/** Levels that have a complete tile. */
export function levelsOf(size: number): number {
  let levels = 0;
  while (tilesAt(size, levels) > 0) levels += 1;
  return levels;
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

function hashesOf(value: Value | undefined, count: number): readonly Uint8Array[] {
  const hashes = listOf(value, count).map(bytesOf);
  if (hashes.some(({ length }) => length !== 32)) throw malformed();
  return hashes;
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
