/**
 * The Groups' file in this thread: SQLite, synchronous. The worker runs this very object.
 */
import { toHex } from '../../../protocol/bytes/index.ts';
import { encodeFrontier } from '../../../protocol/log/index.ts';
import type { Entry, Position } from '../../../protocol/raft/index.ts';
import { openDatabase } from '../database.ts';
import type { CheckpointRow } from '../store.ts';
import { oneKey } from './entries.ts';
import { isPromise } from './group-log.ts';
import type { GroupState, GroupWrite, Head, StoredLeaf } from './group-log.ts';
import { openGroupHeads } from './heads.ts';
import { openGroup } from './open-group.ts';
import type { OpenGroup } from './open-group.ts';
import { encodeSessions } from './snapshot.ts';

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
  oneKey,
];

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
    checkpoints: (num, before, limit) => groupOf(num).checkpoints(before, limit),
    snapshot: (num) => groupOf(num).snapshot(),
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
