/**
 * Log lines out of an engine's log stream. Docker multiplexes stdout and stderr in frames (one byte for the
 * stream, three zero, four for the length, big-endian); with timestamps each frame begins with an RFC 3339 time
 * and a space. A long line comes in several frames, of which only the last ends with a line break.
 */
import { Refusal } from '../../../protocol/bytes/index.ts';
import type { LogLine } from './engine.ts';

const HEADER = 8;
/** No engine writes frames near this; a length beyond it means that the stream is none. */
const MAX_FRAME = 1024 * 1024;
const MAX_LINE = 64 * 1024;
const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z /;

export interface Frame {
  readonly stream: 'stdout' | 'stderr';
  readonly payload: Buffer;
}

/** Takes a multiplexed byte stream apart. Errors: `ENGINE_FAILED` when it is none. */
export async function* frames(source: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  let held: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    held = held.length === 0 ? Buffer.from(chunk) : Buffer.concat([held, chunk]);
    while (held.length >= HEADER) {
      const kind = held[0] ?? 0;
      const length = held.readUInt32BE(4);
      if (kind > 2 || length > MAX_FRAME)
        throw new Refusal('ENGINE_FAILED', 'The engine sent logs in a form that is not known here.');
      if (held.length < HEADER + length) break;
      yield { stream: kind === 2 ? 'stderr' : 'stdout', payload: held.subarray(HEADER, HEADER + length) };
      held = held.subarray(HEADER + length);
    }
  }
}

interface Open {
  time: string;
  parts: Buffer[];
  size: number;
}

/** Joins frames into lines; `after` (a `LogLine.time`) leaves out what is not later. */
export async function* lines(source: AsyncIterable<Frame>, after = ''): AsyncGenerator<LogLine> {
  const open = new Map<Frame['stream'], Open>();
  let seq = 0;
  const close = function* (stream: Frame['stream'], line: Open): Generator<LogLine> {
    open.delete(stream);
    if (after === '' || line.time > after)
      yield { seq: seq++, time: line.time, stream, text: Buffer.concat(line.parts).toString('utf8') };
  };
  for await (const { stream, payload } of source) {
    const [time, text] = splitTime(payload);
    const line = open.get(stream) ?? { time, parts: [], size: 0 };
    open.set(stream, line);
    const ends = text.at(-1) === 0x0a;
    const body = ends ? text.subarray(0, -1) : text;
    line.parts.push(Buffer.from(body));
    line.size += body.length;
    if (!ends && line.size < MAX_LINE) continue;
    yield* close(stream, line);
    // the next piece of a line that is cut belongs to the same moment
    if (!ends) open.set(stream, { time: line.time, parts: [], size: 0 });
  }
  // what the container wrote last may lack its line break
  for (const [stream, line] of open) if (line.size > 0) yield* close(stream, line);
}

/** Lines that are remembered, to know them again: more than the copies of two streams can get out of order. */
const REMEMBERED = 64;

/**
 * A followed log to its real end. An engine may end the stream of a container that exits before it has sent the
 * last lines (seen with Docker under load), so what it has written is read once more and the rest is told.
 * `again(since)` reads without following: lines later than `since`; absent: as the caller asked. `isTail`: the
 * caller asked for the last lines only, so that asking the same again could answer others.
 */
export async function* toTheEnd(
  followed: AsyncIterable<LogLine>,
  again: (since: string | undefined) => AsyncIterable<LogLine>,
  isTail: boolean,
): AsyncGenerator<LogLine> {
  const nameOf = ({ time, stream, text }: LogLine): string => `${time} ${stream} ${text}`;
  const recent: LogLine[] = [];
  let seq = 0;
  let forgotten = false;
  for await (const line of followed) {
    recent.push(line);
    if (recent.length > REMEMBERED) forgotten = recent.shift() !== undefined;
    seq = line.seq + 1;
    yield line;
  }
  const known = new Set(recent.map(nameOf));
  try {
    for await (const line of again(forgotten || isTail ? recent[0]?.time : undefined))
      if (!known.has(nameOf(line))) yield { ...line, seq: seq++ };
  } catch (error) {
    // a container that was removed meanwhile has no log to read again
    if (!(error instanceof Refusal && error.code === 'CONTAINER_UNKNOWN')) throw error;
  }
}

/** The engine's `since` for a `LogLine.time`: seconds and nanoseconds. Errors: `LOG_TIME`. */
export function engineTime(time: string): string {
  const match = TIME.exec(`${time} `);
  const seconds = match === null ? Number.NaN : Date.parse(`${match[1]}Z`) / 1000;
  if (match === null || !Number.isSafeInteger(seconds))
    throw new Refusal('LOG_TIME', 'A place in a log is named by the time of its line, in UTC.');
  return `${seconds}.${(match[2] ?? '').padEnd(9, '0')}`;
}

/** A time as `LogLine.time` spells it: nine decimals, so that texts compare like times. Errors: `LOG_TIME`. */
export function lineTime(time: string): string {
  const [seconds = '', nanos = ''] = engineTime(time).split('.');
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}.${nanos}Z`;
}

function splitTime(payload: Buffer): [time: string, text: Buffer] {
  const head = payload.subarray(0, 40).toString('latin1');
  const match = TIME.exec(head);
  if (match === null) return ['', payload];
  return [`${match[1]}.${(match[2] ?? '').padEnd(9, '0')}Z`, payload.subarray(match[0].length)];
}
