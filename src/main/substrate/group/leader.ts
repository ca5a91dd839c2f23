/**
 * What a member asks of its leader and waits for the answer: up to which entry a strong read must have been applied,
 * and changes of members; and what it answers when it is asked. Commands go by another way (session.ts).
 */
import { Refusal } from '../../../protocol/bytes/index.ts';
import type { UniqueId } from '../../../protocol/bytes/index.ts';
import { checkMembersCommand, decodeMembersCommand, idsOf } from '../../../protocol/group/index.ts';
import type { Position } from '../../../protocol/raft/index.ts';
import { createSignatureChecker } from '../../hashes.ts';
import type { GroupFrame } from './frames.ts';
import type { Replica } from './replica.ts';
import type { Roll } from './roll.ts';

export type LeaderFrame = Extract<
  GroupFrame,
  { kind: 'read' | 'read-answer' | 'forward-members' | 'answer' }
>;

export interface LeaderOptions {
  readonly group: UniqueId;
  readonly replica: Pick<Replica, 'status' | 'readIndex' | 'proposeMembers'>;
  readonly roll: Roll;
  /** False: there is no bond to this member. */
  readonly send: (to: string, frame: GroupFrame) => boolean;
}

export interface Leader {
  /** Null: whoever led cannot say any more, ask again. Errors: `GROUP_OFFLINE`. */
  readIndex(): Promise<number | null>;
  /** Answers where the signed command stands in the log. Errors: `MEMBERS_*`, `NOT_LEADER`, `GROUP_OFFLINE`. */
  changeMembers(command: Uint8Array): Promise<Position>;
  receive(from: string, frame: LeaderFrame): void;
  /** Nothing is asked any more: whoever does is told why. */
  end(why: Error): void;
}

/** An answer takes no longer than this, milliseconds (coalition.md 3.4: query timeout). */
const ANSWER_TIMEOUT = 2000;

export function createLeader({ group, replica, roll, send }: LeaderOptions): Leader {
  const check = createSignatureChecker();
  const asks = new Map<number, { resolve: (frame: GroupFrame) => void; reject: (error: Error) => void }>();
  let nextAsk = 1;
  let ended: Error | null = null;

  const ask = (frame: (id: number) => GroupFrame): Promise<GroupFrame> =>
    new Promise((resolve, reject) => {
      const { leader } = replica.status();
      const id = nextAsk++;
      if (leader === null || !send(leader, frame(id))) return reject(offline());
      const timer = setTimeout(() => asks.get(id)?.reject(offline()), ANSWER_TIMEOUT);
      const ending = <T>(end: (value: T) => void) => {
        return (value: T): void => {
          clearTimeout(timer);
          asks.delete(id);
          end(value);
        };
      };
      asks.set(id, { resolve: ending(resolve), reject: ending(reject) });
    });

  const changeHere = (data: Uint8Array): Position => {
    const command = decodeMembersCommand(data);
    checkMembersCommand(command, { group, ...roll.newest() }, check);
    return replica.proposeMembers(idsOf(command.members), data);
  };

  const answerMembers = (from: string, id: number, command: Uint8Array): void => {
    try {
      const { term, index } = changeHere(command);
      send(from, { kind: 'answer', id, code: '', message: `${term}/${index}` });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      send(from, { kind: 'answer', id, code: error.code, message: error.message });
    }
  };

  return {
    async readIndex() {
      if (ended !== null) throw ended;
      if (replica.status().role === 'leader') {
        try {
          return await replica.readIndex();
        } catch (error) {
          if (error instanceof Refusal && error.code === 'NOT_LEADER') return null;
          throw error;
        }
      }
      const answer = await ask((id) => ({ kind: 'read', id }));
      return answer.kind === 'read-answer' ? answer.index : null;
    },
    async changeMembers(command) {
      if (ended !== null) throw ended;
      if (replica.status().role === 'leader') return changeHere(command);
      const answer = await ask((id) => ({ kind: 'forward-members', id, command }));
      if (answer.kind !== 'answer') throw offline();
      if (answer.code !== '') throw new Refusal(answer.code, answer.message);
      const [term, index] = answer.message.split('/').map(Number);
      return { term: term ?? 0, index: index ?? 0 };
    },
    receive(from, frame) {
      switch (frame.kind) {
        case 'read':
          replica.readIndex().then(
            (index) => send(from, { kind: 'read-answer', id: frame.id, index }),
            () => send(from, { kind: 'read-answer', id: frame.id, index: null }),
          );
          return;
        case 'forward-members':
          answerMembers(from, frame.id, frame.command);
          return;
        case 'answer':
        case 'read-answer':
          asks.get(frame.id)?.resolve(frame);
      }
    },
    end(why) {
      ended ??= why;
      for (const { reject } of asks.values()) reject(why);
    },
  };
}

const offline = (): Refusal => new Refusal('GROUP_OFFLINE', 'No leader of this Group can be reached now.');
