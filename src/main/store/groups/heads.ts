/**
 * The head files of Groups (house.md 4): what a member has voted for and signed, outside the database, owner-only,
 * left out of backups. `writes` counts the durable transactions of the Group in the database; a file that is ahead of the
 * database, or gone, says that the database was restored. The file is written after the database, so it is never
 * ahead by itself. Two slots in turn, each with a checksum, so that a torn write leaves the other whole.
 */
import {
  closeSync,
  constants,
  existsSync,
  fdatasyncSync,
  mkdirSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { decodeCanonical, encodeCanonical, sameBytes } from '../../../protocol/bytes/index.ts';
import type { MemberId } from '../../../protocol/raft/index.ts';
import { nodeHashes } from '../../hashes.ts';
import type { Head } from './group-log.ts';

export interface GroupHead {
  readonly writes: number;
  readonly term: number;
  readonly vote: MemberId | null;
  readonly signed: Head | null;
}

/** u16 length ‖ CBOR ‖ zeros ‖ first 8 bytes of SHA-256 over all before. */
const SLOT = 256;

export interface GroupHeadFile {
  /** Null when the file is new, or neither slot is whole. */
  read(): GroupHead | null;
  /** `force`: durable when it returns; else it survives the end of this process only. */
  write(head: GroupHead, force: boolean): void;
}

export interface GroupHeads {
  open(name: string): GroupHeadFile;
  close(): void;
}

export function openGroupHeads(folder: string): GroupHeads {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const marker = join(folder, 'CACHEDIR.TAG');
  if (!existsSync(marker)) {
    // backup programs that know the cache directory tag leave this folder out
    const fd = openSync(marker, 'w', 0o600);
    writeSync(fd, 'Signature: 8a477f597d28d172789f06886806bc55\n');
    closeSync(fd);
  }
  const open: number[] = [];
  return {
    open(name) {
      const fd = openSync(join(folder, name), constants.O_RDWR | constants.O_CREAT, 0o600);
      open.push(fd);
      let next = 0;
      return {
        read() {
          const heads: (GroupHead & { slot: number })[] = [];
          for (const slot of [0, 1]) {
            const bytes = new Uint8Array(SLOT);
            if (readSync(fd, bytes, 0, SLOT, slot * SLOT) !== SLOT) continue;
            const head = decode(bytes);
            if (head !== null) heads.push({ ...head, slot });
          }
          const newest = heads.toSorted((a, b) => b.writes - a.writes)[0];
          if (newest === undefined) return null;
          next = 1 - newest.slot;
          return newest;
        },
        write(head, force) {
          writeSync(fd, encode(head), 0, SLOT, next * SLOT);
          if (force) fdatasyncSync(fd);
          next = 1 - next;
        },
      };
    },
    close() {
      for (const fd of open.splice(0)) closeSync(fd);
    },
  };
}

function encode({ writes, term, vote, signed }: GroupHead): Uint8Array {
  const body = encodeCanonical([writes, term, vote ?? '', signed === null ? [] : [signed.size, signed.root]]);
  const slot = new Uint8Array(SLOT);
  new DataView(slot.buffer).setUint16(0, body.length);
  slot.set(body, 2);
  slot.set(nodeHashes.sha256(slot.subarray(0, SLOT - 8)).subarray(0, 8), SLOT - 8);
  return slot;
}

function decode(slot: Uint8Array): GroupHead | null {
  if (!sameBytes(nodeHashes.sha256(slot.subarray(0, SLOT - 8)).subarray(0, 8), slot.subarray(SLOT - 8)))
    return null;
  const length = new DataView(slot.buffer, slot.byteOffset).getUint16(0);
  const [writes, term, vote, signed] = decodeCanonical(slot.subarray(2, 2 + length), SLOT) as [
    number,
    number,
    string,
    [number, Uint8Array] | [],
  ];
  const [size, root] = signed;
  return {
    writes,
    term,
    vote: vote === '' ? null : vote,
    signed: size === undefined || root === undefined ? null : { size, root },
  };
}
