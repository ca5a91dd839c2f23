/**
 * The Groups' file in this thread: SQLite, synchronous. The worker runs this very object. Leaf hashes are computed
 * when entries arrive, the tree grows when they are committed, tiles and gaps make any leaf and any proof findable.
 */
import { Refusal, sameBytes, toHex } from '../../../protocol/bytes/index.ts';
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
import { openDatabase } from '../database.ts';
import type { Database } from '../database.ts';
import type { CheckpointRow } from '../store.ts';
import { createTree, TILE } from '../tree.ts';
import type { TreeRows } from '../tree.ts';
import type { GroupState, GroupWrite, Head, StoredLeaf } from './group-log.ts';
import { openGroupHeads } from './heads.ts';
import type { GroupHeadFile } from './heads.ts';
import { decodeSessions, decodeSnapshot, encodeSessions, encodeSnapshot } from './snapshot.ts';

const migrations = [
  `CREATE TABLE groups (
     num INTEGER PRIMARY KEY,
     id BLOB NOT NULL UNIQUE,
     term INTEGER NOT NULL,
     vote TEXT,
     writes INTEGER NOT NULL,
     base_idx INTEGER NOT NULL,
     base_term INTEGER NOT NULL,
     committed INTEGER NOT NULL,
     frontier BLOB NOT NULL,
     sessions BLOB NOT NULL,
     muted BLOB
   ) STRICT;
   CREATE TABLE entries (
     grp INTEGER NOT NULL,
     idx INTEGER NOT NULL,
     term INTEGER NOT NULL,
     kind INTEGER NOT NULL,
     data BLOB NOT NULL,
     PRIMARY KEY (grp, idx)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX entries_members ON entries (grp, idx) WHERE kind = 2;
   CREATE TABLE gaps (grp INTEGER NOT NULL, idx INTEGER NOT NULL, PRIMARY KEY (grp, idx)) STRICT, WITHOUT ROWID;
   CREATE TABLE tiles (
     grp INTEGER NOT NULL,
     level INTEGER NOT NULL,
     idx INTEGER NOT NULL,
     root BLOB NOT NULL,
     hashes BLOB NOT NULL,
     UNIQUE (grp, level, idx)
   ) STRICT;
   CREATE TABLE edges (
     grp INTEGER NOT NULL,
     leaf INTEGER NOT NULL,
     hash BLOB NOT NULL,
     PRIMARY KEY (grp, leaf)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE checkpoints (
     grp INTEGER NOT NULL,
     size INTEGER NOT NULL,
     root BLOB NOT NULL,
     at INTEGER NOT NULL,
     note BLOB NOT NULL,
     PRIMARY KEY (grp, size)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE snapshots (grp INTEGER PRIMARY KEY, value BLOB NOT NULL) STRICT;`,
];

const KINDS = ['command', 'no-op', 'members'] as const;
const NOTHING = new Uint8Array(0);
const MAX_INDEX = Number.MAX_SAFE_INTEGER;
/** Two checkpoints within this time are one step of the timeline, milliseconds (core.md 1.4). */
const CHECKPOINT_SPACING = 500;

export interface LocalGroups {
  open(group: Uint8Array): { readonly num: number; readonly state: GroupState };
  /** Several Groups' writes in one transaction; answers their heads in the same order. */
  write(batch: readonly { readonly num: number; readonly write: GroupWrite }[]): Head[];
  read(num: number, from: number, bytes: number): { prev: Position; entries: Entry[] } | null;
  leaves(num: number, from: number, bytes: number): StoredLeaf[];
  inclusion(num: number, index: number, size: number): readonly Uint8Array[];
  consistency(num: number, first: number, second: number): readonly Uint8Array[];
  rootAt(num: number, size: number): Uint8Array;
  sign(num: number, head: Head): void;
  checkpoints(num: number, before: number, limit: number): CheckpointRow[];
  snapshot(num: number): Uint8Array | null;
  restore(num: number, snapshot: Uint8Array): Head;
  mute(num: number, key: Uint8Array | null): void;
  close(): void;
}

/** `path`: the SQLite file; `headFolder`: that of the head files. Errors: as `openDatabase`. */
export function openLocalGroups(path: string, headFolder: string): LocalGroups {
  const db = openDatabase(path, { migrations });
  const files = openGroupHeads(headFolder);
  const open = new Map<number, OpenGroup>();
  const groupOf = (num: number): OpenGroup => {
    const group = open.get(num);
    if (group === undefined) throw new Error(`group ${num} is not open`);
    return group;
  };

  /** One transaction; when it fails, what the Groups hold in memory is read again from what is stored. */
  const transact = <T>(nums: readonly number[], work: () => T, promises = true): T => {
    try {
      return promises ? db.transaction(work) : db.lightly(work);
    } catch (error) {
      for (const num of new Set(nums)) open.set(num, openGroup(db, groupOf(num).file, num));
      throw error;
    }
  };

  return {
    open(id) {
      let row = db.sql('SELECT num FROM groups WHERE id = ?').get(id);
      const isNew = row === undefined;
      if (row === undefined) {
        db.transaction(() =>
          db
            .sql(
              `INSERT INTO groups (id, term, writes, base_idx, base_term, committed, frontier, sessions)
               VALUES (?, 0, 0, 0, 0, 0, ?, ?)`,
            )
            .run(id, encodeFrontier({ size: 0, hashes: [] }), encodeSessions([])),
        );
        row = db.sql('SELECT num FROM groups WHERE id = ?').get(id);
      }
      const num = Number(row?.['num']);
      const group = openGroup(db, files.open(toHex(id)), num);
      open.set(num, group);
      return { num, state: group.state(isNew) };
    },
    write(batch) {
      const nums = batch.map(({ num }) => num);
      // what is committed can be learnt again from the log and from the others; entries, term and vote cannot
      const promises = batch.some(({ write }) => isPromise(write));
      const heads = transact(nums, () => batch.map(({ num, write }) => groupOf(num).write(write)), promises);
      for (const { num, write } of batch) if (isPromise(write)) groupOf(num).tell(write.hard !== undefined);
      return heads;
    },
    read: (num, from, bytes) => groupOf(num).read(from, bytes),
    leaves: (num, from, bytes) => groupOf(num).leaves(from, bytes),
    inclusion: (num, index, size) => groupOf(num).inclusion(index, size),
    consistency: (num, first, second) => groupOf(num).consistency(first, second),
    rootAt: (num, size) => groupOf(num).rootAt(size),
    sign: (num, head) => groupOf(num).sign(head),
    checkpoints: (num, before, limit) =>
      db
        .sql(
          'SELECT size, root, at, note FROM checkpoints WHERE grp = ? AND size < ? ORDER BY size DESC LIMIT ?',
        )
        .all(num, before, limit)
        .map(toCheckpoint),
    snapshot: (num) => readSnapshot(db, num),
    restore(num, snapshot) {
      const head = transact([num], () => groupOf(num).restore(snapshot));
      groupOf(num).tell(true);
      return head;
    },
    mute(num, key) {
      db.transaction(() => db.sql('UPDATE groups SET muted = ? WHERE num = ?').run(key, num));
    },
    close() {
      files.close();
      db.close();
    },
  };
}

type OpenGroup = ReturnType<typeof openGroup>;

/** Does this member promise somebody what is in it? */
const isPromise = ({ hard, truncateFrom, append }: GroupWrite): boolean =>
  hard !== undefined || truncateFrom !== undefined || append !== undefined;

function openGroup(db: Database, file: GroupHeadFile, num: number) {
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

  const insert = db.sql('INSERT INTO entries (grp, idx, term, kind, data) VALUES (?, ?, ?, ?, ?)');
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
    roots: (level, first, count) =>
      db
        .sql('SELECT root FROM tiles WHERE grp = ? AND level = ? AND idx >= ? AND idx < ? ORDER BY idx')
        .all(num, level, first, first + count)
        .map((tile) => tile['root'] as Uint8Array),
    tile: (level, index) =>
      db.sql('SELECT hashes FROM tiles WHERE grp = ? AND level = ? AND idx = ?').get(num, level, index)?.[
        'hashes'
      ] as Uint8Array | undefined,
    putTile(level, index, root, hashes) {
      db.sql('INSERT INTO tiles (grp, level, idx, root, hashes) VALUES (?, ?, ?, ?, ?)').run(
        num,
        level,
        index,
        root,
        hashes,
      );
      if (level === 0) db.sql('DELETE FROM edges WHERE grp = ? AND leaf < ?').run(num, (index + 1) * TILE);
    },
  };
  const hashStored = (index: number): Uint8Array => {
    const stored = db.sql('SELECT data FROM entries WHERE grp = ? AND idx = ?').get(num, index);
    if (stored === undefined) throw new Refusal('STORE_DAMAGED', `Entry ${index} of a Group is missing.`);
    return leafHash(nodeHashes, leafOf(stored['data'] as Uint8Array));
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

  const termAt = (index: number): number => {
    if (index === base.index) return base.term;
    return Number(
      db.sql('SELECT term FROM entries WHERE grp = ? AND idx = ?').get(num, index)?.['term'] ?? -1,
    );
  };
  const last = (): Position => {
    const newest = db.sql('SELECT idx, term FROM entries WHERE grp = ? ORDER BY idx DESC LIMIT 1').get(num);
    return newest === undefined ? base : { index: Number(newest['idx']), term: Number(newest['term']) };
  };
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
    const entry = db
      .sql('SELECT idx, term, data FROM entries WHERE grp = ? AND kind = 2 AND idx <= ? ORDER BY idx DESC')
      .get(num, upTo.index);
    const before = readSnapshot(db, num);
    const members =
      entry === undefined
        ? before === null
          ? null
          : decodeSnapshot(before).members
        : { index: Number(entry['idx']), term: Number(entry['term']), data: entry['data'] as Uint8Array };
    const sessions = db.sql('SELECT sessions FROM groups WHERE num = ?').get(num)?.['sessions'] as Uint8Array;
    const frontier = encodeFrontier(tree.frontier.state());
    saveSnapshot(
      encodeSnapshot({ last: upTo, members, sessions: decodeSessions(sessions), frontier, edge, state }),
    );
    db.sql('DELETE FROM entries WHERE grp = ? AND idx <= ?').run(num, upTo.index);
    base = upTo;
    db.sql('UPDATE groups SET base_idx = ?, base_term = ? WHERE num = ?').run(base.index, base.term, num);
  };
  const saveSnapshot = (bytes: Uint8Array): void => {
    db.sql('INSERT OR REPLACE INTO snapshots (grp, value) VALUES (?, ?)').run(num, bytes);
  };

  return {
    file,
    state(isNew: boolean): GroupState {
      const checkpoint = db
        .sql('SELECT size, root, at, note FROM checkpoints WHERE grp = ? ORDER BY size DESC LIMIT 1')
        .get(num);
      return {
        hard,
        base,
        last: last(),
        committed,
        head: head(),
        sessions: decodeSessions(row['sessions'] as Uint8Array),
        members: db
          .sql('SELECT idx, term, kind, data FROM entries WHERE grp = ? AND kind = 2 ORDER BY idx')
          .all(num)
          .map(toEntry)
          .filter((entry) => entry.kind === 'members'),
        snapshot: readSnapshot(db, num),
        muted: row['muted'] as Uint8Array | null,
        signed,
        checkpoint: checkpoint === undefined ? null : toCheckpoint(checkpoint),
        restored: !isNew && writes > 0 && (known === null || known.writes > writes),
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
        db.sql('DELETE FROM entries WHERE grp = ? AND idx >= ?').run(num, batch.truncateFrom);
        for (const index of fresh.keys()) if (index >= batch.truncateFrom) fresh.delete(index);
      }
      for (const entry of batch.append ?? []) {
        const data = entry.kind === 'no-op' ? NOTHING : entry.data;
        insert.run(num, entry.index, entry.term, KINDS.indexOf(entry.kind), data);
        if (entry.kind === 'command') fresh.set(entry.index, leafHash(nodeHashes, leafOf(data)));
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
      if (batch.checkpoint !== undefined) putCheckpoint(db, num, batch.checkpoint);
      if (batch.compact !== undefined) compact(batch.compact.last, batch.compact.state);
      return head();
    },
    /** Tells the head file; `force`: on disk before this returns, for something was promised. */
    tell,
    read(from: number, bytes: number) {
      if (from <= base.index) return null;
      const prev = { index: from - 1, term: termAt(from - 1) };
      if (prev.term < 0) return null;
      const entries: Entry[] = [];
      let size = 0;
      const found = db
        .sql('SELECT idx, term, kind, data FROM entries WHERE grp = ? AND idx >= ? ORDER BY idx')
        .iterate(num, from);
      for (const one of found) {
        const entry = toEntry(one);
        size += (one['data'] as Uint8Array).length + 32;
        if (entries.length > 0 && size > bytes) break;
        entries.push(entry);
      }
      return { prev, entries };
    },
    leaves(from: number, bytes: number): StoredLeaf[] {
      const found: StoredLeaf[] = [];
      let size = 0;
      let leaf = from;
      for (const one of db
        .sql('SELECT idx, term, data FROM entries WHERE grp = ? AND idx >= ? ORDER BY idx')
        .iterate(num, indexOf(from))) {
        if (leaf >= tree.frontier.size) break;
        const index = Number(one['idx']);
        if (index !== indexOf(leaf)) continue;
        const data = leafOf(one['data'] as Uint8Array);
        size += data.length;
        if (found.length > 0 && size > bytes) break;
        found.push({ index: leaf, position: { term: Number(one['term']), index }, leaf: data });
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
      db.sql('DELETE FROM entries WHERE grp = ? AND idx <= ?').run(
        num,
        follows ? snapshot.last.index : MAX_INDEX,
      );
      for (const table of ['gaps', 'edges', 'tiles']) db.sql(`DELETE FROM ${table} WHERE grp = ?`).run(num);
      for (const index of fresh.keys()) if (!follows || index <= snapshot.last.index) fresh.delete(index);
      ragged = [];
      raggedFrom = -1;
      gaps.length = 0;
      tree.reset(state);
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

type Row = { readonly [column: string]: unknown };

function toEntry(row: Row): Entry {
  const [index, term, data] = [Number(row['idx']), Number(row['term']), row['data'] as Uint8Array];
  switch (KINDS[Number(row['kind'])]) {
    case 'no-op':
      return { kind: 'no-op', index, term };
    case 'members':
      // the lists are read from `data` by whoever feeds the core
      return { kind: 'members', index, term, members: { voters: [], learners: [] }, data };
    default:
      return { kind: 'command', index, term, data };
  }
}

function toCheckpoint(row: Row): CheckpointRow {
  return {
    size: Number(row['size']),
    root: row['root'] as Uint8Array,
    at: Number(row['at']),
    note: row['note'] as Uint8Array,
  };
}

/** Keeps the newest always; older ones no denser than the spacing, so the timeline stays short under load. */
function putCheckpoint(db: Database, num: number, row: CheckpointRow): void {
  const [last, previous] = db
    .sql('SELECT size, root, at, note FROM checkpoints WHERE grp = ? ORDER BY size DESC LIMIT 2')
    .all(num)
    .map(toCheckpoint);
  if (last !== undefined && row.size <= last.size) return;
  if (last !== undefined && previous !== undefined && last.at - previous.at < CHECKPOINT_SPACING)
    db.sql('DELETE FROM checkpoints WHERE grp = ? AND size = ?').run(num, last.size);
  db.sql('INSERT INTO checkpoints (grp, size, root, at, note) VALUES (?, ?, ?, ?, ?)').run(
    num,
    row.size,
    row.root,
    row.at,
    row.note,
  );
}

const readSnapshot = (db: Database, num: number): Uint8Array | null =>
  (db.sql('SELECT value FROM snapshots WHERE grp = ?').get(num)?.['value'] as Uint8Array | undefined) ?? null;
