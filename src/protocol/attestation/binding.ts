/**
 * What a quote's report data speaks for: SHA-512 of a domain-separated structure (tdx.md 10 point 7, issue B 7),
 * so that one quote answers one question, for one key, in one coalition, until one moment.
 */
import { concat, encodeCanonical, type Hashes, utf8 } from '../bytes/index.ts';

/** What the report data of a quote is bound to. */
export interface ReportDataBinding {
  /** What the quote is for, 1 to 64 printable ASCII characters, e.g. `machine.attest`. */
  readonly purpose: string;
  /** The verifier's fresh nonce, 32 bytes. */
  readonly nonce: Uint8Array;
  /** The node key that the quote speaks for, 32 bytes. */
  readonly key: Uint8Array;
  /** The coalition, 32 bytes; zero before there is one. */
  readonly coalition: Uint8Array;
  /** Unix milliseconds after which the quote answers nothing. */
  readonly expires: number;
}

export const BINDING_PURPOSE = /^[\x20-\x7e]{1,64}$/;
const DOMAIN = utf8('muster/report-data/1\0');

/**
 * The 64 bytes of report data: SHA-512 over "muster/report-data/1" ‖ 0x00 ‖ canonical CBOR of the binding.
 * Throws a RangeError for a member of another form: that is a bug of the caller.
 */
export function reportDataBinding(binding: ReportDataBinding, hashes: Pick<Hashes, 'sha512'>): Uint8Array {
  const { purpose, nonce, key, coalition, expires } = binding;
  if (!BINDING_PURPOSE.test(purpose))
    throw new RangeError('purpose must be 1 to 64 printable ASCII characters');
  for (const [name, bytes] of Object.entries({ nonce, key, coalition }))
    if (bytes.length !== 32) throw new RangeError(`${name} must have 32 bytes`);
  if (!Number.isSafeInteger(expires) || expires < 0)
    throw new RangeError('expires must be whole Unix milliseconds');
  return hashes.sha512(concat(DOMAIN, encodeCanonical({ purpose, nonce, key, coalition, expires })));
}
