/**
 * Wire frames: u32 length, big-endian, then one CBOR value (house.md 3: cbor-x, no records). A frame's length and
 * nesting are looked at before it is decoded; nothing in a frame is signed as such, signed things are byte strings.
 */
import { Decoder, Encoder } from 'cbor-x';
import { Refusal } from '../../../protocol/bytes/index.ts';

/** Bytes of a frame's body, at most. */
export const MAX_FRAME = 1024 * 1024;
/** Arrays and maps inside each other, at most. */
export const MAX_NESTING = 16;
const HEAD = 4;

const settings = {
  useRecords: false,
  mapsAsObjects: true,
  tagUint8Array: false,
  structuredClone: false,
} as const;
const encoder = new Encoder(settings);
const decoder = new Decoder(settings);

/** Length and body in one piece. Errors: `FRAME_TOO_LONG`. */
export function encodeFrame(value: unknown): Uint8Array {
  const body = encoder.encode(value);
  if (body.length > MAX_FRAME)
    throw new Refusal(
      'FRAME_TOO_LONG',
      `A frame of ${body.length} bytes does not pass; ${MAX_FRAME} is the limit.`,
    );
  const frame = new Uint8Array(HEAD + body.length);
  new DataView(frame.buffer).setUint32(0, body.length);
  frame.set(body, HEAD);
  return frame;
}

/**
 * One frame's body as a value; what it means is for the protocol's own reader to check. Byte strings are views of `body`.
 * Errors: `FRAME_NESTING`, `FRAME_FORMAT`.
 */
export function decodeFrame(body: Uint8Array): unknown {
  checkNesting(body);
  try {
    return decoder.decode(body);
  } catch {
    throw new Refusal('FRAME_FORMAT', 'The frame is not CBOR.');
  }
}

export interface FrameReader {
  /** Takes bytes as they arrive. What is held for a frame that is not whole is copied, so nothing else is pinned. */
  push(bytes: Uint8Array): void;
  /** The next whole frame's body, or null. Errors: `FRAME_TOO_LONG`. */
  shift(): Uint8Array | null;
  /** True when `shift` has something to say: a body, or that the frame is too long. */
  ready(): boolean;
  /** Bytes held. */
  size(): number;
}

/** Cuts a byte stream into frames. How much may lie here is for the caller to bound, by not reading on. */
export function createFrameReader(limit = MAX_FRAME): FrameReader {
  /** What is held lies from `at` to `end`; the rest of an owned buffer is room to grow into. */
  let buffer = new Uint8Array(0);
  let at = 0;
  let end = 0;
  let owned = false;
  const announced = (): number =>
    end - at < HEAD ? 0 : new DataView(buffer.buffer, buffer.byteOffset + at, HEAD).getUint32(0);
  const ready = (): boolean => {
    if (end - at < HEAD) return false;
    const length = announced();
    return length > limit || end - at >= HEAD + length;
  };
  return {
    push(bytes) {
      if (bytes.length === 0) return;
      if (at === end) {
        buffer = bytes as Uint8Array<ArrayBuffer>;
        at = 0;
        end = bytes.length;
        owned = false;
        return;
      }
      const size = end - at + bytes.length;
      if (!owned || end + bytes.length > buffer.length) {
        // doubled, not sized by what the frame announces: a peer pays for memory here with bytes of its own
        const grown = new Uint8Array(Math.max(2 * (end - at), size, 64));
        grown.set(buffer.subarray(at, end));
        buffer = grown;
        end -= at;
        at = 0;
        owned = true;
      }
      buffer.set(bytes, end);
      end += bytes.length;
    },
    shift() {
      if (!ready()) return null;
      const length = announced();
      if (length > limit)
        throw new Refusal('FRAME_TOO_LONG', `A frame announces ${length} bytes; ${limit} is the limit.`);
      const body = buffer.subarray(at + HEAD, at + HEAD + length);
      at += HEAD + length;
      return body;
    },
    ready,
    size: () => end - at,
  };
}

/**
 * Refuses nesting beyond the limit by walking the heads of the items (RFC 8949 3) without building anything.
 * Indefinite lengths are refused: no encoder of ours writes them. Errors: `FRAME_NESTING`, `FRAME_FORMAT`.
 */
function checkNesting(body: Uint8Array): void {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const malformed = (): Refusal => new Refusal('FRAME_FORMAT', 'The frame is not CBOR.');
  /** Items still to come on each level. */
  const left: number[] = [1];
  let at = 0;
  while (left.length > 0) {
    const depth = left.length - 1;
    if ((left[depth] ?? 0) === 0) {
      left.pop();
      continue;
    }
    left[depth] = (left[depth] ?? 0) - 1;
    if (at >= body.length) throw malformed();
    const head = body[at] ?? 0;
    const major = head >> 5;
    const info = head & 31;
    at += 1;
    let argument = info;
    if (info >= 24 && info <= 27) {
      const width = 2 ** (info - 24);
      if (at + width > body.length) throw malformed();
      if (width === 1) argument = view.getUint8(at);
      else if (width === 2) argument = view.getUint16(at);
      else if (width === 4) argument = view.getUint32(at);
      else argument = Number(view.getBigUint64(at));
      at += width;
    } else if (info > 27) throw malformed();
    if (major === 2 || major === 3) {
      at += argument;
      if (at > body.length) throw malformed();
    } else if (major === 4 || major === 5) {
      // each item takes a byte at least, so a count beyond the body is a lie
      const items = major === 4 ? argument : argument * 2;
      if (items > body.length) throw malformed();
      if (left.length > MAX_NESTING) throw new Refusal('FRAME_NESTING', 'The frame is nested too deeply.');
      left.push(items);
    } else if (major === 6) throw new Refusal('FRAME_FORMAT', 'Tags are not part of any frame here.');
  }
  if (at !== body.length) throw malformed();
}
