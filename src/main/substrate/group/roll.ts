/**
 * The roll: which entry of the log made whom a member. Appended entries count at once (Raft's rule for membership),
 * committed ones are what outsiders are told; a truncated log forgets its newest.
 */
import { Refusal, toHex } from '../../../protocol/bytes/index.ts';
import type { CheckSignature, UniqueId } from '../../../protocol/bytes/index.ts';
import {
  checkLaterMembers,
  checkMembersCommand,
  checkMembership,
  decodeMembersCommand,
  idsOf,
} from '../../../protocol/group/index.ts';
import type { Membership } from '../../../protocol/group/index.ts';
import type { Entry } from '../../../protocol/raft/index.ts';
import { decodeSnapshot } from '../../store/index.ts';
import type { GroupLog } from '../../store/index.ts';

export interface Listed {
  /** Log index of the entry; 0: the genesis. */
  readonly index: number;
  readonly members: Membership;
  /** The command that an operator signed; empty: the genesis. */
  readonly command: Uint8Array;
}

export interface Roll {
  /** By the newest entry, committed or not. */
  newest(): Listed;
  committed(): Listed;
  /** In force just before the entry of this index. */
  before(index: number): Listed;
  /** Ids of everybody whom the member `self` should be bonded with, by the newest list and by the committed one. */
  peers(self: string): readonly string[];
  /** True for who was a member by an earlier list and is none any more. */
  hasLeft(peer: string): boolean;
  append(entry: Extract<Entry, { kind: 'members' }>): void;
  truncate(from: number): void;
  commit(upTo: number): void;
  /** A snapshot up to `last` takes the place of what was before; its entry is the newest in it, null: the genesis. */
  restore(last: number, entry: { readonly index: number; readonly data: Uint8Array } | null): void;
}

/** Errors: as `checkMembership`, for the genesis. */
export function createRoll(genesis: Membership, log: GroupLog): Roll {
  checkMembership(genesis);
  const first: Listed = { index: 0, members: genesis, command: new Uint8Array(0) };
  const listed = ({ index, data }: { readonly index: number; readonly data: Uint8Array }): Listed => ({
    index,
    members: decodeMembersCommand(data).members,
    command: data,
  });
  const { snapshot, members, committed: upTo } = log.opened;
  const kept = snapshot === null ? null : decodeSnapshot(snapshot).members;
  let list: Listed[] = [first, ...(kept === null ? [] : [listed(kept)]), ...members.map(listed)];
  let committed = upTo;
  const last = (holds: (one: Listed) => boolean): Listed => list.findLast(holds) ?? first;
  const newest = (): Listed => last(() => true);
  const inForce = (): Listed => last(({ index }) => index <= committed);
  const names = ({ members: { voters, learners } }: Listed, peer: string): boolean =>
    [...voters, ...learners].some(({ node }) => toHex(node) === peer);
  const hasLeft = (peer: string): boolean =>
    !names(newest(), peer) && !names(inForce(), peer) && list.some((one) => names(one, peer));
  return {
    newest,
    committed: inForce,
    before: (at) => last(({ index }) => index < at),
    peers(self) {
      if (hasLeft(self)) return [];
      const lists = [newest(), inForce()].map((one) => idsOf(one.members));
      const voters = lists.flatMap((ids) => ids.voters);
      // learners need the voters only: twenty of them would else keep two hundred bonds among themselves
      const wanted = voters.includes(self) ? [...voters, ...lists.flatMap((ids) => ids.learners)] : voters;
      return [...new Set(wanted)].filter((peer) => peer !== self);
    },
    hasLeft,
    append: (entry) => void list.push(listed(entry)),
    truncate: (from) => {
      list = list.filter(({ index }) => index < from);
    },
    commit: (index) => {
      committed = index;
    },
    restore: (upToIndex, entry) => {
      const later = list.filter(({ index }) => index > upToIndex);
      list = [first, ...(entry === null ? [] : [listed(entry)]), ...later];
      committed = Math.max(committed, upToIndex);
    },
  };
}

/**
 * Whether a peer is a member although the roll here does not have it: by a later change of members that it shows, for
 * this member was away, or is new, and has not seen it (empty: it shows none). Never throws for bad bytes.
 */
export function isListedLater(
  peer: string,
  shown: Uint8Array,
  roll: Roll,
  group: UniqueId,
  check: CheckSignature,
): boolean {
  if (shown.length === 0) return false;
  try {
    const command = decodeMembersCommand(shown);
    const { voters, learners } = idsOf(command.members);
    if (!voters.includes(peer) && !learners.includes(peer)) return false;
    checkLaterMembers(command, { group, ...roll.newest() }, check);
    return true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

/**
 * Refuses entries that change members without an operator's signature. They are what is about to be appended: all that
 * stands here before the first of them stays, and nothing after it does. Errors: `MEMBERS_*`.
 */
export function checkEntries(
  entries: readonly Entry[],
  roll: Roll,
  group: UniqueId,
  check: CheckSignature,
): void {
  let current: Listed | null = null;
  for (const entry of entries) {
    if (entry.kind !== 'members') continue;
    const command = decodeMembersCommand(entry.data);
    checkMembersCommand(
      command,
      { group, ...(current ?? roll.before(entries[0]?.index ?? entry.index)) },
      check,
    );
    current = { index: entry.index, members: command.members, command: entry.data };
  }
}
