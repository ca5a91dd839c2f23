/**
 * Messages of Intel's quote generation service (qgs_msg_lib of DCAP, tdx.md 10.3): a frame of u32 big-endian
 * length and message; the message little endian. Only the question for a quote and its answer; pure.
 */
import { LARGEST_QUOTE } from '../../protocol/attestation/index.ts';
import { concat, Refusal } from '../../protocol/bytes/index.ts';
import { TD_REPORT_BYTES } from './guest-td-report.ts';

const HEADER = 16;
const MAJOR = 1;
const GET_QUOTE = 0;
const QUOTE_ANSWER = 1;
/** Header, two sizes, an id, a quote; what is longer is no answer. */
const LARGEST_FRAME = LARGEST_QUOTE + 4096;

function refuse(why: string): never {
  throw new Refusal('GUEST_NO_QUOTING_PATH', `The quoting service of the host gives no quote: ${why}.`);
}

function words(...values: readonly number[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(values.length * 4);
  const view = new DataView(out.buffer);
  for (const [i, value] of values.entries()) view.setUint32(i * 4, value, true);
  return out;
}

/** The framed question for a quote over a TDREPORT of 1024 bytes. */
export function encodeQuoteRequest(tdReport: Uint8Array): Uint8Array<ArrayBuffer> {
  if (tdReport.length !== TD_REPORT_BYTES) throw new Error('a TDREPORT has 1024 bytes');
  const size = HEADER + 8 + tdReport.length;
  const frame = new Uint8Array(4);
  new DataView(frame.buffer).setUint32(0, size, false);
  // major in the low half, minor 0 in the high one; no error; the report's size and no list of ids
  return concat(frame, words(MAJOR, GET_QUOTE, size, 0, tdReport.length, 0), tdReport);
}

/**
 * How many bytes the whole frame has, once its length is there; null before. Errors: `GUEST_NO_QUOTING_PATH` for a
 * length that no answer has, so that nobody waits for it.
 */
export function frameLength(bytes: Uint8Array): number | null {
  if (bytes.length < 4) return null;
  const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, false);
  if (length < HEADER || length > LARGEST_FRAME) refuse(`its answer says that it has ${length} bytes`);
  return 4 + length;
}

/** The quote in a whole frame; a copy, not verified. Errors: `GUEST_NO_QUOTING_PATH`. */
export function decodeQuoteResponse(frame: Uint8Array): Uint8Array<ArrayBuffer> {
  if (frameLength(frame) !== frame.length) refuse('its answer is cut');
  const message = frame.subarray(4);
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  const u32 = (at: number): number => view.getUint32(at, true);
  if (view.getUint16(0, true) !== MAJOR) refuse(`it speaks version ${view.getUint16(0, true)}`);
  if (u32(8) !== message.length) refuse('its answer contradicts itself about its length');
  const error = u32(12);
  if (error !== 0) refuse(`its error is 0x${error.toString(16)}`);
  if (u32(4) !== QUOTE_ANSWER) refuse('it answers another question');
  if (message.length < HEADER + 8) refuse('its answer is cut');
  const [idSize, quoteSize] = [u32(HEADER), u32(HEADER + 4)];
  if (quoteSize === 0) refuse('its answer has no quote');
  if (HEADER + 8 + idSize + quoteSize !== message.length)
    refuse('its answer contradicts itself about its length');
  return new Uint8Array(message.subarray(message.length - quoteSize));
}

/**
 * The port of the service in /etc/tdx-attest.conf: `port=4050`, comments after `#`; null when no line names one, and
 * Intel's library would use a call of the driver that nothing here can make.
 */
export function attestPort(configuration: string): number | null {
  for (const line of configuration.split('\n')) {
    const found = /^\s*port\s*=\s*(\d{1,10})\s*$/.exec(line.replace(/#.*$/, ''));
    const port = found === null ? Number.NaN : Number(found[1]);
    if (port > 0 && port < 0xffff_ffff) return port;
  }
  return null;
}
