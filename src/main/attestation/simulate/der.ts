/** A small writer of DER (ITU-T X.690) for the one extension that no library knows (tdx.md 2.4). */
import { concat } from '../../../protocol/bytes/index.ts';

/** One element: tag, minimal length, contents. */
export function element(tag: number, ...contents: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const content = concat(...contents);
  const { length } = content;
  const head =
    length < 0x80
      ? [length]
      : length < 0x100
        ? [0x81, length]
        : [0x82, Math.floor(length / 256), length % 256];
  return concat(Uint8Array.of(tag, ...head), content);
}

export const sequence = (...items: readonly Uint8Array[]): Uint8Array => element(0x30, ...items);
export const octetString = (bytes: Uint8Array): Uint8Array => element(0x04, bytes);
export const enumerated = (value: number): Uint8Array => element(0x0a, Uint8Array.of(value));
export const boolean = (value: boolean): Uint8Array => element(0x01, Uint8Array.of(value ? 0xff : 0));

/** A non-negative integer below 2^31, minimal, with the zero byte that keeps it positive. */
export function integer(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; rest > 0 || bytes.length === 0; rest = Math.floor(rest / 256))
    bytes.unshift(rest % 256);
  if ((bytes[0] as number) > 0x7f) bytes.unshift(0);
  return element(0x02, Uint8Array.from(bytes));
}

/** An object identifier from its dotted text. */
export function oid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    const groups = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
      groups.unshift((left % 128) + 128);
    bytes.push(...groups);
  }
  return element(0x06, Uint8Array.from(bytes));
}
