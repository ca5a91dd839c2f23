/**
 * One owner for a data folder. The lock is an exclusive SQLite transaction on a file of its own: the kernel lets go
 * of it when the process ends, however it ends, so there is no stale lock to guess about.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { Refusal } from '../../protocol/bytes/index.ts';
import { ownerOnly } from '../store/index.ts';

/** What the owner writes for others to find it: owner-only. */
export const runFileShape = z.object({
  pid: z.number().int(),
  startedAt: z.number().int(),
  /** Unix socket of the API. */
  socket: z.string(),
  /** Address of the console; null while it is off. */
  console: z.string().nullable(),
  /** Bearer token of `/api` for scripts. */
  bearer: z.string(),
});
export type RunFile = z.infer<typeof runFileShape>;

export const runFilePath = (folder: string): string => join(folder, 'run.json');

/** The owner's file, or null when there is none (or it cannot be read). */
export function readRunFile(folder: string): RunFile | null {
  try {
    return runFileShape.parse(JSON.parse(readFileSync(runFilePath(folder), 'utf8')));
  } catch {
    return null;
  }
}

const SQLITE_BUSY = 5;

/** Takes the folder; answers how to let go. Errors: `DATA_IN_USE` (with the owner's pid if known), `DATA_FOLDER`. */
export function lockFolder(folder: string): () => void {
  const path = join(folder, 'lock');
  let lock: DatabaseSync | undefined;
  try {
    ownerOnly(path);
    lock = new DatabaseSync(path, { timeout: 0 });
    // nothing is ever written, so no journal is needed: the lock can be taken on a full disk too
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE;');
  } catch (error) {
    lock?.close();
    if (((error as { errcode?: number }).errcode ?? 0) % 256 !== SQLITE_BUSY)
      throw new Refusal(
        'DATA_FOLDER',
        `${folder} cannot hold the data of a node (${(error as Error).message}).`,
      );
    const owner = readRunFile(folder);
    const who =
      owner === null ? '' : ` (process ${owner.pid}${owner.console === null ? '' : `, ${owner.console}`})`;
    throw new Refusal(
      'DATA_IN_USE',
      `Another node${who} works on ${folder}.`,
      owner === null ? {} : { pid: owner.pid },
    );
  }
  const held = lock;
  return () => held.close();
}
