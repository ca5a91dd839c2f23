/** The fields of a TD report, 1.0 and 1.5 (tdx.md 2.2), and of an SGX report body, as the QE has one (tdx.md 2.3). */
import { toHex } from '../bytes/index.ts';
import type { BodyType } from './quote.ts';

/**
 * A TD report for people and JSON: lower-case hex in the order of the bytes, but for `tdAttributes`, which is the
 * 64-bit number (most significant digit first), as it is usually quoted: 0000000010000000 is SEPT_VE_DISABLE.
 */
export interface TdReport {
  readonly teeTcbSvn: string;
  readonly mrSeam: string;
  readonly mrSignerSeam: string;
  readonly seamAttributes: string;
  readonly tdAttributes: string;
  readonly xfam: string;
  readonly mrTd: string;
  readonly mrConfigId: string;
  readonly mrOwner: string;
  readonly mrOwnerConfig: string;
  readonly rtmr: readonly [string, string, string, string];
  readonly reportData: string;
  /** The module that runs now; `teeTcbSvn` is the one the TD was launched on. Only in TD report 1.5. */
  readonly teeTcbSvn2?: string;
  /** Only in TD report 1.5. */
  readonly mrServiceTd?: string;
}

/** The SVN arrays and attributes in the form the rules compute with. */
export interface TdNumbers {
  /** 16 bytes: [0] module minor SVN, [1] module major version, [2] late microcode SVN. */
  readonly teeTcbSvn: Uint8Array;
  readonly teeTcbSvn2: Uint8Array | null;
  readonly tdAttributes: bigint;
  readonly xfam: bigint;
}

export function tdNumbers(body: Uint8Array, type: BodyType): TdNumbers {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  return {
    teeTcbSvn: body.subarray(0, 16),
    teeTcbSvn2: type === 3 ? body.subarray(584, 600) : null,
    tdAttributes: view.getBigUint64(120, true),
    xfam: view.getBigUint64(128, true),
  };
}

export function readTdReport(body: Uint8Array, type: BodyType): TdReport {
  // written once as a whole, because each call costs more than its digits
  const all = toHex(body);
  const hex = (from: number, length: number): string => all.slice(2 * from, 2 * (from + length));
  const report: TdReport = {
    teeTcbSvn: hex(0, 16),
    mrSeam: hex(16, 48),
    mrSignerSeam: hex(64, 48),
    seamAttributes: hex(112, 8),
    tdAttributes: toHex(body.subarray(120, 128).toReversed()),
    xfam: hex(128, 8),
    mrTd: hex(136, 48),
    mrConfigId: hex(184, 48),
    mrOwner: hex(232, 48),
    mrOwnerConfig: hex(280, 48),
    rtmr: [hex(328, 48), hex(376, 48), hex(424, 48), hex(472, 48)],
    reportData: hex(520, 64),
  };
  return type === 2 ? report : { ...report, teeTcbSvn2: hex(584, 16), mrServiceTd: hex(600, 48) };
}

/** The names of the TDATTRIBUTES bits (Intel TDX module specification, as listed in tdx.md 2.2). */
const attributeNames: Readonly<Record<number, string>> = {
  0: 'DEBUG',
  4: 'HGS_PLUS_PROF',
  5: 'PERF_PROF',
  6: 'PMT_PROF',
  16: 'ICSSD',
  27: 'LASS',
  28: 'SEPT_VE_DISABLE',
  29: 'MIGRATABLE',
  30: 'PKS',
  31: 'KL',
  62: 'TPA',
  63: 'PERFMON',
};

/** The bits that are set, by name, `BIT_n` where the name is not known. */
export function attributeFlags(tdAttributes: bigint): string[] {
  const out: string[] = [];
  // in two halves, because big integers are slow one bit at a time
  for (const [half, first] of [
    [Number(tdAttributes & 0xffff_ffffn), 0],
    [Number((tdAttributes >> 32n) & 0xffff_ffffn), 32],
  ] as const)
    for (let bit = 0; bit < 32; bit++)
      if ((half >>> bit) & 1) out.push(attributeNames[first + bit] ?? `BIT_${first + bit}`);
  return out;
}

/** Bits 0 to 7 are the "TD under debug" group: any of them set means that the host can look inside. */
export const TD_DEBUG_BITS = 0xffn;

/** An SGX report body (384 bytes); byte members share memory with the input. */
export interface SgxReport {
  readonly cpuSvn: Uint8Array;
  readonly miscSelect: Uint8Array;
  readonly attributes: Uint8Array;
  readonly mrEnclave: Uint8Array;
  readonly mrSigner: Uint8Array;
  readonly isvProdId: number;
  readonly isvSvn: number;
  readonly reportData: Uint8Array;
}

export function readSgxReport(report: Uint8Array): SgxReport {
  const u16 = (at: number): number => (report[at] as number) | ((report[at + 1] as number) << 8);
  return {
    cpuSvn: report.subarray(0, 16),
    miscSelect: report.subarray(16, 20),
    attributes: report.subarray(48, 64),
    mrEnclave: report.subarray(64, 96),
    mrSigner: report.subarray(128, 160),
    isvProdId: u16(256),
    isvSvn: u16(258),
    reportData: report.subarray(320, 384),
  };
}
