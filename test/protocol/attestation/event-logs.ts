/** Event logs made for tests: records of the TCG form, and events as dstack writes them. */
import { createHash } from 'node:crypto';
import { concat, utf8 } from '../../../src/protocol/bytes/index.ts';

export const DSTACK = 0x0800_0001;

export const sha384 = (bytes: Uint8Array): Uint8Array<ArrayBuffer> =>
  new Uint8Array(createHash('sha384').update(bytes).digest());

const little = (value: number, length: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length }, (_, i) => Math.floor(value / 256 ** i) % 256);
export const le16 = (value: number): Uint8Array<ArrayBuffer> => little(value, 2);
export const le32 = (value: number): Uint8Array<ArrayBuffer> => little(value, 4);

/** TCG_PCR_EVENT2 with one digest. */
export const tcgRecord = (
  index: number,
  type: number,
  digest: Uint8Array,
  data: Uint8Array,
  algorithm = 0x0c,
): Uint8Array<ArrayBuffer> =>
  concat(le32(index), le32(type), le32(1), le16(algorithm), digest, le32(data.length), data);

/** A log of these records: the specification record before them, whatever is given behind. */
export function ccelOf(
  records: readonly Uint8Array[],
  end: Uint8Array = new Uint8Array(0),
  algorithms: readonly (readonly [number, number])[] = [[0x0c, 48]],
): Uint8Array<ArrayBuffer> {
  const specification = concat(
    utf8('Spec ID Event03\0'),
    Uint8Array.of(0, 0, 0, 0, 0, 2, 0, 2),
    le32(algorithms.length),
    ...algorithms.flatMap(([algorithm, size]) => [le16(algorithm), le16(size)]),
    Uint8Array.of(0),
  );
  return concat(
    le32(1),
    le32(3),
    new Uint8Array(20),
    le32(specification.length),
    specification,
    ...records,
    end,
  );
}

/** One of dstack's own events, without a digest. */
export const jsonLogOf = (event: string, event_payload: string) => ({
  imr: 3,
  event_type: DSTACK,
  digest: '',
  event,
  event_payload,
});
