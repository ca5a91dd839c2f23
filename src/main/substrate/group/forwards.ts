/**
 * What other members forward to whoever leads: which of it may stand in the log, and in whose name. A session's
 * name says whose it is, and nobody begins more of them than a member has any use for.
 */
import { Refusal } from '../../../protocol/bytes/index.ts';
import { createTagReader, isSessionOf, leafOf, MAX_COMMAND } from '../../../protocol/group/index.ts';
import type { StateMachine } from './machine.ts';

/** Over one bond. A member begins a session when it starts, and another each time that it was forgotten. */
const MAX_BEGUN = 256;

export interface Forwards {
  /** Of these commands those that may be proposed. Errors: `GROUP_FRAME`, when too many sessions begin. */
  wanted(from: string, commands: readonly Uint8Array[]): Uint8Array[];
  unbonded(peer: string): void;
}

export function createForwards(machine: Pick<StateMachine<unknown>, 'accepts'>): Forwards {
  const readTag = createTagReader();
  /** Sessions that each member has begun over its bond. */
  const begun = new Map<string, Set<string>>();

  const belongs = (session: string, from: string): boolean => {
    if (!isSessionOf(session, from)) return false;
    const known = begun.get(from) ?? new Set();
    if (!known.has(session) && known.size >= MAX_BEGUN)
      throw new Refusal('GROUP_FRAME', 'More sessions begin over this bond than any member begins.');
    begun.set(from, known.add(session));
    return true;
  };

  const accepted = (data: Uint8Array): boolean => {
    try {
      machine.accepts?.(leafOf(data));
      return true;
    } catch {
      return false;
    }
  };

  return {
    wanted(from, commands) {
      const wanted: Uint8Array[] = [];
      let session = '';
      let mine = false;
      for (const data of commands) {
        const tag = data.length > MAX_COMMAND ? null : readTag(data);
        if (tag === null) continue;
        if (tag.session !== session) {
          session = tag.session;
          mine = belongs(session, from);
        }
        // its sender has looked too; whoever leads does so again, that nothing malformed stands in the log
        if (mine && accepted(data)) wanted.push(data);
      }
      return wanted;
    },
    unbonded: (peer) => void begun.delete(peer),
  };
}
