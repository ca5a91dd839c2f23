/**
 * Texts from a log for people: control characters, and characters that change the direction or hide, stand as
 * escapes, so that a log cannot write anything into a screen or a terminal; and they are bounded.
 */
const LONGEST = 2048;
const latin1 = new TextDecoder('latin1');

/** Everything but letters, marks, numbers, punctuation, symbols and the plain space. */
const HIDDEN = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu;

const escapeOf = (character: string): string => `\\u{${(character.codePointAt(0) as number).toString(16)}}`;

/** A text, escaped and at most 2048 characters long: a whole kernel command line. */
export function safeText(text: string): string {
  const cut = text.length > LONGEST;
  const shown = text.slice(0, LONGEST).toWellFormed().replaceAll('\n', '\\n').replaceAll(HIDDEN, escapeOf);
  return cut || shown.length > LONGEST ? `${shown.slice(0, LONGEST)}…` : shown;
}

/** UTF-8 where it is, else each byte as a character; without closing zeros. */
export function bytesText(bytes: Uint8Array): string {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  const body = bytes.subarray(0, Math.min(end, LONGEST * 4 + 4));
  try {
    return safeText(new TextDecoder('utf-8', { fatal: end === body.length }).decode(body));
  } catch {
    return safeText(latin1.decode(body));
  }
}

export const isPrintable = (bytes: Uint8Array): boolean =>
  bytes.length > 0 && bytes.every((byte) => (byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x09);
