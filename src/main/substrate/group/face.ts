/** What a user of a Group calls (types.ts): commands go to the session, questions to the leader, conditions to the watch. */
import { Refusal, sameBytes } from '../../../protocol/bytes/index.ts';
import type { UniqueId } from '../../../protocol/bytes/index.ts';
import { encodeMembersCommand, membersMessage } from '../../../protocol/group/index.ts';
import type { GroupLog } from '../../store/index.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { Fold } from './fold.ts';
import type { Leader } from './leader.ts';
import type { Listeners } from './listeners.ts';
import type { StateMachine } from './machine.ts';
import type { Replica } from './replica.ts';
import type { Roll } from './roll.ts';
import type { Roster } from './roster.ts';
import type { Session, Submitted } from './session.ts';
import type { Group, GroupEvent, GroupStatus } from './types.ts';
import type { Watch } from './watch.ts';

export interface FaceParts<Answer> {
  readonly id: UniqueId;
  readonly log: GroupLog;
  readonly machine: StateMachine<Answer>;
  readonly session: Session<Answer>;
  readonly leader: Leader;
  readonly replica: Replica;
  readonly fold: Fold;
  readonly roll: Roll;
  readonly roster: () => Roster;
  readonly checkpoints: Checkpoints;
  readonly watch: Watch;
  readonly events: Listeners<GroupEvent<Answer>>;
  readonly online: () => boolean;
  readonly status: () => GroupStatus;
}

/** Whoever led could not say up to where to read: asked again after this, milliseconds. */
const READ_AGAIN = 20;

export function groupFace<Answer>(parts: FaceParts<Answer>): Omit<Group<Answer>, 'close'> {
  const { id, log, machine, session, leader, replica, fold, roll, checkpoints, watch, events } = parts;
  const { online, status } = parts;

  const execute = async (leaf: Uint8Array, signal?: AbortSignal): Promise<Submitted<Answer>> => {
    machine.accepts?.(leaf);
    return session.submit(leaf, signal);
  };

  return {
    id,
    origin: parts.roster().origin,
    policy: () => parts.roster().policyText,
    status,
    membership: () => roll.committed(),
    execute,
    executeMany: (many, signal) => Promise.all(many.map((leaf) => execute(leaf, signal))),
    async feed(leaf, signal) {
      machine.accepts?.(leaf);
      return session.feed(leaf, signal);
    },
    async barrier(signal) {
      for (;;) {
        if (signal?.aborted === true) throw new Refusal('CANCELLED', 'The wait was called off.');
        const index = await leader.readIndex();
        if (index !== null) {
          await watch.until(() => fold.appliedTo() >= index, signal);
          return { applied: fold.applied() };
        }
        await new Promise((resolve) => setTimeout(resolve, READ_AGAIN));
      }
    },
    async changeMembers(members, operator) {
      const { index: replaces } = roll.newest();
      const sig = operator.sign(membersMessage(id, replaces, members));
      const command = encodeMembersCommand({ group: id, replaces, members, operator: operator.key, sig });
      const position = await leader.changeMembers(command);
      await watch.until(() => replica.status().commit >= position.index);
      // a later change may be committed already; what stands at the position decides
      const listed = roll.before(position.index + 1);
      if (sameBytes(listed.command, command)) return position;
      if (roll.committed().index >= position.index)
        throw new Refusal('MEMBERS_STALE', 'Another change of members came first.');
      throw new Refusal('NOT_LEADER', 'Whoever took the change of members lost it together with the lead.');
    },
    transfer(to) {
      if (replica.status().role !== 'leader') throw new Refusal('NOT_LEADER', 'This member does not lead.');
      replica.transfer(to);
    },
    when: {
      online: (signal) => watch.until(online, signal),
      offline: (signal) => watch.until(() => !online(), signal),
      leading: (signal) => watch.until(() => replica.status().role === 'leader' && online(), signal),
      async leader(signal) {
        await watch.until(() => replica.status().leader !== null, signal);
        return replica.status().leader ?? '';
      },
      applied: (count, signal) => watch.until(() => fold.applied() >= count, signal),
      async checkpoint(size, signal) {
        await watch.until(() => (checkpoints.newest()?.size ?? 0) >= size, signal);
        const row = checkpoints.newest();
        if (row === null) throw new Error('a checkpoint was reached and is not there');
        return row;
      },
      holds: (condition, signal) => watch.until(() => condition(status()), signal),
    },
    subscribe: events.add,
    changes: (listener) => watch.subscribe(listener),
    proofs: log,
    resume: () => checkpoints.review(),
    witness: (note) => checkpoints.witness(note),
  };
}
