/**
 * What the consensus core wants sent. An append without entries only says how far something is committed, or that the
 * leader lives: it waits for the end of this turn of the loop, and what else goes to that member meanwhile says it too.
 * What goes to several members at once is encoded once.
 */
import type { Envelope, MemberId, Message } from '../../../protocol/raft/index.ts';
import { encodeFrame } from '../universe/index.ts';
import { toFrame } from './frames.ts';

/** `mute`: nothing of an election leaves. */
export function createOutbox(
  post: (to: MemberId, frame: Uint8Array) => void,
  mute: () => boolean,
): (envelopes: readonly Envelope[]) => void {
  const empty = new Map<MemberId, Message>();
  const sendAll = (envelopes: readonly Envelope[]): void => {
    let encoded: Message | undefined;
    let frame: Uint8Array = NOTHING;
    for (const { to, message } of envelopes) {
      if (message !== encoded) frame = encodeFrame(toFrame({ kind: 'raft', message }));
      encoded = message;
      post(to, frame);
    }
  };
  const sendEmpty = (): void => {
    sendAll(Array.from(empty, ([to, message]) => ({ to, message })));
    empty.clear();
  };
  return (envelopes) => {
    const now: Envelope[] = [];
    for (const envelope of envelopes) {
      const { to, message } = envelope;
      if (isElection(message) && mute()) continue;
      if (message.kind === 'append') {
        empty.delete(to);
        if (message.entries.length === 0) {
          if (empty.size === 0) setImmediate(sendEmpty);
          empty.set(to, message);
          continue;
        }
      }
      now.push(envelope);
    }
    sendAll(now);
  };
}

const NOTHING = new Uint8Array(0);

export const isElection = ({ kind }: Message): boolean =>
  kind === 'vote-request' || kind === 'vote-answer' || kind === 'stand-now';
