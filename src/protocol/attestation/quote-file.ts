/**
 * Quotes arrive raw, as hex, as base64 or base64url, or inside JSON (`quote` or `tdx.quote`), from files, from
 * guests and from the clipboard. This finds out which, strictly, and looks at nothing larger than a quote can be.
 */
import { fromBase64, fromBase64url, fromHex, fromUtf8, Refusal } from '../bytes/index.ts';
import { isJsonObject, readJson } from './json.ts';
import { LARGEST_QUOTE } from './quote.ts';

export type QuoteForm = 'raw' | 'hex' | 'base64' | 'base64url' | 'json';

function unreadable(): Refusal {
  return new Refusal(
    'QUOTE_FORMAT',
    'This is not a quote: expected raw bytes, hex, base64, or JSON with a member "quote".',
  );
}

/** A quote starts with its version as u16, little endian; no text has a zero there. */
function looksRaw(bytes: Uint8Array): boolean {
  return bytes[1] === 0 && (bytes[0] as number) < 0x20;
}

function fromText(text: string): { quote: Uint8Array; form: QuoteForm } {
  const dense = text.replaceAll(/[ \t\r\n]+/g, '');
  if (dense === '') throw new Refusal('QUOTE_EMPTY', 'There is no quote: the text is empty.');
  const hex = /^0[xX]/.test(dense) ? dense.slice(2) : dense;
  if (/^[0-9a-fA-F]+$/.test(hex)) {
    if (hex.length % 2 !== 0) throw new Refusal('QUOTE_FORMAT', 'The hex text has an odd number of digits.');
    return { quote: fromHex(hex), form: 'hex' };
  }
  const url = /[-_]/.test(dense);
  const bare = dense.replace(/={1,2}$/, '');
  // padding may be left out, but not be wrong
  if (bare !== dense && dense.length % 4 !== 0) throw unreadable();
  try {
    if (url) return { quote: fromBase64url(bare), form: 'base64url' };
    return { quote: fromBase64(bare + '='.repeat((4 - (bare.length % 4)) % 4)), form: 'base64' };
  } catch {
    throw unreadable();
  }
}

function fromJson(text: string): { quote: Uint8Array; form: QuoteForm } {
  const value = readJson(text, 'QUOTE_FORMAT');
  const outer = isJsonObject(value) ? value : {};
  const quote = outer['quote'] ?? (isJsonObject(outer['tdx']) ? outer['tdx']['quote'] : undefined);
  if (typeof quote !== 'string')
    throw new Refusal('QUOTE_FORMAT', 'The JSON text has no member "quote" or "tdx.quote".');
  return { quote: fromText(quote).quote, form: 'json' };
}

/**
 * Finds the quote in the bytes of a file (or of pasted text). The result is a copy; it is not parsed yet.
 * Errors: `QUOTE_EMPTY`, `QUOTE_TOO_LARGE` (over 1 MiB, refused without a look inside), `QUOTE_FORMAT`.
 */
export function readQuoteFile(bytes: Uint8Array): { quote: Uint8Array; form: QuoteForm } {
  if (bytes.length === 0) throw new Refusal('QUOTE_EMPTY', 'There is no quote: the file is empty.');
  if (bytes.length > LARGEST_QUOTE)
    throw new Refusal(
      'QUOTE_TOO_LARGE',
      `The file has ${bytes.length} bytes; a quote has at most ${LARGEST_QUOTE}, real ones less than 10,000.`,
    );
  if (looksRaw(bytes)) return { quote: new Uint8Array(bytes), form: 'raw' };
  let text: string;
  try {
    text = fromUtf8(bytes);
  } catch {
    throw unreadable();
  }
  return text.trimStart().startsWith('{') ? fromJson(text) : fromText(text);
}
