/**
 * Files of the data folder: readable by their owner only, and written whole or not at all (temporary file, fsync,
 * rename, fsync of the folder).
 */
import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { Refusal } from '../../protocol/bytes/index.ts';

/**
 * Makes sure that `path` is a file of its owner only, before a library opens it that would go by the umask. A file
 * that exists is never opened here: closing it would drop the locks that SQLite holds in this very process.
 */
export function ownerOnly(path: string): void {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode;
  if (mode === undefined) closeSync(openSync(path, 'a', 0o600));
  else if ((mode & 0o077) !== 0) chmodSync(path, 0o600);
}

/** Writes `bytes` to `path`, readable by the owner only. Errors: `DISK_FULL`. */
export function writeFileAtomic(path: string, bytes: Uint8Array): void {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}.part`;
  const fd = openSync(temporary, 'w', 0o600);
  try {
    try {
      let at = 0;
      while (at < bytes.length) at += writeSync(fd, bytes, at);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (error) {
    try {
      unlinkSync(temporary);
    } catch {
      // nothing was left behind
    }
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC')
      throw new Refusal('DISK_FULL', `The disk is full: ${path} was not written.`);
    throw error;
  }
  const directory = openSync(folder, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
