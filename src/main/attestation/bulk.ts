/** Verifies files of quotes one after the other, each to one row of a table; what a bulk worker does. */
import { readFileSync, statSync } from 'node:fs';
import type { BulkRow } from '../../contract/index.ts';
import type { Collateral, Policy, Verdict } from '../../protocol/attestation/index.ts';
import { LARGEST_QUOTE, platformHint, readQuoteFile } from '../../protocol/attestation/index.ts';
import { Refusal } from '../../protocol/bytes/index.ts';
import { nodeHashes } from '../hashes.ts';
import { reasonOf } from './quote-source.ts';
import { verifyQuote } from './verify.ts';
import type { VerifierCache } from './verify.ts';

/** Everything that all files of a bulk verification share. */
export interface BulkTerms {
  /** By platform family, lower-case hex; `*` is for every platform. */
  readonly sets: Readonly<Record<string, Collateral>>;
  /** Unix seconds. */
  readonly at: number;
  readonly policy: Policy;
  /** DER of the root to trust; Intel's when left out. */
  readonly root?: Uint8Array;
}

const NOTHING = {
  status: null,
  policy: null,
  fmspc: null,
  ppid: null,
  tcbDate: null,
  collateralExpires: null,
  mrTd: null,
  simulated: false,
} as const;

/** Reads the quote in a file. Errors: `QUOTE_*`. */
export function readQuoteAt(path: string): Uint8Array {
  try {
    const { size } = statSync(path);
    if (size > LARGEST_QUOTE) throw new Refusal('QUOTE_TOO_LARGE', `The file has ${size} bytes.`);
    return readQuoteFile(new Uint8Array(readFileSync(path))).quote;
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal('QUOTE_FILE_UNREADABLE', `The file ${path} cannot be read: ${reasonOf(error)}.`);
  }
}

/** The row of one file; a file that is no quote is `unreadable`, with the reason as its code. */
export function bulkRow(name: string, path: string, terms: BulkTerms, cache: VerifierCache): BulkRow {
  let quote: Uint8Array;
  try {
    quote = readQuoteAt(path);
  } catch (error) {
    if (error instanceof Refusal) return { file: name, evidence: 'unreadable', code: error.code, ...NOTHING };
    throw error;
  }
  const { sets, at, policy, root } = terms;
  const collateral = sets[familyOf(quote, sets, cache)] ?? sets['*'];
  return summarize(name, verifyQuote({ quote, collateral, at, policy, root, cache }));
}

/** The family of a quote, looked for only where it decides between sets. */
function familyOf(quote: Uint8Array, sets: BulkTerms['sets'], { memo }: VerifierCache): string {
  if (Object.keys(sets).every((family) => family === '*')) return '*';
  return platformHint(quote, { memo, hashes: nodeHashes })?.fmspc ?? '*';
}

export function summarize(file: string, verdict: Verdict): BulkRow {
  return {
    file,
    evidence: verdict.evidence,
    code: verdict.code,
    status: verdict.status,
    policy: verdict.policy.outcome,
    fmspc: verdict.platformId?.fmspc ?? null,
    ppid: verdict.platformId?.ppid ?? null,
    tcbDate: verdict.tcbDate,
    collateralExpires: verdict.collateralExpires,
    mrTd: verdict.report?.mrTd ?? null,
    simulated: verdict.simulated,
  };
}
