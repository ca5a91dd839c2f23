/**
 * The CollateralSource port: what Intel says about a platform family, from a file, a folder or a service. A
 * source only fetches; whether the set is genuine and current is for the verifier to say.
 */
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Collateral,
  collateralHint,
  LARGEST_COLLATERAL,
  type PlatformQuery,
  readCollateral,
  readIsoTime,
} from '../../protocol/attestation/index.ts';
import { Refusal } from '../../protocol/bytes/index.ts';
import { reasonOf } from './quote-source.ts';

export interface FoundCollateral {
  readonly collateral: Collateral;
  /** Where it came from, for the card. */
  readonly origin: string;
}

export interface CollateralSource {
  readonly name: string;
  /**
   * A set for this platform, the newest that existed at `at` (Unix seconds) where the source has several.
   * Errors: `COLLATERAL_NOT_FOUND`, and those of the source.
   */
  collateralFor(platform: PlatformQuery, at: number): Promise<FoundCollateral>;
}

/** Reads a file of at most LARGEST_COLLATERAL bytes; a larger one is refused after that many. */
async function readSet(path: string): Promise<Collateral> {
  let bytes: Uint8Array;
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      if (size > LARGEST_COLLATERAL)
        throw new Refusal('COLLATERAL_TOO_LARGE', `The file has ${size} bytes; real sets have 20,000.`);
      bytes = await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal('COLLATERAL_FILE_UNREADABLE', `The file ${path} cannot be read: ${reasonOf(error)}.`);
  }
  return readCollateral(bytes);
}

/**
 * One set, named by the user: given as it is for every platform and time, so that the verdict can say what does
 * not fit. Errors: `COLLATERAL_FILE_UNREADABLE`, `COLLATERAL_EMPTY`, `COLLATERAL_TOO_LARGE`, `COLLATERAL_FORMAT`.
 */
export function createFileCollateralSource(path: string): CollateralSource {
  return {
    name: 'file',
    collateralFor: async () => ({ collateral: await readSet(path), origin: `file ${path}` }),
  };
}

/** A folder with more files than this is not a folder of collateral. */
const MOST_FILES = 10_000;

/**
 * A folder of sets (`*.json`), read at every call. Files that are no collateral are passed over.
 * Errors: `COLLATERAL_FILE_UNREADABLE`, `COLLATERAL_NOT_FOUND`.
 */
export function createFolderCollateralSource(folder: string): CollateralSource {
  return {
    name: 'folder',
    async collateralFor(platform, at) {
      let names: string[];
      try {
        names = (await readdir(folder)).filter((name) => name.endsWith('.json')).toSorted();
      } catch (error) {
        throw new Refusal(
          'COLLATERAL_FILE_UNREADABLE',
          `The folder ${folder} cannot be read: ${reasonOf(error)}.`,
        );
      }
      let best: { found: FoundCollateral; issued: number } | null = null;
      for (const name of names.slice(0, MOST_FILES)) {
        const collateral = await readSet(join(folder, name)).catch(() => null);
        const hint = collateral === null ? null : collateralHint(collateral);
        if (collateral === null || hint === null || hint.fmspc !== platform.fmspc.toLowerCase()) continue;
        const issued = readIsoTime(hint.issueDate);
        if (issued === null || issued > at || (best !== null && issued <= best.issued)) continue;
        best = { found: { collateral, origin: `folder ${folder}, ${name}` }, issued };
      }
      if (best === null)
        throw new Refusal(
          'COLLATERAL_NOT_FOUND',
          `The folder ${folder} has no set for the platform family ${platform.fmspc} as of that time.`,
        );
      return best.found;
    },
  };
}
