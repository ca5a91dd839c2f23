/**
 * The 64-bit fields of a TD report as numbers. A policy spells them in the order of the bytes of the TD report
 * (little endian); the verdict spells `tdAttributes` as the number, most significant digit first.
 */
import { fromHex, toHex } from '../../bytes/index.ts';
import { attributeFlags, type TdReport } from '../td-report.ts';
import type { BitMask } from './policy.ts';

const bytesAsNumber = (hex: string): bigint => BigInt(`0x${toHex(fromHex(hex, 8).toReversed())}`);

export function maskBits({ mask, value }: BitMask): { mask: bigint; value: bigint } {
  return { mask: bytesAsNumber(mask), value: bytesAsNumber(value) };
}

export const fieldOf = {
  tdAttributes: (report: TdReport): bigint => BigInt(`0x${report.tdAttributes}`),
  xfam: (report: TdReport): bigint => bytesAsNumber(report.xfam),
};
export type BitField = keyof typeof fieldOf;

/** The names of the bits that are set, in a sentence. XFAM bits are known by their number. */
export function bitNames(field: BitField, bits: bigint): string {
  const names =
    field === 'tdAttributes'
      ? attributeFlags(bits)
      : Array.from({ length: 64 }, (_, bit) => bit)
          .filter((bit) => ((bits >> BigInt(bit)) & 1n) === 1n)
          .map((bit) => `BIT_${bit}`);
  return names.length === 0 ? 'none' : names.join(', ');
}
