/** The CollateralSource port on an evidence bundle: the collateral that somebody judged by, byte for byte. */
import { open } from 'node:fs/promises';
import { type Bundle, LARGEST_BUNDLE, readBundle } from '../../protocol/attestation/index.ts';
import { Refusal } from '../../protocol/bytes/index.ts';
import { type CollateralSource, refuseEditions } from './collateral-source.ts';
import { reasonOf } from './quote-source.ts';

/** Reads a bundle by its size first. Errors: `COLLATERAL_FILE_UNREADABLE`, and those of `readBundle`. */
async function readFileBundle(path: string): Promise<Bundle> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      if (size > LARGEST_BUNDLE)
        throw new Refusal(
          'BUNDLE_TOO_LARGE',
          `The file has ${size} bytes; real bundles have less than 500,000.`,
        );
      return readBundle(await file.readFile());
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal('COLLATERAL_FILE_UNREADABLE', `The file ${path} cannot be read: ${reasonOf(error)}.`);
  }
}

/**
 * The set of one bundle: given as it is for every platform and time, so that the verdict can say what does not
 * fit. Errors: `COLLATERAL_FILE_UNREADABLE`, `COLLATERAL_NOT_FOUND` for another edition, those of `readBundle`.
 */
export function createBundleCollateralSource(path: string): CollateralSource {
  return {
    name: 'bundle',
    async collateralFor(_platform, _at, mode) {
      refuseEditions('bundle', mode);
      return { collateral: (await readFileBundle(path)).collateral, origin: `bundle ${path}` };
    },
  };
}
