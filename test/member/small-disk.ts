/** A disk of its own for a test, small enough to fill: tmpfs, which only root may mount. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, onTestFinished } from 'vitest';

function mount(folder: string, mib: number): boolean {
  if (process.platform !== 'linux' || process.geteuid?.() !== 0) return false;
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mib}m`, 'tmpfs', folder]).status === 0;
}
const unmount = (folder: string): void => void spawnSync('umount', ['-l', folder]);

/** Asked of the world once per process. */
let found: boolean | undefined;
function canMount(): boolean {
  if (found !== undefined) return found;
  const folder = mkdtempSync(join(tmpdir(), 'muster-mount-'));
  found = mount(folder, 1);
  if (found) unmount(folder);
  rmSync(folder, { recursive: true, force: true });
  return found;
}

/** A `describe` that needs small disks; where none can be mounted it is skipped and says so. */
export function describeWithSmallDisk(title: string, body: () => void): void {
  if (canMount()) {
    describe(title, body);
    return;
  }
  console.log(`not run here: tmpfs (${title})`);
  describe.skip(`${title} (not run here: tmpfs)`, () => it('is left out', () => undefined));
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
