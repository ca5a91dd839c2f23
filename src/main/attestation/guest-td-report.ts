/**
 * TDREPORT (tdx.md 2.9): what the TDX module tells a TD about itself. Its MAC can be checked by this processor only,
 * so it proves nothing to others; it shows this machine's own measurements where no quoting service answers.
 */
import type { TdReport } from '../../protocol/attestation/index.ts';
import { type Hashes, Refusal, sameBytes, toHex } from '../../protocol/bytes/index.ts';

export const TD_REPORT_BYTES = 1024;

/** Where the parts stand: REPORTMACSTRUCT, TEE_TCB_INFO, 17 reserved bytes, TDINFO. */
const TEE_INFO = 256;
const TEE_INFO_BYTES = 239;
const TD_INFO = 512;

/** The fields as a quote has them, and two that only a TDREPORT has. */
export interface OwnMeasurements {
  readonly report: TdReport;
  readonly cpuSvn: string;
  /** Hash over what service TDs are bound to this one; zero when none is. */
  readonly serviceTdHash: string;
}

/** Reads a TDREPORT and checks its two hashes. Errors: `GUEST_NO_QUOTING_PATH`. */
export function readTdxReport(bytes: Uint8Array, hashes: Hashes): OwnMeasurements {
  const refuse = (why: string): never => {
    throw new Refusal('GUEST_NO_QUOTING_PATH', `The report of this TD cannot be read: ${why}.`);
  };
  if (bytes.length !== TD_REPORT_BYTES) return refuse(`it has ${bytes.length} bytes instead of 1024`);
  if (bytes[0] !== 0x81) return refuse('it is the report of something other than a TD');
  const part = (from: number, length: number): Uint8Array => bytes.subarray(from, from + length);
  if (
    !sameBytes(hashes.sha384(part(TEE_INFO, TEE_INFO_BYTES)), part(32, 48)) ||
    !sameBytes(hashes.sha384(part(TD_INFO, 512)), part(80, 48))
  )
    return refuse('its hashes are not those of its content');
  const hex = (from: number, length: number): string => toHex(part(from, length));
  const tee = (from: number, length: number): string => hex(TEE_INFO + from, length);
  const td = (from: number, length: number): string => hex(TD_INFO + from, length);
  return {
    cpuSvn: hex(16, 16),
    serviceTdHash: td(400, 48),
    report: {
      teeTcbSvn: tee(8, 16),
      mrSeam: tee(24, 48),
      mrSignerSeam: tee(72, 48),
      seamAttributes: tee(120, 8),
      tdAttributes: toHex(part(TD_INFO, 8).toReversed()),
      xfam: td(8, 8),
      mrTd: td(16, 48),
      mrConfigId: td(64, 48),
      mrOwner: td(112, 48),
      mrOwnerConfig: td(160, 48),
      rtmr: [td(208, 48), td(256, 48), td(304, 48), td(352, 48)],
      reportData: hex(128, 64),
    },
  };
}
