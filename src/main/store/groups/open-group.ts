/**
 * One open Group in the file: what is known of it in memory and the rows that it stands on. Leaf hashes are computed
 * when entries arrive, the tree grows when they are committed, tiles and gaps make any leaf and any proof findable.
 */
import { Refusal, sameBytes } from '../../../protocol/bytes/index.ts';
import { leafOf } from '../../../protocol/group/index.ts';
import {
  consistencyNodes,
  decodeFrontier,
  encodeFrontier,
  leafHash,
  proveConsistency,
  proveInclusion,
  subtreeRoot,
} from '../../../protocol/log/index.ts';
import type { Entry, Position } from '../../../protocol/raft/index.ts';
import { nodeHashes } from '../../hashes.ts';
import { timelineOf } from '../checkpoints.ts';
import type { Database } from '../database.ts';
import { storedTiles } from '../tiles.ts';
import { createTree, TILE } from '../tree.ts';
import type { TreeRows } from '../tree.ts';
import { storedEntries } from './entries.ts';
import { isPromise } from './group-log.ts';
import type { GroupState, GroupWrite, Head, StoredLeaf } from './group-log.ts';
import type { GroupHeadFile } from './heads.ts';
import { dataOf } from './packed.ts';
import {
  decodeSessions,
  decodeSnapshot,
  encodeSessions,
  encodeSnapshot,
  levelsOf,
  tilesAt,
} from './snapshot.ts';

export type OpenGroup = ReturnType<typeof openGroup>;

export function openGroup(db: Database, file: GroupHeadFile, num: number) {
  const row = db.sql('SELECT * FROM groups WHERE num = ?').get(num) ?? {};
  let hard = { term: Number(row['term']), vote: row['vote'] as string | null };
  let writes = Number(row['writes']);
  let base: Position = { term: Number(row['base_term']), index: Number(row['base_idx']) };
  let committed = Number(row['committed']);
  const known = file.read();
  let signed: Head | null = known?.signed ?? null;
  const gaps = db
    .sql('SELECT idx FROM gaps WHERE grp = ? ORDER BY idx')
    .all(num)
    .map((gap) => Number(gap['idx']));
  /** Leaf hashes of commands that are stored and not committed, by log index. */
  const fresh = new Map<number, Uint8Array>();
  /** Leaf hashes of the tile that is not complete, as far as they are known here; the first is leaf `raggedFrom`. */
  let ragged: Uint8Array[] = [];
  let raggedFrom = -1;

  /** Log index of a leaf: everything before it that is no leaf pushes it up. */
  const indexOf = (leaf: number): number => {
    let [low, high] = [0, gaps.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((gaps[middle] ?? 0) - middle - 1 <= leaf) low = middle + 1;
      else high = middle;
    }
    return leaf + 1 + low;
  };

  const entries = storedEntries(db, num);
  const timeline = timelineOf(db, num);
  const tiles = storedTiles(db, num);
  const rows: TreeRows = {
    leaves(first, count) {
      if (first === raggedFrom && count <= ragged.length) return ragged.slice(0, count);
      const kept = db
        .sql('SELECT hash FROM edges WHERE grp = ? AND leaf >= ? AND leaf < ? ORDER BY leaf')
        .all(num, first, first + count)
        .map((one) => one['hash'] as Uint8Array);
      const rest = Array.from({ length: count - kept.length }, (_, i) => {
        const index = indexOf(first + kept.length + i);
        return fresh.get(index) ?? hashStored(index);
      });
      return [...kept, ...rest];
    },
    roots(level, first, count) {
      const roots = tiles.roots(level, first, count);
      if (roots.length < count) throw pruned();
      return roots;
    },
    tile(level, index) {
      const hashes = tiles.tile(level, index);
      // of a tile that came with a state there is the root alone
      return hashes?.length === 0 ? undefined : hashes;
    },
    putTile(level, index, root, hashes) {
      tiles.putTile(level, index, root, hashes);
      if (level === 0) db.sql('DELETE FROM edges WHERE grp = ? AND leaf < ?').run(num, (index + 1) * TILE);
    },
  };
  const hashStored = (index: number): Uint8Array => {
    const stored = entries.at(index);
    if (stored === null && index <= base.index) throw pruned();
    if (stored === null) throw new Refusal('STORE_DAMAGED', `Entry ${index} of a Group is missing.`);
    return leafHash(nodeHashes, leafOf(dataOf(stored)));
  };
  const tree = createTree(rows, decodeFrontier(row['frontier'] as Uint8Array));

  /** Appends a leaf to the tree, and to what is known of its ragged tile. */
  const grow = (leaf: Uint8Array): void => {
    const { size } = tree.frontier;
    const first = Math.floor(size / TILE) * TILE;
    if (raggedFrom !== first || ragged.length !== size - first) {
      ragged = [...rows.leaves(first, size - first)];
      raggedFrom = first;
    }
    ragged.push(leaf);
    tree.append(leaf);
  };

  const termAt = (index: number): number =>
    index === base.index ? base.term : (entries.at(index)?.term ?? -1);
  const head = (): Head => ({ size: tree.frontier.size, root: tree.frontier.root() });
  const checkCovered = (size: number): number => {
    if (size > tree.frontier.size)
      throw new Refusal('LOG_SIZE', `The log has ${tree.frontier.size} leaves, not ${size}.`);
    return size;
  };
  const touch = (): void => {
    writes += 1;
    db.sql('UPDATE groups SET writes = ? WHERE num = ?').run(writes, num);
  };
  const tell = (force: boolean): void => file.write({ writes, ...hard, signed }, force);

  /** Puts a state in place of all that is committed. */
  const compact = (upTo: Position, state: Uint8Array): void => {
    if (upTo.index !== committed || upTo.index <= base.index || termAt(upTo.index) !== upTo.term)
      throw new Error(`a state at ${upTo.index} cannot stand for ${committed} committed entries`);
    // the ragged tile's leaves stay provable without their entries
    const { size } = tree.frontier;
    const first = Math.floor(size / TILE) * TILE;
    const edge = rows.leaves(first, size - first);
    for (const [i, hash] of edge.entries())
      db.sql('INSERT OR REPLACE INTO edges (grp, leaf, hash) VALUES (?, ?, ?)').run(num, first + i, hash);
    const entry = entries.members().findLast(({ index }) => index <= upTo.index);
    const before = readSnapshot(db, num);
    const members =
      entry === undefined
        ? before === null
          ? null
          : decodeSnapshot(before).members
        : { index: entry.index, term: entry.term, data: entry.data };
    const sessions = db.sql('SELECT sessions FROM groups WHERE num = ?').get(num)?.['sessions'] as Uint8Array;
    saveSnapshot(
      encodeSnapshot({
        last: upTo,
        members,
        sessions: decodeSessions(sessions),
        frontier: encodeFrontier(tree.frontier.state()),
        edge,
        roots: raggedRoots(size, rows),
        state,
      }),
    );
    entries.removeUpTo(upTo.index);
    base = upTo;
    db.sql('UPDATE groups SET base_idx = ?, base_term = ? WHERE num = ?').run(base.index, base.term, num);
  };
  const saveSnapshot = (bytes: Uint8Array): void => {
    db.sql('INSERT OR REPLACE INTO snapshots (grp, value) VALUES (?, ?)').run(num, bytes);
  };

  return {
    file,
    checkpoints: timeline.before,
    snapshot: () => readSnapshot(db, num),
    state(isNew: boolean): GroupState {
      return {
        hard,
        base,
        last: entries.last() ?? base,
        committed,
        head: head(),
        sessions: decodeSessions(row['sessions'] as Uint8Array),
        members: entries.members(),
        snapshot: readSnapshot(db, num),
        muted: row['muted'] as Uint8Array | null,
        signed,
        checkpoint: timeline.newest(),
        // a head file that is ahead tells also of a database that is gone, or of before its first write
        restored: known === null ? !isNew && writes > 0 : known.writes > writes,
      };
    },
    write(batch: GroupWrite): Head {
      if (isPromise(batch)) touch();
      if (batch.hard !== undefined) {
        hard = { ...batch.hard };
        db.sql('UPDATE groups SET term = ?, vote = ? WHERE num = ?').run(hard.term, hard.vote, num);
      }
      if (batch.truncateFrom !== undefined) {
        if (batch.truncateFrom <= committed)
          throw new Error(`entries from ${batch.truncateFrom} on are committed up to ${committed}`);
        entries.removeFrom(batch.truncateFrom);
        for (const index of fresh.keys()) if (index >= batch.truncateFrom) fresh.delete(index);
      }
      for (const entry of batch.append ?? []) {
        entries.append(entry);
        if (entry.kind === 'command') fresh.set(entry.index, leafHash(nodeHashes, leafOf(entry.data)));
      }
      if (batch.commit !== undefined && batch.commit.upTo > committed) {
        const { upTo, gaps: more, sessions } = batch.commit;
        const skip = new Set(more);
        for (const index of more) {
          db.sql('INSERT INTO gaps (grp, idx) VALUES (?, ?)').run(num, index);
          gaps.push(index);
        }
        for (let index = committed + 1; index <= upTo; index++) {
          if (!skip.has(index)) grow(fresh.get(index) ?? hashStored(index));
          fresh.delete(index);
        }
        committed = upTo;
        db.sql('UPDATE groups SET committed = ?, frontier = ?, sessions = ? WHERE num = ?').run(
          committed,
          encodeFrontier(tree.frontier.state()),
          encodeSessions(sessions),
          num,
        );
      }
      if (batch.checkpoint !== undefined && batch.checkpoint.size > (timeline.newest()?.size ?? 0))
        timeline.put(batch.checkpoint);
      if (batch.compact !== undefined) compact(batch.compact.last, batch.compact.state);
      return head();
    },
    /** Tells the head file; `force`: on disk before this returns, for something was promised. */
    tell,
    read(from: number, bytes: number) {
      if (from <= base.index) return null;
      const prev = { index: from - 1, term: termAt(from - 1) };
      if (prev.term < 0) return null;
      const found: Entry[] = [];
      let size = 0;
      for (const entry of entries.from(from)) {
        size += dataOf(entry).length + 32;
        if (found.length > 0 && size > bytes) break;
        found.push(entry);
      }
      return { prev, entries: found };
    },
    leaves(from: number, bytes: number): StoredLeaf[] {
      const found: StoredLeaf[] = [];
      let size = 0;
      let leaf = from;
      for (const entry of entries.from(indexOf(from))) {
        if (leaf >= tree.frontier.size) break;
        const { index, term } = entry;
        if (index !== indexOf(leaf)) continue;
        const data = leafOf(dataOf(entry));
        size += data.length;
        if (found.length > 0 && size > bytes) break;
        found.push({ index: leaf, position: { term, index }, leaf: data });
        leaf += 1;
      }
      return found;
    },
    inclusion: (index: number, size: number) =>
      proveInclusion(nodeHashes, index, checkCovered(size), tree.read),
    consistency(first: number, second: number) {
      checkCovered(second);
      consistencyNodes(first, second);
      return proveConsistency(nodeHashes, first, second, tree.read);
    },
    rootAt: (size: number) => subtreeRoot(nodeHashes, 0, checkCovered(size), tree.read),
    sign(next: Head): void {
      if (signed !== null && signed.size > next.size)
        throw new Refusal(
          'SIGNED_LARGER',
          `A head of ${signed.size} leaves is signed; ${next.size} is smaller.`,
        );
      if (signed !== null && signed.size === next.size && !sameBytes(signed.root, next.root))
        throw new Refusal('SIGNED_OTHER', `Another root is signed for ${next.size} leaves.`);
      signed = { size: next.size, root: next.root };
      // the head file alone remembers it: one small write instead of a transaction for every checkpoint
      tell(true);
    },
    restore(bytes: Uint8Array): Head {
      const snapshot = decodeSnapshot(bytes);
      const state = snapshot.frontier;
      touch();
      // entries after it go on from it only if the log here has the very entry that it ends with
      const follows = termAt(snapshot.last.index) === snapshot.last.term;
      if (follows) entries.removeUpTo(snapshot.last.index);
      else entries.removeFrom(0);
      for (const table of ['gaps', 'edges', 'tiles']) db.sql(`DELETE FROM ${table} WHERE grp = ?`).run(num);
      for (const index of fresh.keys()) if (!follows || index <= snapshot.last.index) fresh.delete(index);
      ragged = [];
      raggedFrom = -1;
      gaps.length = 0;
      tree.reset(state);
      for (const [level, roots] of snapshot.roots.entries()) {
        const from = tilesAt(state.size, level) - roots.length;
        for (const [i, root] of roots.entries()) rows.putTile(level, from + i, root, NOTHING);
      }
      const first = state.size - snapshot.edge.length;
      for (const [i, hash] of snapshot.edge.entries())
        db.sql('INSERT INTO edges (grp, leaf, hash) VALUES (?, ?, ?)').run(num, first + i, hash);
      // leaf n of what comes stands n + 1 + gaps further up: one entry for all the log that is not here
      for (let index = state.size + 1; index <= snapshot.last.index; index++) {
        db.sql('INSERT INTO gaps (grp, idx) VALUES (?, ?)').run(num, index);
        gaps.push(index);
      }
      base = snapshot.last;
      committed = snapshot.last.index;
      saveSnapshot(bytes);
      db.sql(
        'UPDATE groups SET base_idx = ?, base_term = ?, committed = ?, frontier = ?, sessions = ? WHERE num = ?',
      ).run(base.index, base.term, committed, encodeFrontier(state), encodeSessions(snapshot.sessions), num);
      return head();
    },
  };
}

const NOTHING = new Uint8Array(0);
const pruned = (): Refusal =>
  new Refusal('LOG_PRUNED', 'This member began with a state behind that part of the log.');

/** Of each level the roots of the tiles that the one above does not hold yet: what the tree goes on from. */
const raggedRoots = (size: number, rows: TreeRows): (readonly Uint8Array[])[] =>
  Array.from({ length: levelsOf(size) }, (_, level) => {
    const count = tilesAt(size, level);
    const first = Math.floor(count / TILE) * TILE;
    return rows.roots(level, first, count - first);
  });

const readSnapshot = (db: Database, num: number): Uint8Array | null =>
  (db.sql('SELECT value FROM snapshots WHERE grp = ?').get(num)?.['value'] as Uint8Array | undefined) ?? null;
