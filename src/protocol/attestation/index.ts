/**
 * Attestation: parsers of quotes, certificates and collateral, and the TDX verifier as plan and conclusion.
 * Follows Intel's formats and algorithm as written down in tdx.md 2 and 3.
 */
export * from './adopted-policy.ts';
export { BINDING_PURPOSE, reportDataBinding, type ReportDataBinding } from './binding.ts';
export * from './bundle.ts';
export * from './bundle-verify.ts';
export { type Certificate, readCertificate, validAt } from './certificate.ts';
export * from './alarms.ts';
export * from './codes.ts';
export * from './collateral.ts';
export * from './collateral-check.ts';
export { LARGEST_CRL, readCrl, type RevocationList } from './crl.ts';
export { describeQuote, platformHint, type PlatformQuery, type QuoteDescription } from './describe.ts';
export { compareShortfall, type EarlyWarning } from './early-warning.ts';
export * from './event-log.ts';
export { INTEL_ROOT_BASE64, INTEL_ROOT_SHA256, intelRoot } from './intel-root.ts';
export { isJsonObject, type Json, type JsonObject, readJson, readJsonObject, type Span } from './json.ts';
export * from './kinds.ts';
export * from './known-numbers.ts';
export { isP256Point } from './p256-point.ts';
export { readPemChain, writePemChain } from './pem.ts';
export * from './policy.ts';
export {
  bindsAttestationKey,
  type BodyType,
  INTEL_QE_VENDOR,
  LARGEST_QUOTE,
  parseQuote,
  type Quote,
  quoteChain,
} from './quote.ts';
export * from './quote-file.ts';
export { readSgxExtension, type SgxExtension } from './sgx-extension.ts';
export * from './shortfall.ts';
export { statusRank, TCB_STATUSES } from './statuses.ts';
export * from './tcb-info.ts';
export * from './tcb.ts';
export {
  attributeFlags,
  readSgxReport,
  readTdReport,
  type SgxReport,
  type TdReport,
  tdNumbers,
} from './td-report.ts';
export { isoTime, readIsoTime } from './times.ts';
export * from './verdict.ts';
export type { Memo, VerifierInput } from './readings.ts';
export { planVerdict, type VerdictInput } from './verifier.ts';
