/**
 * When this node started last, on disk. A node that forgets it, and whose clock was put back, would be taken for an
 * old self by everybody until its clock has caught up.
 */
import { existsSync, readFileSync } from 'node:fs';
import { writeFileAtomic } from '../../store/index.ts';

export interface StartMemory {
  /** Unix milliseconds; null: never, or not known any more. */
  load(): number | null;
  save(startedAt: number): void;
}

export function fileStartMemory(path: string): StartMemory {
  return {
    load() {
      if (!existsSync(path)) return null;
      const text = readFileSync(path, 'utf8').trim();
      return /^\d{1,15}$/.test(text) ? Number(text) : null;
    },
    save: (startedAt) => writeFileAtomic(path, Buffer.from(`${startedAt}\n`)),
  };
}
