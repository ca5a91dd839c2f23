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
  /** Takes bytes as they arrive; answers the bodies that are whole now. Errors: `FRAME_TOO_LONG`. */
  push(bytes: Uint8Array): Uint8Array[];
  /** True while a frame has begun and not ended: its sender may be stalling. */
  pending(): boolean;
}

/** Cuts a byte stream into frames; holds at most one frame that is not whole. */
export function createFrameReader(limit = MAX_FRAME): FrameReader {
  let held: Uint8Array[] = [];
  let size = 0;
  const join = (): Uint8Array => {
    const [only] = held;
    if (held.length === 1 && only !== undefined) return only;
    const whole = new Uint8Array(size);
    let at = 0;
    for (const part of held) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  };
  /** Bytes that must be there before it is worth looking again. */
  let wanted = HEAD;
  return {
    push(bytes) {
      if (bytes.length === 0) return [];
      held.push(bytes);
      size += bytes.length;
      if (size < wanted) return [];
      const all = join();
      const view = new DataView(all.buffer, all.byteOffset, all.length);
      const bodies: Uint8Array[] = [];
      let at = 0;
      wanted = HEAD;
      while (all.length - at >= HEAD) {
        const length = view.getUint32(at);
        if (length > limit)
          throw new Refusal('FRAME_TOO_LONG', `A frame announces ${length} bytes; ${limit} is the limit.`);
        if (all.length - at < HEAD + length) {
          wanted = HEAD + length;
          break;
        }
        bodies.push(all.subarray(at + HEAD, at + HEAD + length));
        at += HEAD + length;
      }
      held = at < all.length ? [all.subarray(at)] : [];
      size = all.length - at;
      return bodies;
    },
    pending: () => size > 0,
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
      if (left.length >= MAX_NESTING) throw new Refusal('FRAME_NESTING', 'The frame is nested too deeply.');
      left.push(items);
    } else if (major === 6) throw new Refusal('FRAME_FORMAT', 'Tags are not part of any frame here.');
  }
  if (at !== body.length) throw malformed();
}
