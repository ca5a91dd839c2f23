/**
 * What other members forward to whoever leads: which of it may stand in the log, and in whose name. A session belongs
 * to the member that was first heard with it, and nobody begins more of them than a member has any use for.
 */
import { Refusal } from '../../../protocol/bytes/index.ts';
import { createTagReader, leafOf, MAX_COMMAND, MAX_SESSIONS } from '../../../protocol/group/index.ts';
import type { StateMachine } from './machine.ts';

/** Over one bond. A member begins a session when it starts, and another each time that it was forgotten. */
const MAX_BEGUN = 256;

export interface Forwards {
  /** Of these commands those that may be proposed. Errors: `GROUP_FRAME`, when too many sessions begin. */
  wanted(from: string, commands: readonly Uint8Array[]): Uint8Array[];
  unbonded(peer: string): void;
}

/** `own`: this member's session, in whose name nobody else speaks. */
export function createForwards(machine: Pick<StateMachine<unknown>, 'accepts'>, own: () => string): Forwards {
  const readTag = createTagReader();
  /** Whose a session is; the oldest is forgotten first. */
  const senders = new Map<string, string>();
  /** Sessions that each member has begun over its bond. */
  const begun = new Map<string, number>();

  const belongs = (session: string, from: string): boolean => {
    if (session === own()) return false;
    const sender = senders.get(session);
    if (sender !== undefined) return sender === from;
    const count = (begun.get(from) ?? 0) + 1;
    if (count > MAX_BEGUN)
      throw new Refusal('GROUP_FRAME', 'More sessions begin over this bond than any member begins.');
    begun.set(from, count);
    senders.set(session, from);
    const oldest = senders.keys().next();
    if (senders.size > MAX_SESSIONS && !oldest.done) senders.delete(oldest.value);
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
