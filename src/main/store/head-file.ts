/**
 * The head file: the largest head this node has signed, outside the database, owner-only, excluded from backups
 * (house.md 4). A store that is behind it was restored or lost its tail, and must not sign again. Two slots are
 * written in turn, each with its own checksum, so that a torn write leaves the other one whole.
 */
import { closeSync, constants, fdatasyncSync, openSync, readSync, writeSync } from 'node:fs';
import { nodeHashes } from '../hashes.ts';
import { concat, sameBytes } from '../../protocol/bytes/index.ts';
import type { TreeHead } from '../../protocol/log/index.ts';

type Head = Pick<TreeHead, 'size' | 'root'>;

/** size u64be ‖ root 32 ‖ first 8 bytes of SHA-256 over both. */
const SLOT = 48;

export interface HeadFile {
  /** Null when the file is new or empty. */
  read(): Head | null;
  /** Durable when it returns. */
  write(head: Head): void;
  close(): void;
}

export function openHeadFile(path: string): HeadFile {
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  let next = 0;
  return {
    read() {
      const heads: (Head & { slot: number })[] = [];
      for (const slot of [0, 1]) {
        const bytes = new Uint8Array(SLOT);
        if (readSync(fd, bytes, 0, SLOT, slot * SLOT) !== SLOT) continue;
        const head = decode(bytes);
        if (head !== null) heads.push({ ...head, slot });
      }
      const newest = heads.toSorted((a, b) => b.size - a.size)[0];
      if (newest === undefined) return null;
      next = 1 - newest.slot;
      return { size: newest.size, root: newest.root };
    },
    write(head) {
      writeSync(fd, encode(head), 0, SLOT, next * SLOT);
      fdatasyncSync(fd);
      next = 1 - next;
    },
    close: () => closeSync(fd),
  };
}

function encode(head: Head): Uint8Array {
  const size = new Uint8Array(8);
  new DataView(size.buffer).setBigUint64(0, BigInt(head.size));
  const body = concat(size, head.root);
  return concat(body, nodeHashes.sha256(body).subarray(0, 8));
}

function decode(bytes: Uint8Array): Head | null {
  const body = bytes.subarray(0, 40);
  if (!sameBytes(nodeHashes.sha256(body).subarray(0, 8), bytes.subarray(40))) return null;
  const size = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0));
  return { size, root: body.slice(8) };
}
