/** A disk of its own for a test, small enough to fill: tmpfs, which only root may mount (the part `tmpfs`). */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

function mount(folder: string, mib: number): boolean {
  if (process.platform !== 'linux' || process.geteuid?.() !== 0) return false;
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mib}m`, 'tmpfs', folder]).status === 0;
}
const unmount = (folder: string): void => void spawnSync('umount', ['-l', folder]);

export function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'muster-mount-'));
  const mounted = mount(folder, 1);
  if (mounted) unmount(folder);
  rmSync(folder, { recursive: true, force: true });
  return mounted;
}

export interface SmallDisk {
  /** Takes all the room but this many bytes. */
  fill(rest: number): void;
  /** Gives it back. */
  free(): void;
}

/** Mounts a disk at `folder`, which it makes; it is gone when the test ends. */
export function smallDisk(folder: string, mib: number): SmallDisk {
  mkdirSync(folder, { recursive: true });
  if (!mount(folder, mib)) throw new Error(`${folder} is no place for a disk`);
  onTestFinished(() => unmount(folder));
  const filler = join(folder, 'filler');
  return {
    fill(rest) {
      const { bavail, bsize } = statfsSync(folder);
      writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - rest)));
    },
    free: () => unlinkSync(filler),
  };
}
