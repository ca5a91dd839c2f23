/** A decoded record as plain JSON: bytes as hex. Made here from the signed bytes, not taken from the node. */
import { toHex } from '../../protocol/bytes/index.ts';

export type Readable =
  | string
  | number
  | boolean
  | null
  | readonly Readable[]
  | { readonly [key: string]: Readable };

export function readable(value: unknown): Readable {
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, readable(inner)]));
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return null;
}
