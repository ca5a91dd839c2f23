/** What evidence says, apart from spellings that mean the same (tdx.md 2.3, 2.5, 7.1 hole 8). */
import {
  type Collateral,
  COLLATERAL_MEMBERS,
  parseQuote,
  quoteChain,
} from '../../src/protocol/attestation/index.ts';
import { toHex } from '../../src/protocol/bytes/index.ts';
import type { Evidence } from './evidence.ts';

/** Line ends, one last line end and one closing NUL make no other chain. */
const pem = (text: string): string => text.replace(/\0$/, '').replaceAll('\r\n', '\n').replace(/\n$/, '');

function memberMeaning(name: keyof Collateral, text: string): string {
  // the quote's own chain is used instead
  if (name === 'pck_crl_issuer_chain') return '';
  if (name.endsWith('_chain')) return pem(text);
  // signed texts count to the character; everything else is hex, in either case
  return name === 'tcb_info' || name === 'qe_identity' ? text : text.toLowerCase();
}

/**
 * What a quote says, in its two halves: what the attestation key signed, and what vouches for that key. Both hold
 * the key, so that the halves of two genuine quotes fit together only where they share it, and then nothing is
 * forged. The quote must be one that can be read.
 */
export function quoteMeaning(quote: Uint8Array): readonly [signed: string, vouched: string] {
  const parsed = parseQuote(quote);
  const { attestationKey: key } = parsed;
  const text = (parts: readonly Uint8Array[]): string => parts.map(toHex).join();
  return [
    text([key, parsed.signedBytes, parsed.signature]),
    text([key, parsed.qeReport, parsed.qeReportSignature, parsed.qeAuthData, ...quoteChain(parsed)]),
  ];
}

/** The same for everything else: collateral, root and time. */
export function judgementMeaning({ collateral, at, root }: Evidence): string {
  return JSON.stringify([
    at,
    root === undefined ? null : toHex(root),
    ...COLLATERAL_MEMBERS.map((name) => memberMeaning(name, collateral[name])),
  ]);
}
