/** The compliance suite of the CollateralSource port. */
import { expect, it } from 'vitest';
import { type CollateralSource, verifyQuote } from '../../../src/main/attestation/index.ts';
import { platformHint } from '../../../src/protocol/attestation/index.ts';
import { vectorCollateral, vectorQuote } from '../../protocol/attestation/vectors.ts';

/** The platform and time that a source must know in this suite, and the set it must give for them. */
export const known = {
  quote: 'real/phala-tdx_quote.bin',
  set: 'collateral/c14-b0c06f000000-2025-06-19.json',
  at: 1_752_399_960,
} as const;

const quote = () => vectorQuote(known.quote);
const platform = () => platformHint(quote())!;

export function collateralSourceSuite(make: () => Promise<CollateralSource>): void {
  it('gives the set of the platform with every signed text to the character, and says from where', async () => {
    const source = await make();
    const { collateral, origin } = await source.collateralFor(platform(), known.at);
    const { pck_crl_issuer_chain: _chain, ...wanted } = vectorCollateral(known.set);
    expect(collateral).toMatchObject(wanted);
    expect(origin).toContain(source.name);
  });

  it('gives a set with which the quote is genuine', async () => {
    const { collateral } = await (await make()).collateralFor(platform(), known.at);
    expect(verifyQuote({ quote: quote(), collateral, at: known.at })).toMatchObject({
      evidence: 'genuine',
      status: 'UpToDate',
    });
  });

  it('answers to several callers at once', async () => {
    const source = await make();
    const answers = await Promise.all([1, 2, 3].map(() => source.collateralFor(platform(), known.at)));
    expect(new Set(answers.map(({ collateral }) => collateral.tcb_info)).size).toBe(1);
  });
}
