/**
 * The head file: the largest head this node has signed, outside the database, owner-only, excluded from backups
 * (house.md 4). A store that is behind it was restored or lost its tail, and must not sign again.
 */
import { concat } from '../../protocol/bytes/index.ts';
import type { TreeHead } from '../../protocol/log/index.ts';
import { openSlotFile } from './two-slots.ts';
import type { SlotFile } from './two-slots.ts';

type Head = Pick<TreeHead, 'size' | 'root'>;
export type HeadFile = SlotFile<Head>;

export const openHeadFile = (path: string): HeadFile =>
  openSlotFile<Head>(path, {
    // size u64be ‖ root 32
    size: 48,
    encode({ size, root }) {
      const head = new Uint8Array(8);
      new DataView(head.buffer).setBigUint64(0, BigInt(size));
      return concat(head, root);
    },
    decode: (body) => ({
      size: Number(new DataView(body.buffer, body.byteOffset).getBigUint64(0)),
      root: body.slice(8),
    }),
    compare: (a, b) => a.size - b.size,
  });
