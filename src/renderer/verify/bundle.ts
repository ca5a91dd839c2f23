/** An evidence bundle judged in this browser: the rules of the node, WebCrypto for the signatures, no node asked. */
import { readBundle, reverifyBundle } from '../../protocol/attestation/index.ts';
import type { Policy, Reverification } from '../../protocol/attestation/index.ts';
import { settleAsync } from '../../protocol/bytes/index.ts';
import type { BrowserCrypto } from '../crypto.ts';

export type VerifiedBundle = Reverification;

/**
 * `now`: Unix seconds. `policy`: that of whoever asks, applied beside the bundle's own.
 * Errors: `Refusal` with the codes of `readBundle` for a file that is no bundle; bad evidence is a verdict.
 */
export async function verifyBundle(
  file: Uint8Array,
  crypto: BrowserCrypto,
  now: number,
  policy?: Policy,
): Promise<VerifiedBundle> {
  const bundle = readBundle(file);
  return settleAsync(reverifyBundle(bundle, now, { hashes: crypto, policy }), crypto.check);
}
