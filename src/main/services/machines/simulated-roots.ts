/**
 * The store of roots whose evidence is SIMULATED: `*.der` in a folder of its own. None of them is ever taken for
 * Intel's; what stands under one is marked wherever it appears, and refused unless the policy allows it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const LARGEST = 16 * 1024;
const MOST = 16;

/** The roots in the folder; none when it is not there. */
export function readSimulatedRoots(folder: string): Uint8Array[] {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.der'));
  } catch {
    return [];
  }
  return names
    .toSorted()
    .slice(0, MOST)
    .map((name) => new Uint8Array(readFileSync(join(folder, name))))
    .filter(({ length }) => length > 0 && length <= LARGEST);
}
