/**
 * What the consensus core wants sent. An append without entries only says how far something is committed, or that the
 * leader lives: it waits for the end of this turn of the loop, and what else goes to that member meanwhile says it too.
 */
import type { Envelope, MemberId, Message } from '../../../protocol/raft/index.ts';

/** `mute`: nothing of an election leaves. */
export function createOutbox(
  send: (to: MemberId, message: Message) => void,
  mute: () => boolean,
): (envelopes: readonly Envelope[]) => void {
  const empty = new Map<MemberId, Message>();
  const sendEmpty = (): void => {
    for (const [to, message] of empty) send(to, message);
    empty.clear();
  };
  return (envelopes) => {
    for (const { to, message } of envelopes) {
      if (isElection(message) && mute()) continue;
      if (message.kind !== 'append') {
        send(to, message);
        continue;
      }
      empty.delete(to);
      if (message.entries.length > 0) {
        send(to, message);
        continue;
      }
      if (empty.size === 0) setImmediate(sendEmpty);
      empty.set(to, message);
    }
  };
}

export const isElection = ({ kind }: Message): boolean =>
  kind === 'vote-request' || kind === 'vote-answer' || kind === 'stand-now';
