/**
 * The head files of Groups (house.md 4): what a member has voted for and signed, outside the database, owner-only,
 * left out of backups. `writes` counts the durable transactions of the Group in the database; a file that is ahead of
 * the database, or gone, says that the database was restored. The file is written after the database, so it is never
 * ahead by itself.
 */
import { closeSync, existsSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { decodeCanonical, encodeCanonical } from '../../../protocol/bytes/index.ts';
import type { MemberId } from '../../../protocol/raft/index.ts';
import { openSlotFile } from '../two-slots.ts';
import type { SlotFile, SlotFormat } from '../two-slots.ts';
import type { Head } from './group-log.ts';

export interface GroupHead {
  readonly writes: number;
  readonly term: number;
  readonly vote: MemberId | null;
  readonly signed: Head | null;
}

export type GroupHeadFile = SlotFile<GroupHead>;

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
  const open = new Map<string, GroupHeadFile>();
  return {
    open(name) {
      const file = open.get(name) ?? openSlotFile(join(folder, name), FORMAT);
      open.set(name, file);
      return file;
    },
    close() {
      for (const file of open.values()) file.close();
      open.clear();
    },
  };
}

/** u16 length ‖ CBOR ‖ zeros. */
const FORMAT: SlotFormat<GroupHead> = {
  size: 256,
  encode({ writes, term, vote, signed }) {
    const body = encodeCanonical([
      writes,
      term,
      vote ?? '',
      signed === null ? [] : [signed.size, signed.root],
    ]);
    const slot = new Uint8Array(2 + body.length);
    new DataView(slot.buffer).setUint16(0, body.length);
    slot.set(body, 2);
    return slot;
  },
  decode(slot) {
    const length = new DataView(slot.buffer, slot.byteOffset).getUint16(0);
    const [writes, term, vote, signed] = decodeCanonical(slot.subarray(2, 2 + length), slot.length) as [
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
  },
  // a signature is told without a write of the database
  compare: (a, b) => a.writes - b.writes || (a.signed?.size ?? 0) - (b.signed?.size ?? 0),
};
