/**
 * PEM chains. Intel ships certificates as text inside signed-around but unsigned space: a lenient reader accepts
 * many changed texts for one chain. Here the decoded blocks are written again and must give the same text
 * (tdx.md 7.1 hole 8). Allowed beside the plain form: CRLF throughout, no last line end, one closing NUL.
 */
import { fromBase64, Refusal, toBase64 } from '../bytes/index.ts';

const BEGIN = '-----BEGIN CERTIFICATE-----';
const END = '-----END CERTIFICATE-----';
const LINE = 64;
/** A chain of three takes less than 8 KiB. */
const LONGEST = 64 * 1024;
const MOST_BLOCKS = 8;

function encode(der: Uint8Array, eol: string): string {
  const text = toBase64(der);
  let out = BEGIN + eol;
  for (let at = 0; at < text.length; at += LINE) out += text.slice(at, at + LINE) + eol;
  return out + END;
}

/**
 * Splits a PEM text into the DER of its certificates, in the order of the text.
 * Errors: `code` when it is not the one text that these certificates have.
 */
export function readPemChain(text: string, code = 'CERT_FORMAT'): Uint8Array[] {
  if (text.length > LONGEST) throw new Refusal(code, 'The certificate chain is too long.');
  const body = text.endsWith('\0') ? text.slice(0, -1) : text;
  const eol = body.startsWith(`${BEGIN}\r\n`) ? '\r\n' : '\n';
  const blocks: Uint8Array[] = [];
  let again = '';
  let at = 0;
  while (at < body.length) {
    const start = at + BEGIN.length;
    const stop = body.indexOf(END, start);
    if (stop < 0 || blocks.length === MOST_BLOCKS)
      throw new Refusal(code, 'The certificate chain is not PEM.');
    try {
      blocks.push(fromBase64(body.slice(start, stop).replaceAll(eol, '')));
    } catch {
      throw new Refusal(code, 'A certificate of the chain is not base64.');
    }
    again += encode(blocks.at(-1) as Uint8Array, eol) + eol;
    at = stop + END.length;
    if (body.startsWith(eol, at)) at += eol.length;
  }
  if (blocks.length === 0) throw new Refusal(code, 'The certificate chain is empty.');
  if (again !== body && again.slice(0, -eol.length) !== body)
    throw new Refusal(code, 'The certificate chain is not written in the one way PEM has for it.');
  return blocks;
}

/** Writes certificates as PEM with LF line ends. */
export function writePemChain(chain: readonly Uint8Array[]): string {
  return chain.map((der) => `${encode(der, '\n')}\n`).join('');
}
