/** Shapes that several areas share. Bytes cross the API as text: hex for ids and hashes, base64url for blobs. */
import { z } from 'zod';

export const hex = (bytes: number): z.ZodString =>
  z
    .string()
    .regex(/^[0-9a-f]*$/, 'expected lower-case hex')
    .length(bytes * 2);

/** Bytes as base64url without padding; `max` counts decoded bytes. */
export const blob = (max: number): z.ZodString =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]*$/, 'expected base64url')
    .max(Math.ceil((max * 4) / 3));

/** Unix milliseconds. */
export const millis = z.number().int().min(0);
export const count = z.number().int().min(0);
/** RFC 3339 UTC. */
export const isoTime = z.string();

/** Text that a person types as a name. */
export const name = z.string().trim().min(1).max(64);

/** The acknowledgement ladder (house.md 4). */
export const stage = z.enum(['accepted', 'sequenced', 'committed', 'witnessed']);
export type Stage = z.infer<typeof stage>;

/** Where the record of a command stands. */
export const receipt = z.object({ index: count, id: z.string(), stage });
export type Receipt = z.infer<typeof receipt>;
