/** The CollateralStore port: small files by name, for the collateral cache; in a folder, or in memory. */
import { readFile, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LARGEST_COLLATERAL } from '../../protocol/attestation/index.ts';
import { writeFileAtomic } from '../store/index.ts';

/** Keys are 1 to 80 of a-z, 0-9 and "-". What comes back is not believed: whoever reads it verifies it. */
export interface CollateralStore {
  /** `null` when there is none, or when it is larger than any set. */
  get(key: string): Promise<Uint8Array | null>;
  /** Replaces the whole value or nothing of it. Errors: `DISK_FULL`. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  remove(key: string): Promise<void>;
  list(): Promise<string[]>;
}

const KEY = /^[a-z0-9-]{1,80}$/;
/** A set in its file, with what is noted beside it. */
const LARGEST_FILE = 2 * LARGEST_COLLATERAL;

function checkKey(key: string): string {
  if (!KEY.test(key)) throw new Error(`"${key}" is not a key of this store`);
  return key;
}

/** A store for as long as the process runs. */
export function createMemoryCollateralStore(): CollateralStore {
  const held = new Map<string, Uint8Array>();
  return {
    get: async (key) => held.get(checkKey(key))?.slice() ?? null,
    put: async (key, bytes) => void held.set(checkKey(key), bytes.slice()),
    remove: async (key) => void held.delete(checkKey(key)),
    list: async () => [...held.keys()],
  };
}

/** A file `<key>.json` each, of the owner only, written whole or not at all. The folder is made when needed. */
export function createFolderCollateralStore(folder: string): CollateralStore {
  const pathOf = (key: string): string => join(folder, `${checkKey(key)}.json`);
  const orNull = (error: unknown): null => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  };
  return {
    async get(key) {
      const path = pathOf(key);
      const found = await stat(path).catch(orNull);
      if (found === null || !found.isFile() || found.size > LARGEST_FILE) return null;
      return readFile(path).catch(orNull);
    },
    put: async (key, bytes) => writeFileAtomic(pathOf(key), bytes),
    remove: async (key) => rm(pathOf(key), { force: true }),
    async list() {
      const names = (await readdir(folder).catch(orNull)) ?? [];
      return names
        .filter((name) => name.endsWith('.json'))
        .map((name) => name.slice(0, -'.json'.length))
        .filter((name) => KEY.test(name));
    },
  };
}
