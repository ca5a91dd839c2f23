/**
 * A Group: members that agree on one order of commands (coalition.md 3.4, with the quorum of core.md 2.3). Here the
 * parts are opened and wired to each other: the replica orders, the session submits, the fold applies, bonds carry,
 * checkpoints are cosigned, snapshots travel. What a user sees of it is face.ts.
 */
import { randomInt } from 'node:crypto';
import { Refusal, sameBytes } from '../../../protocol/bytes/index.ts';
import { HEARTBEAT, idsOf } from '../../../protocol/group/index.ts';
import { TIMING } from '../../../protocol/raft/index.ts';
import { createSignatureChecker } from '../../hashes.ts';
import { createCheckpoints } from './checkpoints.ts';
import type { Checkpoints } from './checkpoints.ts';
import { groupFace } from './face.ts';
import { openFold } from './fold.ts';
import { createForwards } from './forwards.ts';
import type { GroupFrame } from './frames.ts';
import { createLeader } from './leader.ts';
import { createListeners } from './listeners.ts';
import { openReplica } from './replica.ts';
import type { Replica } from './replica.ts';
import { checkEntries, createRoll, isListedLater } from './roll.ts';
import { currentRoster, groupOrigin } from './roster.ts';
import { createSession } from './session.ts';
import { openSilence } from './silence.ts';
import { createSnapshots } from './snapshots.ts';
import type { Snapshots } from './snapshots.ts';
import { createStanding } from './standing.ts';
import { createTurns } from './turns.ts';
import type { GroupPorts, RunningGroup } from './running.ts';
import type { GroupConfig, GroupEvent, GroupStatus } from './types.ts';
import { createWatch } from './watch.ts';

/** Times the election timeout, for a reluctant member. */
const RELUCTANCE = 3;

/** Errors: `MEMBERS_*` of the genesis, `STORE_DAMAGED`. */
export async function openGroup<Answer>(
  config: GroupConfig<Answer>,
  ports: GroupPorts,
): Promise<RunningGroup<Answer>> {
  const { id, self, log, signer, note } = ports;
  const { machine } = config;
  const check = createSignatureChecker();
  const watch = createWatch(note);
  const events = createListeners<GroupEvent<Answer>>(note);
  const { tell } = events;
  let stopped: string | null = null;
  let closing = false;
  let equivocations = 0;
  const ended = (): boolean => stopped !== null || closing;

  const fail = (error: unknown): void => {
    if (stopped !== null) return;
    const why = error instanceof Error ? error : new Error(String(error));
    stopped = why.message;
    note(`A Group stopped on this node${why instanceof Refusal ? ` (${why.code})` : ''}: ${stopped}`);
    watch.changed();
    // nothing will come of what was asked here, and nobody is to count on this member
    release(why);
    void replica.close();
  };
  const release = (why: Error): void => {
    session.close(why);
    leader.end(why);
    watch.end(why);
  };
  /** What a member must not say ends its bond. */
  const noted = (from: string, work: () => void): void => {
    try {
      work();
    } catch (error) {
      if (error instanceof Refusal)
        note(`${from.slice(0, 12)}… is not heard any more (${error.code}): ${error.message}`);
      throw error;
    }
  };
  const send = (to: string, frame: GroupFrame): boolean => ports.bond(to)?.send(frame) ?? false;

  const roll = createRoll(config.genesis, log);
  const roster = currentRoster(groupOrigin(id), () => roll.committed().members);
  const silence = await openSilence(log, self, signer.cosigner);

  const session = createSession<Answer>(self, (commands) => {
    const { role, leader } = replica.status();
    if (role === 'leader') {
      replica.propose(commands);
      return true;
    }
    const bond = leader === null ? null : ports.bond(leader);
    if (bond === null) return false;
    return bond.send({ kind: 'forward', commands }) || bond.drained();
  });
  const forwards = createForwards(machine);
  const fold = await openFold<Answer>({
    log,
    machine,
    session,
    stopped: () => stopped !== null,
    applied: (commands, answers) => {
      if (commands.length > 0) tell({ kind: 'applied', commands, answers });
      watch.changed();
      snapshots.applied();
    },
    members: (upTo) => {
      roll.commit(upTo);
      silence.review(roll.committed().members).then(watch.changed, fail);
      ports.membersChanged();
      queueMicrotask(() => checkpoints.review());
    },
    failed: fail,
  });

  const checkpoints: Checkpoints = createCheckpoints({
    self,
    log: {
      head: log.opened.head,
      newest: log.opened.checkpoint,
      rootAt: (size) => log.rootAt(size),
      checkpoints: (before, limit) => log.checkpoints(before, limit),
      keep: (checkpoint) => log.write({ checkpoint }),
      sign: (head) => log.sign(head),
    },
    signer,
    roster,
    leads: () => !ended() && replica.status().role === 'leader' && replica.status().ready,
    mayCosign: () => {
      const key = roster().cosignerKey(self);
      return stopped === null && !silence.muted() && key !== null && sameBytes(key.key, signer.cosigner);
    },
    send,
    now: ports.now,
    reached: (checkpoint) => {
      tell({ kind: 'checkpoint', checkpoint });
      watch.changed();
    },
    alarm: (proof, found) => {
      equivocations += 1;
      note(`Equivocation: two signed heads of ${found.size} leaves in ${found.origin}.`);
      tell({ kind: 'equivocation', proof, found });
      watch.changed();
    },
    note,
  });

  const replica: Replica = await openReplica({
    self,
    log,
    membersBefore: (index) => idsOf(roll.before(index).members),
    turns: createTurns(fold.last),
    timing: { ...TIMING, heartbeat: (config.heartbeat ?? HEARTBEAT).interval, ...config.timing },
    seed: randomInt(1, 2 ** 31),
    reluctance: config.preference === 'reluctant' ? RELUCTANCE : 1,
    observer: config.preference === 'observer',
    mute: silence.muted,
    post: (to, frame) => void ports.bond(to)?.post(frame),
    committed: (entries) => {
      const write = fold.committed(entries);
      queueMicrotask(watch.changed);
      return write;
    },
    check: (entries) => checkEntries(entries, roll, id, check),
    appended: (entries, truncatedFrom) => {
      if (truncatedFrom !== null) roll.truncate(truncatedFrom);
      for (const entry of entries) if (entry.kind === 'members') roll.append(entry);
      if (entries.some(({ kind }) => kind === 'members')) ports.membersChanged();
      session.appended(entries);
    },
    grown: (head) => checkpoints.grown(head),
    fetch: (from, last) => snapshots.offered(from, last),
    changed: () => {
      if (standing.moved()) {
        checkpoints.review();
        session.hold();
        if (replica.status().leader !== null) queueMicrotask(() => session.resend());
      }
      watch.changed();
    },
    failed: fail,
  });
  const standing = createStanding(replica.status, fold.appliedTo);
  const leader = createLeader({ group: id, replica, roll, send });
  const snapshots: Snapshots = createSnapshots({
    log,
    machine,
    after: config.compactAfter ?? 0,
    applied: fold.applied,
    send,
    settledAt: fold.settledAt,
    status: replica.status,
    compacted: (upTo) => {
      replica.compacted(upTo);
      watch.changed();
    },
    restore: (work) =>
      replica.restore(async (commit) => {
        await fold.idle();
        return work(commit);
      }),
    restored: (snapshot) => {
      fold.restored(snapshot);
      roll.restore(snapshot.last.index, snapshot.members);
      ports.membersChanged();
      queueMicrotask(watch.changed);
      return idsOf(roll.before(snapshot.last.index + 1).members);
    },
    grown: (head) => checkpoints.grown(head),
    failed: fail,
    note,
  });

  const online = (): boolean => !ended() && standing.online();
  const status = (): GroupStatus => ({
    ...replica.status(),
    id,
    leaves: fold.leaves(),
    applied: fold.applied(),
    online: online(),
    open: session.open(),
    checkpoint: checkpoints.newest(),
    muted: silence.muted(),
    equivocations,
    stopped,
  });

  return {
    ...groupFace<Answer>({
      id,
      log,
      machine,
      session,
      leader,
      replica,
      fold,
      roll,
      roster,
      checkpoints,
      watch,
      events,
      online,
      status,
    }),
    peers: () => roll.peers(self),
    hasLeft: roll.hasLeft,
    listing: () => roll.newest().command,
    isMember: (peer, listing) =>
      roll.peers(self).includes(peer) || isListedLater(peer, listing, roll, id, check),
    receive(from, frame) {
      if (ended()) return undefined;
      switch (frame.kind) {
        case 'raft': {
          const { message } = frame;
          if (message.kind === 'append' && standing.heard(from, message.term, message.commit))
            queueMicrotask(watch.changed);
          noted(from, () => replica.receive(from, message));
          return undefined;
        }
        case 'forward':
          // whoever does not lead any more drops it: the sender hears of the new leader and sends again
          if (replica.status().role === 'leader' && !roll.hasLeft(from))
            noted(from, () => replica.propose(forwards.wanted(from, frame.commands)));
          return undefined;
        case 'read':
        case 'read-answer':
        case 'forward-members':
        case 'answer':
          leader.receive(from, frame);
          return undefined;
        case 'checkpoint-request':
        case 'cosignature':
        case 'checkpoint':
          checkpoints.receive(from, frame);
          return undefined;
        case 'snapshot-request':
          return snapshots.requested(from, frame);
        case 'snapshot-part':
          return snapshots.received(from, frame);
        case 'departure':
          replica.disconnected(from);
          return undefined;
        default:
          return undefined;
      }
    },
    bonded(peer) {
      checkpoints.bonded(peer);
      if (replica.status().leader === peer) session.resend();
      watch.changed();
    },
    unbonded(peer) {
      replica.disconnected(peer);
      standing.unbonded(peer);
      forwards.unbonded(peer);
      watch.changed();
    },
    async close() {
      if (closing) return;
      closing = true;
      const gone = new Refusal('GROUP_CLOSED', 'The Group is closed on this node.');
      session.close(gone);
      snapshots.close();
      await replica.close();
      await fold.idle();
      await checkpoints.close();
      release(gone);
    },
  };
}
