import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createFrameReader,
  decodeFrame,
  encodeFrame,
  MAX_FRAME,
  MAX_NESTING,
} from '../../../../src/main/substrate/universe/index.ts';
import { Refusal, toHex } from '../../../../src/protocol/bytes/index.ts';

const body = (value: unknown): Uint8Array => encodeFrame(value).subarray(4);
const codeOf = (work: () => unknown): string | null => {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
};
const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
/** Reads all frames that the reader has. */
const readAll = (reader: ReturnType<typeof createFrameReader>): Uint8Array[] => {
  const found: Uint8Array[] = [];
  for (let frame = reader.shift(); frame !== null; frame = reader.shift()) found.push(frame);
  return found;
};

const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    fc.integer(),
    fc.string(),
    fc.boolean(),
    fc.constant(null),
    fc.double({ noNaN: true }),
    fc.uint8Array({ maxLength: 64 }),
    fc.array(tie('any'), { maxLength: 5 }),
    fc.dictionary(
      fc.string({ minLength: 1, maxLength: 8 }).filter((key) => key !== '__proto__'),
      tie('any'),
      {
        maxKeys: 5,
        noNullPrototype: true,
      },
    ),
  ),
})).any;

describe('a frame', () => {
  it('comes back as it was sent', () => {
    fc.assert(
      fc.property(value, (sent) => {
        const frame = body(sent);
        const read = decodeFrame(frame);
        expect(toHex(body(read))).toBe(toHex(frame));
      }),
    );
  });

  it('beyond the limit is not made', () => {
    expect(codeOf(() => encodeFrame(new Uint8Array(MAX_FRAME)))).toBe('FRAME_TOO_LONG');
    expect(encodeFrame(new Uint8Array(MAX_FRAME - 8)).length).toBeGreaterThan(MAX_FRAME - 8);
  });

  it('nested too deeply is refused, however it is nested', () => {
    expect(codeOf(() => decodeFrame(body(nested(MAX_NESTING))))).toBe(null);
    expect(codeOf(() => decodeFrame(body(nested(MAX_NESTING + 1))))).toBe('FRAME_NESTING');
    // a million opening brackets cost nothing
    expect(codeOf(() => decodeFrame(new Uint8Array(MAX_FRAME).fill(0x81)))).toBe('FRAME_NESTING');
    expect(codeOf(() => decodeFrame(new Uint8Array(MAX_FRAME).fill(0xa1)))).toBe('FRAME_NESTING');
  });

  it('with an indefinite length, a tag, a false count or trailing bytes is refused', () => {
    for (const bytes of [
      [0x9f, 0x01, 0xff],
      [0xbf, 0xff],
      [0x5f, 0x41, 0x00, 0xff],
      [0x7f, 0x61, 0x61, 0xff],
      [0xc1, 0x00],
      [0xd8, 0x64, 0x80],
      [0xc2, 0x41, 0x01],
      [0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
      [0x5b, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff],
      [0xba, 0x7f, 0xff, 0xff, 0xff],
      [0x82, 0x01],
      [0x01, 0x01],
      [0x1c],
      [0xfc],
      [],
    ])
      expect(
        codeOf(() => decodeFrame(Uint8Array.from(bytes))),
        String(bytes),
      ).toBe('FRAME_FORMAT');
  });

  it('of random bytes is a value or a refusal, never anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const code = codeOf(() => decodeFrame(bytes));
        expect([null, 'FRAME_FORMAT', 'FRAME_NESTING']).toContain(code);
      }),
      { numRuns: 3000 },
    );
  });

  it('damaged in one place is a value or a refusal', () => {
    fc.assert(
      fc.property(value, fc.nat(), fc.integer({ min: 1, max: 255 }), (sent, place, change) => {
        const frame = Uint8Array.from(body(sent));
        frame[place % frame.length]! ^= change;
        expect([null, 'FRAME_FORMAT', 'FRAME_NESTING']).toContain(codeOf(() => decodeFrame(frame)));
      }),
      { numRuns: 2000 },
    );
  });

  it('cannot reach the prototype of an object', () => {
    const read = decodeFrame(
      Uint8Array.from([0xa1, 0x69, ...Buffer.from('__proto__'), 0xa1, 0x61, 0x61, 0x01]),
    );
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
    expect(({} as { a?: unknown }).a).toBeUndefined();
  });

  it('full of tiny items is decoded', () => {
    const flood = new Uint8Array(MAX_FRAME - 5).fill(0x80);
    const frame = Uint8Array.from([0x9a, 0x00, 0x0f, 0xff, 0xfb, ...flood]);
    expect((decodeFrame(frame) as unknown[]).length).toBe(MAX_FRAME - 5);
  });
});

describe('the frame reader', () => {
  it('finds the same frames however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 12 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 300 })),
        (payloads, cuts) => {
          const bytes = Buffer.concat(payloads.map((payload) => encodeFrame(payload)));
          const reader = createFrameReader();
          const found: Uint8Array[] = [];
          for (let at = 0; at < bytes.length;) {
            const size = cuts.next().value as number;
            // a fresh copy each time: what was read must not change when the caller's buffer does
            const piece = Uint8Array.from(bytes.subarray(at, at + size));
            reader.push(piece);
            found.push(...readAll(reader).map((frame) => Uint8Array.from(frame)));
            at += size;
          }
          expect(found.map((frame) => toHex(decodeFrame(frame) as Uint8Array))).toEqual(payloads.map(toHex));
          expect(reader.size()).toBe(0);
        },
      ),
    );
  });

  it('frames that were handed out stay as they are while more is read', () => {
    const reader = createFrameReader();
    const frames = Array.from({ length: 50 }, (_, i) => encodeFrame(new Uint8Array(i).fill(i)));
    const bytes = Buffer.concat(frames);
    const found: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += 7) {
      reader.push(Uint8Array.from(bytes.subarray(at, at + 7)));
      found.push(...readAll(reader));
    }
    expect(found.map((frame) => Buffer.from(frame))).toEqual(
      frames.map((frame) => Buffer.from(frame.subarray(4))),
    );
  });

  it('refuses a length beyond the limit as soon as it is announced', () => {
    const reader = createFrameReader();
    reader.push(Uint8Array.from([0, 16, 0, 1]));
    expect(reader.ready()).toBe(true);
    expect(codeOf(() => reader.shift())).toBe('FRAME_TOO_LONG');
  });

  it('does not reserve what a frame announces, and holds one byte at a time without waste', () => {
    const reader = createFrameReader();
    reader.push(Uint8Array.from([0, 15, 255, 255]));
    const before = process.memoryUsage().arrayBuffers;
    const readers = Array.from({ length: 200 }, () => {
      const one = createFrameReader();
      one.push(Uint8Array.from([0, 15, 255, 255]));
      return one;
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 1024);
    expect(readers).toHaveLength(200);
    // copied anew for each byte this would be half a terabyte
    for (let i = 0; i < 0x0fffff; i++) reader.push(new Uint8Array(1));
    expect(reader.shift()!.length).toBe(0x0fffff);
  });
});
