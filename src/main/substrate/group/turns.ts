/**
 * Whose turn it is in the log of a member that leads: of each session only the command after its last one gets in,
 * whether that one is committed or not. What a member sends twice, or with a gap, costs nobody any disk.
 */
import { createTagReader, MAX_SESSIONS } from '../../../protocol/group/index.ts';
import type { Entry } from '../../../protocol/raft/index.ts';

export interface Turns {
  /** Of these commands those whose turn it is, in order; they are counted as if they were in the log. `open`: its end. */
  admit(commands: readonly Uint8Array[], open: readonly Entry[]): readonly Uint8Array[];
  /** What was admitted may not be in the log: it is counted anew from there. */
  forget(): void;
}

/** `committed`: the last command of a session that is committed; everything behind it is in `open`. */
export function createTurns(committed: (session: string) => number): Turns {
  const readTag = createTagReader();
  /** The last command in the log of each session that was looked at. */
  const last = new Map<string, number>();
  let counted = false;

  const pick = (commands: Iterable<Uint8Array>): Uint8Array[] => {
    const picked: Uint8Array[] = [];
    let session = '';
    let at = 0;
    for (const data of commands) {
      const tag = readTag(data);
      if (tag === null) continue;
      if (tag.session !== session) {
        if (session !== '') last.set(session, at);
        session = tag.session;
        at = last.get(session) ?? committed(session);
      }
      if (tag.counter !== at + 1) continue;
      at = tag.counter;
      picked.push(data);
    }
    if (session !== '') last.set(session, at);
    return picked;
  };

  return {
    admit(commands, open) {
      if (!counted || last.size > MAX_SESSIONS) {
        last.clear();
        pick(open.flatMap((entry) => (entry.kind === 'command' ? [entry.data] : [])));
        counted = true;
      }
      return pick(commands);
    },
    forget() {
      counted = false;
    },
  };
}
