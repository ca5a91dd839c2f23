/**
 * The bytes of a TDX quote, written field by field (tdx.md 2.1 to 2.3, 9.5 to 9.7). Nothing is checked here: what
 * must not be is made by the same functions as what must.
 */
import { hash } from 'node:crypto';
import { INTEL_QE_VENDOR } from '../../../protocol/attestation/index.ts';
import { concat, fromHex } from '../../../protocol/bytes/index.ts';

export function littleEndian(value: number, bytes: number): Uint8Array {
  const out = new Uint8Array(bytes);
  for (let i = 0, rest = value; i < bytes; i++, rest = Math.floor(rest / 256)) out[i] = rest % 256;
  return out;
}

type Layout<Name extends string> = readonly (readonly [name: Name, offset: number, length: number])[];

function write<Name extends string>(
  size: number,
  layout: Layout<Name>,
  fields: Readonly<Partial<Record<Name, Uint8Array>>>,
): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(size);
  for (const [name, offset, length] of layout) {
    const value = fields[name];
    if (value === undefined) continue;
    if (value.length !== length) throw new Error(`${name} takes ${length} bytes`);
    if (offset + length <= size) out.set(value, offset);
  }
  return out;
}

const TD_REPORT = [
  ['teeTcbSvn', 0, 16],
  ['mrSeam', 16, 48],
  ['mrSignerSeam', 64, 48],
  ['seamAttributes', 112, 8],
  ['tdAttributes', 120, 8],
  ['xfam', 128, 8],
  ['mrTd', 136, 48],
  ['mrConfigId', 184, 48],
  ['mrOwner', 232, 48],
  ['mrOwnerConfig', 280, 48],
  ['rtmr0', 328, 48],
  ['rtmr1', 376, 48],
  ['rtmr2', 424, 48],
  ['rtmr3', 472, 48],
  ['reportData', 520, 64],
  ['teeTcbSvn2', 584, 16],
  ['mrServiceTd', 600, 48],
] as const;
export type TdFields = Readonly<Partial<Record<(typeof TD_REPORT)[number][0], Uint8Array>>>;
export type TdForm = '1.0' | '1.5';

/** A TD report; fields left out are zero, those that only 1.5 has are dropped from 1.0. */
export const writeTdReport = (form: TdForm, fields: TdFields): Uint8Array =>
  write(form === '1.0' ? 584 : 648, TD_REPORT, fields);

const HEADER = [
  ['version', 0, 2],
  ['keyType', 2, 2],
  ['teeType', 4, 4],
  ['qeSvn', 8, 2],
  ['pceSvn', 10, 2],
  ['vendor', 12, 16],
  ['userData', 28, 20],
] as const;
export type HeaderFields = Readonly<Partial<Record<(typeof HEADER)[number][0], Uint8Array>>>;

/** The header of a TDX quote of this version, unless `fields` say otherwise. */
export const writeHeader = (version: number, fields: HeaderFields = {}): Uint8Array =>
  write(48, HEADER, {
    version: littleEndian(version, 2),
    keyType: littleEndian(2, 2),
    teeType: littleEndian(0x81, 4),
    vendor: fromHex(INTEL_QE_VENDOR),
    ...fields,
  });

/** The body descriptor of version 5: type and size, as the form has them unless told otherwise. */
export const writeDescriptor = (
  form: TdForm,
  type = form === '1.0' ? 2 : 3,
  size = form === '1.0' ? 584 : 648,
): Uint8Array => concat(littleEndian(type, 2), littleEndian(size, 4));

const QE_REPORT = [
  ['cpuSvn', 0, 16],
  ['miscSelect', 16, 4],
  ['attributes', 48, 16],
  ['mrEnclave', 64, 32],
  ['mrSigner', 128, 32],
  ['productId', 256, 2],
  ['isvSvn', 258, 2],
  ['reportData', 320, 64],
] as const;
export type QeFields = Readonly<Partial<Record<(typeof QE_REPORT)[number][0], Uint8Array>>>;

export const writeQeReport = (fields: QeFields): Uint8Array => write(384, QE_REPORT, fields);

/** What binds an attestation key to its QE report: SHA-256(x‖y ‖ authentication data) ‖ 32 zero bytes. */
export const bindingOf = (point: Uint8Array, authData: Uint8Array): Uint8Array =>
  concat(hash('sha256', concat(point, authData), 'buffer'), new Uint8Array(32));

export interface SignatureData {
  readonly quoteSignature: Uint8Array;
  readonly attestationKey: Uint8Array;
  readonly qeReport: Uint8Array;
  readonly qeReportSignature: Uint8Array;
  readonly authData: Uint8Array;
  /** PEM. */
  readonly chain: Uint8Array;
  /** Certification data types, 6 and 5 unless told otherwise. */
  readonly outerType?: number;
  readonly innerType?: number;
  /** Added to a length as it is written, so that it lies. */
  readonly lies?: Readonly<Partial<Record<'signature' | 'outer' | 'inner' | 'auth', number>>>;
}

/** Length and signature data, as they follow the signed bytes. */
export function writeSignatureData(data: SignatureData): Uint8Array {
  const { lies = {} } = data;
  const sized = (bytes: Uint8Array, width: number, lie = 0): Uint8Array =>
    concat(littleEndian(bytes.length + lie, width), bytes);
  const inner = concat(
    data.qeReport,
    data.qeReportSignature,
    sized(data.authData, 2, lies.auth),
    littleEndian(data.innerType ?? 5, 2),
    sized(data.chain, 4, lies.inner),
  );
  const outer = concat(
    data.quoteSignature,
    data.attestationKey,
    littleEndian(data.outerType ?? 6, 2),
    sized(inner, 4, lies.outer),
  );
  return sized(outer, 4, lies.signature);
}
