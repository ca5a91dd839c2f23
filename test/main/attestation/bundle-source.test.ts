/** An evidence bundle as a source of collateral. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createBundleCollateralSource } from '../../../src/main/attestation/bundle-source.ts';
import { createSignatureChecker, nodeHashes } from '../../../src/main/hashes.ts';
import { planBundle, platformHint } from '../../../src/protocol/attestation/index.ts';
import { settle } from '../../../src/protocol/bytes/index.ts';
import { describeWith } from '../../parts.ts';
import { codeOfAsync } from '../../protocol/attestation/refusals.ts';
import { vectorCollateral, vectorQuote } from '../../protocol/attestation/vectors.ts';
import { scratch } from '../../scratch.ts';
import { collateralSourceSuite, known } from './collateral-source.ts';

const quote = () => vectorQuote(known.quote);

async function bundle(): Promise<string> {
  const content = { at: known.at, quote: quote(), collateral: vectorCollateral(known.set) };
  const { bytes } = settle(planBundle(content, { hashes: nodeHashes }), createSignatureChecker());
  const path = join(scratch(), 'rack.evidence');
  await writeFile(path, bytes);
  return path;
}

describeWith('vectors', 'a source of collateral that is a bundle', () => {
  collateralSourceSuite(async () => createBundleCollateralSource(await bundle()));

  it('gives every text as it was put in, the chain that nobody needs included', async () => {
    const source = createBundleCollateralSource(await bundle());
    const { collateral } = await source.collateralFor(platformHint(quote())!, 0);
    expect(collateral).toEqual(vectorCollateral(known.set));
  });

  it('refuses what is no bundle, and editions that it cannot know, each by its name', async () => {
    const folder = scratch();
    await writeFile(join(folder, 'word'), 'hello');
    await writeFile(join(folder, 'large'), new Uint8Array(9_000_000));
    const code = (path: string, mode?: 'early') =>
      codeOfAsync(() => createBundleCollateralSource(path).collateralFor(platformHint(quote())!, 0, mode));
    expect(await code(join(folder, 'word'))).toBe('BUNDLE_FORMAT');
    expect(await code(join(folder, 'large'))).toBe('BUNDLE_TOO_LARGE');
    expect(await code(join(folder, 'missing'))).toBe('COLLATERAL_FILE_UNREADABLE');
    expect(await code(folder)).toBe('COLLATERAL_FILE_UNREADABLE');
    expect(await code(await bundle(), 'early')).toBe('COLLATERAL_NOT_FOUND');
  });
});
