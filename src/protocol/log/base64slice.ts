/**
 * Strict base64 inside a larger byte string, for bundles: the same one spelling per value as bytes/base.ts, but
 * read straight from the file's bytes, because a bundle of a million entries must not become a million strings.
 */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const PAD = 0x3d;
const NOT_A_DIGIT = 0xff;

const DIGITS: Uint8Array = (() => {
  const table = new Uint8Array(256).fill(NOT_A_DIGIT);
  for (let i = 0; i < ALPHABET.length; i++) table[ALPHABET.charCodeAt(i)] = i;
  return table;
})();

const digit = (text: Uint8Array, at: number): number => DIGITS[text[at] ?? 0] ?? NOT_A_DIGIT;

/** Bytes that the base64 in [start, end) of `text` stands for; -1 when it is not strict base64. */
export function base64Length(text: Uint8Array, start: number, end: number): number {
  const chars = end - start;
  if (chars < 0 || chars % 4 !== 0) return -1;
  if (chars === 0) return 0;
  const pad = text[end - 1] !== PAD ? 0 : text[end - 2] !== PAD ? 1 : 2;
  const last = end - pad - 1;
  let seen = 0;
  for (let at = start; at <= last; at++) seen |= digit(text, at);
  // digits are below 64, so a single bad character shows in the bits that were gathered
  if (seen > 0x3f) return -1;
  const spare = pad === 0 ? 0 : pad === 1 ? 0b11 : 0b1111;
  return (digit(text, last) & spare) === 0 ? (chars / 4) * 3 - pad : -1;
}

/** Decodes [start, end), which `base64Length` has accepted. */
export function base64Slice(text: Uint8Array, start: number, end: number): Uint8Array<ArrayBuffer> {
  const pad = text[end - 1] !== PAD ? 0 : text[end - 2] !== PAD ? 1 : 2;
  const out = new Uint8Array(((end - start) / 4) * 3 - pad);
  let to = 0;
  for (let at = start; at < end; at += 4) {
    // padding reads as a digit of all ones here; the bytes that it would make fall off the end of `out`
    const [a, b, c, d] = [digit(text, at), digit(text, at + 1), digit(text, at + 2), digit(text, at + 3)];
    out[to++] = (a << 2) | (b >> 4);
    out[to++] = (b << 4) | ((c & 0x3f) >> 2);
    out[to++] = (c << 6) | (d & 0x3f);
  }
  return out;
}
