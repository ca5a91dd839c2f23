/**
 * The CCEL: a TCG crypto-agile event log (TCG PC Client Platform Firmware Profile 10.2, tdx.md 2.8), as Linux
 * gives it at /sys/firmware/acpi/tables/data/CCEL. Each length is checked against the end before it is used.
 */
import { sameBytes, utf8 } from '../../bytes/index.ts';
import { Cursor } from './cursor.ts';
import {
  checkLogSize,
  DIGEST_BYTES,
  type EventLog,
  type LogEvent,
  MOST_EVENTS,
  NO_ACTION,
  refuseLog,
  type Register,
} from './form.ts';

const SIGNATURE = utf8('Spec ID Event03\0');
const SHA384 = 0x000c;
/** The old form of the first record carries a SHA-1 digest. */
const SHA1_BYTES = 20;
/** TCG has assigned fewer than this; a log that lists more is none. */
const MOST_ALGORITHMS = 16;
const LONGEST_DIGEST = 64;

const uniform = (bytes: Uint8Array, value: number): boolean => bytes.every((byte) => byte === value);

function demand<T>(value: T | null, what: string): T {
  return value ?? refuseLog(`${what} runs past the end`);
}

/** Sizes of digests by algorithm, from the first record, which is in the old form. */
function readHeader(cursor: Cursor): ReadonlyMap<number, number> {
  demand(cursor.u32(), 'the first record');
  const type = demand(cursor.u32(), 'the first record');
  const digest = demand(cursor.take(SHA1_BYTES), 'the first record');
  if (type !== NO_ACTION || !uniform(digest, 0)) refuseLog('it does not begin with a specification record');
  const data = demand(cursor.take(demand(cursor.u32(), 'the first record')), 'the first record');
  const inner = new Cursor(data);
  const signature = inner.take(SIGNATURE.length);
  if (signature === null || !sameBytes(signature, SIGNATURE))
    refuseLog('its first record is not "Spec ID Event03"');
  // platform class, versions, and the size of a machine word, which nothing here depends on
  demand(inner.take(8), 'the specification record');
  const count = demand(inner.u32(), 'the specification record');
  if (count === 0 || count > MOST_ALGORITHMS) refuseLog(`it lists ${count} hash algorithms`);
  const sizes = new Map<number, number>();
  for (let i = 0; i < count; i++) {
    const algorithm = demand(inner.u16(), 'the list of algorithms');
    const size = demand(inner.u16(), 'the list of algorithms');
    if (sizes.has(algorithm)) refuseLog('it lists one hash algorithm twice');
    if (size === 0 || size > LONGEST_DIGEST) refuseLog(`it has digests of ${size} bytes`);
    sizes.set(algorithm, size);
  }
  demand(inner.take(demand(inner.u8(), 'the vendor information')), 'the vendor information');
  if (inner.left !== 0) refuseLog('its specification record is longer than what it says');
  if (sizes.get(SHA384) !== DIGEST_BYTES) refuseLog('it has no SHA-384 digests, and TDX extends no others');
  return sizes;
}

function readDigest(cursor: Cursor, sizes: ReadonlyMap<number, number>, where: string): Uint8Array | null {
  const count = demand(cursor.u32(), where);
  if (count > sizes.size) refuseLog(`${where} has ${count} digests`);
  const seen = new Set<number>();
  let sha384: Uint8Array | null = null;
  for (let i = 0; i < count; i++) {
    const algorithm = demand(cursor.u16(), where);
    const size = sizes.get(algorithm);
    if (size === undefined || seen.has(algorithm)) return refuseLog(`${where} has a digest out of the list`);
    seen.add(algorithm);
    const digest = demand(cursor.take(size), where);
    if (algorithm === SHA384) sha384 = new Uint8Array(digest);
  }
  return sha384;
}

/** True where the log stops: its end mark, zeros where a record would begin, or nothing more. */
function atEnd({ bytes, at, left }: Cursor): boolean {
  const head = bytes.subarray(at, at + 12);
  if (left < 12) return uniform(head, 0) || uniform(head, 0xff);
  return uniform(head.subarray(0, 4), 0xff) || uniform(head, 0);
}

function readRecord(cursor: Cursor, sizes: ReadonlyMap<number, number>, where: string): LogEvent {
  const index = demand(cursor.u32(), where);
  if (index > 4) refuseLog(`${where} is for register ${index}, which TDX does not have`);
  const type = demand(cursor.u32(), where);
  const digest = readDigest(cursor, sizes, where);
  const data = demand(cursor.take(demand(cursor.u32(), where)), where);
  if (digest === null && index !== 0 && type !== NO_ACTION) refuseLog(`${where} has no SHA-384 digest`);
  return {
    register: index === 0 ? null : ((index - 1) as Register),
    type,
    digest,
    data: new Uint8Array(data),
    name: null,
    version: null,
  };
}

/** What stands behind the end: padding of one value is usual, anything else is worth a note. */
function notesOf({ bytes, at }: Cursor): string[] {
  const rest = bytes.subarray(at);
  const mark = rest.length >= 4 && uniform(rest.subarray(0, 4), 0xff);
  const padding = mark ? rest.subarray(4) : rest;
  if (uniform(padding, 0) || uniform(padding, 0xff)) return [];
  return [`${rest.length} bytes follow the end of the log and are not padding; they were not read.`];
}

/**
 * Reads a CCEL, padded or not; the result is a copy.
 * Errors: `EVENT_LOG_EMPTY`, `EVENT_LOG_TOO_LARGE`, `EVENT_LOG_FORMAT`.
 */
export function readCcel(bytes: Uint8Array): EventLog {
  checkLogSize(bytes);
  const cursor = new Cursor(bytes);
  const sizes = readHeader(cursor);
  const events: LogEvent[] = [];
  while (!atEnd(cursor)) {
    if (events.length === MOST_EVENTS) refuseLog(`it has more than ${MOST_EVENTS} events`);
    events.push(readRecord(cursor, sizes, `event ${events.length}`));
  }
  return { form: 'ccel', events, endOffset: cursor.at, notes: notesOf(cursor) };
}
