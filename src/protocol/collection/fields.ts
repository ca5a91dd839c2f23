/** A list of byte strings as one: each behind its length, 4 bytes big-endian. Long states are written and read so. */
import { Refusal } from '../bytes/index.ts';

export function joinFields(fields: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(fields.reduce((sum, field) => sum + 4 + field.length, 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const field of fields) {
    view.setUint32(at, field.length);
    out.set(field, at + 4);
    at += 4 + field.length;
  }
  return out;
}

/** Copies, each of 1 to `most` bytes. Errors: `COLLECTION_SNAPSHOT`. */
export function splitFields(bytes: Uint8Array, most: number): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const fields: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    if (at + 4 > bytes.length) throw broken();
    const length = view.getUint32(at);
    const end = at + 4 + length;
    if (length < 1 || length > most || end > bytes.length) throw broken();
    fields.push(bytes.slice(at + 4, end));
    at = end;
  }
  return fields;
}

/** What is thrown at bytes that are no state. */
export const broken = (): Refusal =>
  new Refusal('COLLECTION_SNAPSHOT', 'The bytes are no state of this collection.');
