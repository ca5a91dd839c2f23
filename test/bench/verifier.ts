/** The quote verifier beside bare P-256 of node:crypto. Issue B sets its limits; here it is only told. */
import { generateKeyPairSync, sign, verify as verifySignature } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCollateral, readQuoteFile } from '../../src/protocol/attestation/index.ts';
import { createVerifierCache, verifyQuote } from '../../src/main/attestation/index.ts';
import { hasPart, vectorsFolder } from '../parts.ts';
import { perSecond, rate } from './measure.ts';
import type { Bench } from './run.ts';

export async function verifier({ print, note }: Bench): Promise<void> {
  if (!hasPart('vectors')) return note('not run here: vectors');
  const read = (path: string): Uint8Array => new Uint8Array(readFileSync(join(vectorsFolder, 'tdx', path)));
  const { quote } = readQuoteFile(read('real/flashbots-gcp-quote.bin'));
  const collateral = readCollateral(read('collateral/c02-00806f050000-2026-06-30.json'));
  const at = 1_783_158_077;
  const cache = createVerifierCache();
  if (verifyQuote({ quote, collateral, at }).evidence !== 'genuine')
    throw new Error('the vector does not verify');
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const message = new Uint8Array(600);
  const signature = sign('sha256', message, pair.privateKey);
  const bare = rate(1000, () => void verifySignature('sha256', message, pair.publicKey, signature));
  const beside = `bare P-256 verification: ${perSecond(bare)}, 9 of them are needed cold`;
  print({
    name: 'quote verified, cold, all checks',
    value: perSecond(rate(2000, () => void verifyQuote({ quote, collateral, at }))),
    beside,
  });
  print({
    name: 'quote verified, everything seen before',
    value: perSecond(rate(2000, () => void verifyQuote({ quote, collateral, at, cache }))),
    beside,
  });
}
