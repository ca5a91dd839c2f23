/**
 * What a peer may say at all: whole numbers in range, entries that follow one another, memberships that can decide.
 * The rim has checked the shape; this checks the sense, so that no step starts from nonsense.
 */
import { soundMembers } from './members.ts';
import type { Entry, Message, Position } from './types.ts';

/** No honest member is further ahead: a term grows by elections, one every few seconds at most. */
const MAX_TERM_JUMP = 2 ** 32;

const whole = (n: number): boolean => Number.isSafeInteger(n) && n >= 0;

const soundPosition = ({ term, index }: Position): boolean =>
  whole(term) && whole(index) && (index === 0 ? term === 0 : term > 0);

function soundEntries(prev: Position, entries: readonly Entry[], term: number): boolean {
  let last = prev;
  for (const entry of entries) {
    if (entry.index !== last.index + 1 || entry.term < last.term || !Number.isSafeInteger(entry.term))
      return false;
    if (entry.kind === 'members' && !soundMembers(entry.members)) return false;
    last = entry;
  }
  return last.term <= term && whole(last.index);
}

/** Can a member in `ownTerm` be told this by an honest one? */
export function soundMessage(message: Message, ownTerm: number): boolean {
  if (!whole(message.term) || message.term - ownTerm > MAX_TERM_JUMP) return false;
  switch (message.kind) {
    case 'vote-request':
      return message.term > 0 && soundPosition(message.last) && message.last.term <= message.term;
    case 'vote-answer':
    case 'stand-now':
      return true;
    case 'append':
      return (
        message.term > 0 &&
        whole(message.commit) &&
        whole(message.round) &&
        soundPosition(message.prev) &&
        soundEntries(message.prev, message.entries, message.term)
      );
    case 'append-answer':
      return whole(message.index) && whole(message.round) && whole(message.conflict);
    case 'snapshot-offer':
      return (
        message.term > 0 &&
        whole(message.round) &&
        soundPosition(message.last) &&
        message.last.term <= message.term
      );
    default:
      return false;
  }
}
