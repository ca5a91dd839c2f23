/**
 * A quote in plain JSON, before anything in it is believed: for looking at one, and for asking a collateral
 * source about the platform it claims to come from.
 */
import { type Hashes, toHex } from '../bytes/index.ts';
import { type Certificate, readCertificate } from './certificate.ts';
import { attempt, valueOf } from './ledger.ts';
import { parseQuote, type Quote, quoteChain } from './quote.ts';
import type { Memo } from './readings.ts';
import { readSgxExtension, type SgxExtension } from './sgx-extension.ts';
import { readSgxReport, readTdReport, type TdReport } from './td-report.ts';
import { isoTime } from './times.ts';
import type { CertificateSummary, PlatformId } from './verdict.ts';

export interface QuoteDescription {
  readonly bytes: number;
  readonly sha256: string;
  readonly header: {
    readonly version: number;
    readonly attKeyType: number;
    readonly teeType: number;
    readonly qeSvn: number;
    readonly pceSvn: number;
    readonly vendorId: string;
    readonly userData: string;
  };
  readonly bodyType: number;
  readonly td: TdReport;
  readonly signedBytes: number;
  readonly signature: string;
  readonly attestationKey: string;
  readonly qeReport: {
    readonly cpuSvn: string;
    readonly isvProdId: number;
    readonly isvSvn: number;
    readonly mrEnclave: string;
    readonly mrSigner: string;
    readonly attributes: string;
    readonly reportData: string;
  };
  readonly qeAuthData: string;
  readonly innerType: number;
  readonly certDataBytes: number;
  readonly trailing: number;
  /** Null when the PCK certificate cannot be read or does not carry the extension. */
  readonly pckExtension: SgxExtension | null;
  /** Empty when the chain cannot be read. */
  readonly chain: readonly CertificateSummary[];
}

export function summarizeCertificate(certificate: Certificate, hashes: Hashes): CertificateSummary {
  return {
    cn: certificate.commonName,
    serial: certificate.serial,
    notBefore: isoTime(certificate.notBefore),
    notAfter: isoTime(certificate.notAfter),
    sha256: toHex(hashes.sha256(certificate.der)),
  };
}

/** Describes a quote of which nothing has been verified. Errors: those of `parseQuote`. */
export function describeQuote(bytes: Uint8Array, hashes: Hashes): QuoteDescription {
  const quote = parseQuote(bytes, 'any');
  const qe = readSgxReport(quote.qeReport);
  const chain = valueOf(attempt(() => quoteChain(quote).map(readCertificate))) ?? [];
  const extension = chain[0]?.sgxExtension ?? null;
  return {
    bytes: bytes.length,
    sha256: toHex(hashes.sha256(bytes)),
    header: {
      version: quote.version,
      attKeyType: quote.attestationKeyType,
      teeType: quote.teeType,
      qeSvn: quote.qeSvn,
      pceSvn: quote.pceSvn,
      vendorId: toHex(quote.qeVendorId),
      userData: toHex(quote.userData),
    },
    bodyType: quote.bodyType,
    td: readTdReport(quote.body, quote.bodyType),
    signedBytes: quote.signedBytes.length,
    signature: toHex(quote.signature),
    attestationKey: toHex(quote.attestationKey),
    qeReport: {
      cpuSvn: toHex(qe.cpuSvn),
      isvProdId: qe.isvProdId,
      isvSvn: qe.isvSvn,
      mrEnclave: toHex(qe.mrEnclave),
      mrSigner: toHex(qe.mrSigner),
      attributes: toHex(qe.attributes),
      reportData: toHex(qe.reportData),
    },
    qeAuthData: toHex(quote.qeAuthData),
    innerType: 5,
    certDataBytes: quote.chainText.length,
    trailing: quote.trailing,
    pckExtension: extension === null ? null : (valueOf(attempt(() => readSgxExtension(extension))) ?? null),
    chain: chain.map((certificate) => summarizeCertificate(certificate, hashes)),
  };
}

/** What collateral a quote would need. */
export interface PlatformQuery {
  /** Lower-case hex, 6 bytes. */
  readonly fmspc: string;
  readonly ca: PlatformId['ca'];
}

/** The platform that a quote claims to come from; `null` when it does not say. A back end may keep readings. */
export function platformHint(
  bytes: Uint8Array,
  keep?: { readonly memo: Memo; readonly hashes: Hashes },
): PlatformQuery | null {
  const quote = valueOf(attempt(() => parseQuote(bytes, 'any')));
  if (quote === undefined) return null;
  const read = (): PlatformQuery | null => valueOf(attempt(() => hintOf(quote))) ?? null;
  if (keep === undefined) return read();
  const { chainText } = quote;
  return keep.memo('hint', toHex(keep.hashes.sha256(chainText)), read, chainText.length);
}

function hintOf(quote: Quote): PlatformQuery | null {
  const [leaf, issuer] = quoteChain(quote).map(readCertificate);
  if (leaf?.sgxExtension == null || issuer === undefined) return null;
  const { fmspc } = readSgxExtension(leaf.sgxExtension);
  return { fmspc, ca: issuer.commonName === 'Intel SGX PCK Processor CA' ? 'processor' : 'platform' };
}
