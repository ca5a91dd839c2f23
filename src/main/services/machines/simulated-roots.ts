/**
 * The store of roots whose evidence is SIMULATED: `*.der` in a folder of its own. None of them is ever taken for
 * Intel's; what stands under one is marked wherever it appears, and refused unless the policy allows it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const LARGEST = 16 * 1024;
const MOST = 16;

/**
 * The roots in the folder; none when it is not there. A node reads them once, when it starts. `note` is told of a
 * file that cannot be read and is passed over.
 */
export function readSimulatedRoots(folder: string, note: (sentence: string) => void): Uint8Array[] {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.der'));
  } catch {
    return [];
  }
  const read = (name: string): Uint8Array[] => {
    try {
      return [new Uint8Array(readFileSync(join(folder, name)))];
    } catch (error) {
      note(
        `The simulated root ${name} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'}).`,
      );
      return [];
    }
  };
  return names
    .toSorted()
    .slice(0, MOST)
    .flatMap(read)
    .filter(({ length }) => length > 0 && length <= LARGEST);
}
