/** The matrix of tdx.md 9.11: every line in every form it makes sense in. */
import { casesOf, type Line, type MatrixCase } from './line.ts';
import { chainLines } from './lines-chain.ts';
import { listLines } from './lines-crl.ts';
import { documentLines } from './lines-documents.ts';
import { levelLines } from './lines-levels.ts';
import { policyLines } from './lines-policy.ts';
import { quoteLines } from './lines-quote.ts';
import { sgxLines } from './lines-sgx.ts';
import { signerLines } from './lines-signers.ts';
import { statusLines } from './lines-status.ts';

export const LINES = {
  quotes: async () => quoteLines(),
  'PCK chains': chainLines,
  'SGX extensions': sgxLines,
  signers: signerLines,
  'revocation lists': listLines,
  documents: async () => documentLines(),
  levels: levelLines,
  statuses: async () => statusLines(),
  policies: async () => policyLines(),
} as const satisfies Record<string, () => Promise<Line[]>>;

/** All cases of all lines. */
export async function matrix(): Promise<MatrixCase[]> {
  const groups = await Promise.all(Object.values(LINES).map((lines) => lines()));
  return groups.flat().flatMap(casesOf);
}
