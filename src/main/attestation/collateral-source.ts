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
  /** What a person should know about it, in sentences. */
  readonly notes?: readonly string[];
}

/** Which edition of TCB info: by Intel's update mode, or by a fixed evaluation number. */
export type CollateralMode = 'standard' | 'early' | number;

export interface CollateralSource {
  readonly name: string;
  /**
   * A set for this platform, the newest that existed at `at` (Unix seconds) where the source has several. `mode`:
   * the edition, by default the one that the source was made for; a source without editions refuses another
   * than `standard`, because it could not keep the promise. Errors: `COLLATERAL_NOT_FOUND`, and those of the
   * source.
   */
  collateralFor(platform: PlatformQuery, at: number, mode?: CollateralMode): Promise<FoundCollateral>;
}

/** For sources that keep sets without their edition. Errors: `COLLATERAL_NOT_FOUND`. */
export function refuseEditions(name: string, mode: CollateralMode | undefined): void {
  if (mode !== undefined && mode !== 'standard')
    throw new Refusal('COLLATERAL_NOT_FOUND', `A ${name} does not know editions; ask a service for them.`);
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
    async collateralFor(_platform, _at, mode) {
      refuseEditions('file', mode);
      return { collateral: await readSet(path), origin: `file ${path}` };
    },
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
    async collateralFor(platform, at, mode) {
      refuseEditions('folder', mode);
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
