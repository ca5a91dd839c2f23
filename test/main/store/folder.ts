/** A store's files in a scratch folder, and the ways in which a disk or a person can damage them. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openLocalStore } from '../../../src/main/store/index.ts';
import type { StoreOptions } from '../../../src/main/store/index.ts';
import { scratch } from '../../scratch.ts';

export const optionsIn = (folder: string, rules: StoreOptions['rules'] = 'none'): StoreOptions => ({
  path: join(folder, 'store.db'),
  headPath: join(folder, 'head'),
  rules,
});
export const openIn = (folder: string) => openLocalStore(optionsIn(folder));

/** Files of `folder` as they are at this moment, as a crash would leave them. Answers the copy's folder. */
export function crashCopy(folder: string): string {
  const copy = join(scratch(), 'copy');
  mkdirSync(copy);
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    // the shared memory of the WAL is rebuilt after a crash
    if (entry.isFile() && !entry.name.endsWith('-shm'))
      copyFileSync(join(folder, entry.name), join(copy, entry.name));
  return copy;
}

export const walOf = (folder: string): string => join(folder, 'store.db-wal');

/** Cuts the last `bytes` off a file. */
export function truncateTail(path: string, bytes: number): void {
  const whole = readFileSync(path);
  writeFileSync(path, whole.subarray(0, Math.max(0, whole.length - bytes)));
}

/** Flips every bit of `length` bytes at `at` (from the end when negative). */
export function garble(path: string, at: number, length = 1): void {
  const bytes = readFileSync(path);
  const from = at < 0 ? bytes.length + at : at;
  for (let i = from; i < Math.min(from + length, bytes.length); i++) bytes[i]! ^= 0xff;
  writeFileSync(path, bytes);
}

/** Runs SQL on a store that is closed. */
export function tamper(folder: string, sql: string, ...values: (Uint8Array | number | string)[]): void {
  const db = new DatabaseSync(join(folder, 'store.db'));
  try {
    if (db.prepare(sql).run(...values).changes === 0) throw new Error(`nothing was changed by: ${sql}`);
  } finally {
    db.close();
  }
}

export const sizeOf = (path: string): number => (existsSync(path) ? statSync(path).size : 0);
