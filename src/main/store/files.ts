/** Files written whole or not at all: temporary file, fsync, rename, fsync of the folder. */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { Refusal } from '../../protocol/bytes/index.ts';

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
