/** Schema pieces for record bodies: only what canonical CBOR can carry. */
import { z } from 'zod';

/** A byte string of exactly `min` bytes, or of `min`..`max` bytes. */
export const bytes = (min: number, max = min): z.ZodType<Uint8Array> =>
  z.custom<Uint8Array>((v) => v instanceof Uint8Array && v.length >= min && v.length <= max, {
    error: min === max ? `expected ${min} bytes` : `expected ${min}..${max} bytes`,
  });

/** A non-negative integer below 2^53. */
export const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/** Unix milliseconds. */
export const millis = count;

/** Text for people: 1..`max` characters, NFC, no control characters, no white space at either end. */
export const label = (max: number): z.ZodString =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((s) => s.isWellFormed() && s.normalize('NFC') === s, { error: 'expected NFC text' })
    // oxlint-disable-next-line no-control-regex -- control characters are exactly what is refused
    .refine((s) => !/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(s) && s.trim() === s, {
      error: 'expected text without control characters or outer white space',
    });
