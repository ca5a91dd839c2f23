/** The end of the stored log, as the consensus core has it in memory. */
import { decodeMembersCommand, idsOf } from '../../../protocol/group/index.ts';
import type { Entry, Position } from '../../../protocol/raft/index.ts';
import type { GroupLog } from '../../store/index.ts';

/** Bytes of stored entries that are read at once. */
const TAIL_BYTES = 1024 * 1024;
/**
 * Committed entries that stay in memory for followers that are a little behind. Not more: what lives so long that a
 * collection of the young does not reach it costs several times what it would to make it.
 */
export const KEPT = 1024;

/** The newest stored entries: everything that is not committed, and some of what is. */
export async function readTail(log: GroupLog): Promise<{ before: Position; entries: Entry[] }> {
  const { base, committed, last } = log.opened;
  const from = Math.max(base.index + 1, Math.min(committed + 1, last.index - KEPT));
  const entries: Entry[] = [];
  let before = base;
  for (let next = from; next <= last.index; next = (entries.at(-1)?.index ?? last.index) + 1) {
    const found = await log.read(next, TAIL_BYTES);
    if (found === null || found.entries.length === 0)
      throw new Error(`the stored log of a Group has no entry ${next}, but an entry ${last.index}`);
    if (entries.length === 0) before = found.prev;
    entries.push(...found.entries.map(withMembers));
  }
  return { before: entries.length === 0 ? last : before, entries };
}

/** The store keeps the signed command; the core wants the lists that it says. */
export const withMembers = (entry: Entry): Entry =>
  entry.kind === 'members' ? { ...entry, members: idsOf(decodeMembersCommand(entry.data).members) } : entry;
