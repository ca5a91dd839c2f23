/**
 * A small file that is overwritten in place and always readable: two slots written in turn, each with a checksum, so
 * that a torn write leaves the other one whole. What a node must not forget beside its database stands in such files.
 */
import { closeSync, constants, fdatasyncSync, openSync, readSync, writeSync } from 'node:fs';
import { sameBytes } from '../../protocol/bytes/index.ts';
import { nodeHashes } from '../hashes.ts';

/** Bytes of a slot's checksum: the first of SHA-256 over all before. */
const SUM = 8;

export interface SlotFormat<T> {
  /** Bytes of a slot, checksum included. */
  readonly size: number;
  /** At most `size` − 8 bytes; the rest is zeros. */
  encode(value: T): Uint8Array;
  /** `body`: all of the slot but its checksum. */
  decode(body: Uint8Array): T;
  /** Positive: `a` was written after `b`. Nothing that is written later may compare as equal, or it is forgotten. */
  compare(a: T, b: T): number;
}

export interface SlotFile<T> {
  /** Null when the file is new, or neither slot is whole. */
  read(): T | null;
  /** `force`: durable when it returns; else it survives the end of this process only. */
  write(value: T, force: boolean): void;
  close(): void;
}

/** Owner-only; made when it is not there. */
export function openSlotFile<T>(path: string, format: SlotFormat<T>): SlotFile<T> {
  const { size, encode, decode, compare } = format;
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  let next = 0;
  return {
    read() {
      const found: { value: T; slot: number }[] = [];
      for (const slot of [0, 1]) {
        const bytes = new Uint8Array(size);
        if (readSync(fd, bytes, 0, size, slot * size) !== size) continue;
        const body = bytes.subarray(0, size - SUM);
        if (sameBytes(sumOf(body), bytes.subarray(size - SUM))) found.push({ value: decode(body), slot });
      }
      const newest = found.toSorted((a, b) => compare(b.value, a.value))[0];
      if (newest === undefined) return null;
      next = 1 - newest.slot;
      return newest.value;
    },
    write(value, force) {
      const bytes = new Uint8Array(size);
      bytes.set(encode(value));
      bytes.set(sumOf(bytes.subarray(0, size - SUM)), size - SUM);
      writeSync(fd, bytes, 0, size, next * size);
      if (force) fdatasyncSync(fd);
      next = 1 - next;
    },
    close: () => closeSync(fd),
  };
}

const sumOf = (body: Uint8Array): Uint8Array => nodeHashes.sha256(body).subarray(0, SUM);
