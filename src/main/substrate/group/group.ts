/**
 * A Group: members that agree on one order of commands (coalition.md 3.4, with the quorum of core.md 2.3). Here the
 * parts meet: the replica orders, bonds carry, the session submits, the machine applies, checkpoints are cosigned.
 */
import { randomInt } from 'node:crypto';
import { Refusal, sameBytes, toHex } from '../../../protocol/bytes/index.ts';
import type { UniqueId } from '../../../protocol/bytes/index.ts';
import {
  checkMembersCommand,
  createSessions,
  decodeMembersCommand,
  encodeMembersCommand,
  HEARTBEAT,
  idsOf,
  leafOf,
  membersMessage,
  tagOf,
} from '../../../protocol/group/index.ts';
import type { Member, Membership } from '../../../protocol/group/index.ts';
import { TIMING } from '../../../protocol/raft/index.ts';
import type { Entry, Position, Timing } from '../../../protocol/raft/index.ts';
import { createSignatureChecker } from '../../hashes.ts';
import { decodeSnapshot } from '../../store/index.ts';
import type { CommitWrite, GroupLog } from '../../store/index.ts';
import type { Bond } from './bond.ts';
import { createCheckpoints } from './checkpoints.ts';
import type { Checkpoints, MemberSigner } from './checkpoints.ts';
import type { GroupFrame } from './frames.ts';
import type { Command, StateMachine } from './machine.ts';
import { openReplica } from './replica.ts';
import type { Replica } from './replica.ts';
import { checkEntries, createRoll } from './roll.ts';
import { groupOrigin, rosterOf } from './roster.ts';
import type { Roster } from './roster.ts';
import { createSession } from './session.ts';
import type { Submitted } from './session.ts';
import { createSnapshots } from './snapshots.ts';
import type { Group, GroupConfig, GroupEvent, GroupStatus } from './types.ts';
import { createWatch } from './watch.ts';

export interface GroupPorts {
  readonly id: UniqueId;
  readonly self: string;
  readonly log: GroupLog;
  readonly signer: MemberSigner;
  /** The bond to a member, when there is one. */
  readonly bond: (peer: string) => Bond | null;
  /** Members have changed: others are to be bonded with. */
  readonly membersChanged: () => void;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly note: (sentence: string) => void;
}

/** What the host of Groups calls; faces see `Group`. */
export interface RunningGroup<Answer = void> extends Group<Answer> {
  /** Ids of everybody this member should be bonded with. */
  peers(): readonly string[];
  receive(from: string, frame: GroupFrame): void | Promise<void>;
  bonded(peer: string): void;
  unbonded(peer: string): void;
}

/** Times the election timeout, for a reluctant member. */
const RELUCTANCE = 3;
/** Nothing heard of one's own commands for this long: they are sent again. */
const FORWARD_AGAIN = 2000;
const READ_TIMEOUT = 2000;
/** Bytes of commands that are replayed at once. */
const REPLAY = 1024 * 1024;

export async function openGroup<Answer>(
  config: GroupConfig<Answer>,
  ports: GroupPorts,
): Promise<RunningGroup<Answer>> {
  const { id, self, log, signer, note } = ports;
  const { machine } = config;
  const check = createSignatureChecker();
  const timing: Timing = {
    ...TIMING,
    heartbeat: (config.heartbeat ?? HEARTBEAT).interval,
    ...config.timing,
  };
  const watch = createWatch();
  const listeners = new Set<(event: GroupEvent<Answer>) => void>();
  const tell = (event: GroupEvent<Answer>): void => {
    for (const listener of listeners) listener(event);
  };

  const roll = createRoll(config.genesis, log);
  const sessions = createSessions(log.opened.sessions);
  let leaves = log.opened.head.size;
  let applied = 0;
  /** The last entry that was told committed since the start. */
  let committedAt: Position | null = null;
  let stopped: string | null = null;
  let closing = false;
  let equivocations = 0;
  /** The commit that a leader named when it was first heard: from there on this member is caught up. */
  let target: { leader: string; commit: number } | null = null;
  let mutedKey = await muteRestored(log, signer.cosigner);

  const fail = (error: unknown): void => {
    if (stopped !== null) return;
    stopped = error instanceof Error ? error.message : String(error);
    note(`A Group stopped on this node: ${stopped}`);
    watch.changed();
  };

  // ---- applying ----
  let queue: { commands: Command[]; own: (number | null)[] }[] = [];
  let applying: Promise<void> = Promise.resolve();
  let running = false;
  const apply = async (): Promise<void> => {
    running = true;
    try {
      while (queue.length > 0 && stopped === null) {
        const batch = queue.length === 1 ? queue[0] : merge(queue);
        queue = [];
        if (batch === undefined) break;
        const answers = await machine.apply(batch.commands);
        for (const [i, counter] of batch.own.entries()) {
          const command = batch.commands[i];
          if (counter === null || command === undefined) continue;
          session.done(counter, { index: command.index, answer: answers[i] as Answer });
        }
        applied += batch.commands.length;
        tell({ kind: 'applied', commands: batch.commands, answers });
        watch.changed();
        snapshots.applied();
      }
    } catch (error) {
      fail(error);
    } finally {
      running = false;
    }
  };
  const enqueue = (commands: Command[], own: (number | null)[]): void => {
    queue.push({ commands, own });
    if (!running) applying = apply();
  };

  const committed = (entries: readonly Entry[]): CommitWrite | null => {
    const last = entries.at(-1);
    if (last === undefined) return null;
    const commands: Command[] = [];
    const own: (number | null)[] = [];
    const gaps: number[] = [];
    let membersMoved = false;
    for (const entry of entries) {
      const tag = entry.kind === 'command' ? tagOf(entry.data) : null;
      if (entry.kind === 'command' && tag !== null && sessions.take(tag)) {
        const position = { term: entry.term, index: entry.index };
        commands.push({ leaf: leafOf(entry.data), index: leaves, position });
        own.push(tag.session === session.id ? tag.counter : null);
        leaves += 1;
      } else {
        gaps.push(entry.index);
        if (entry.kind === 'members') membersMoved = true;
        // one's own command that came before its predecessor: all that are open go again, in order
        if (tag?.session === session.id && tag.counter > sessions.last(session.id)) again();
      }
    }
    if (membersMoved) {
      roll.commit(last.index);
      unmute().catch(fail);
      ports.membersChanged();
      queueMicrotask(() => checkpoints.review());
    }
    if (commands.length > 0) enqueue(commands, own);
    committedAt = { term: last.term, index: last.index };
    queueMicrotask(watch.changed);
    return { upTo: last.index, gaps, sessions: sessions.save() };
  };

  const unmute = async (): Promise<void> => {
    const here = roll.committed().members;
    const own = [...here.voters, ...here.learners].find(({ node }) => toHex(node) === self);
    if (mutedKey === null || own === undefined) return;
    if (sameBytes(own.cosigner, mutedKey) || !sameBytes(own.cosigner, signer.cosigner)) return;
    mutedKey = null;
    await log.mute(null);
    watch.changed();
  };

  let resending = false;
  const again = (): void => {
    if (resending) return;
    resending = true;
    setImmediate(() => {
      resending = false;
      session.resend();
    });
  };

  // ---- parts ----
  const send = (to: string, frame: GroupFrame): void => {
    ports.bond(to)?.send(frame);
  };
  const session = createSession<Answer>((commands) => {
    const { role, leader } = replica.status();
    if (role === 'leader') {
      replica.propose(commands);
      return true;
    }
    const bond = leader === null ? null : ports.bond(leader);
    if (bond === null) return false;
    bond.send({ kind: 'forward', commands });
    return true;
  });
  let roster: Roster = rosterOf(groupOrigin(id), roll.committed().members);
  const currentRoster = (): Roster => {
    const { members } = roll.committed();
    if (roster.members !== members) roster = rosterOf(groupOrigin(id), members);
    return roster;
  };
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
    roster: currentRoster,
    leads: () => stopped === null && !closing && replica.status().role === 'leader' && replica.status().ready,
    mayCosign: () => {
      const key = currentRoster().cosignerKey(self);
      return stopped === null && mutedKey === null && key !== null && sameBytes(key.key, signer.cosigner);
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

  let lead: { role: string; leader: string | null; term: number } = { role: '', leader: null, term: -1 };
  const changed = (): void => {
    const { role, leader, term } = replica.status();
    if (role !== lead.role || leader !== lead.leader || term !== lead.term) {
      lead = { role, leader, term };
      if (target !== null && target.leader !== leader) target = null;
      checkpoints.review();
      session.hold();
      if (leader !== null) queueMicrotask(() => session.resend());
    }
    watch.changed();
  };

  // the machine first has what it had, then what the log says beyond
  if (log.opened.snapshot !== null && machine.restore !== undefined && machine.applied === 0) {
    const { state, frontier } = decodeSnapshot(log.opened.snapshot);
    machine.restore(state);
    applied = frontier.size;
  } else applied = machine.applied;
  if (applied > leaves)
    throw new Refusal('STORE_BEHIND', `The state has seen ${applied} commands; the log has ${leaves}.`);
  await replay(log, machine, applied, leaves);
  applied = leaves;

  const replica: Replica = await openReplica({
    self,
    log,
    membersBefore: (index) => idsOf(roll.before(index).members),
    timing,
    seed: randomInt(1, 2 ** 31),
    reluctance: config.preference === 'reluctant' ? RELUCTANCE : 1,
    observer: config.preference === 'observer',
    mute: () => mutedKey !== null,
    send: (to, message) => send(to, { kind: 'raft', message }),
    committed: (entries) => committed(entries),
    appended: (entries, truncatedFrom) => {
      if (truncatedFrom !== null) roll.truncate(truncatedFrom);
      for (const entry of entries) if (entry.kind === 'members') roll.append(entry);
      if (entries.some(({ kind }) => kind === 'members')) ports.membersChanged();
    },
    grown: (head) => checkpoints.grown(head),
    fetch: (from, last) => snapshots.offered(from, last),
    changed,
    failed: fail,
  });
  const snapshots = createSnapshots({
    log,
    machine,
    after: config.compactAfter ?? 0,
    applied: () => applied,
    send,
    settledAt: () => (applied === leaves && committedAt !== null ? committedAt : null),
    status: () => replica.status(),
    compacted: (upTo) => replica.compacted(upTo),
    restore: (work) =>
      replica.restore(async (commit) => {
        await applying;
        return work(commit);
      }),
    restored: (snapshot) => {
      queue = [];
      leaves = snapshot.frontier.size;
      applied = leaves;
      committedAt = null;
      sessions.load(snapshot.sessions);
      session.passed(sessions.last(session.id));
      roll.restore(snapshot.last.index, snapshot.members);
      ports.membersChanged();
      queueMicrotask(watch.changed);
      return idsOf(roll.before(snapshot.last.index + 1).members);
    },
    grown: (head) => checkpoints.grown(head),
    note,
  });

  let openBefore = 0;
  const retry = setInterval(() => {
    // what was sent into a link that died, or refused while the lead moved, goes once more
    const open = session.open();
    if (open > 0 && open >= openBefore) session.resend();
    openBefore = open;
  }, FORWARD_AGAIN);
  retry.unref();

  const online = (): boolean => {
    const { role, leader, commit, ready } = replica.status();
    if (stopped !== null || closing) return false;
    if (role === 'leader') return ready;
    return leader !== null && target !== null && target.leader === leader && commit >= target.commit;
  };
  const status = (): GroupStatus => ({
    ...replica.status(),
    id,
    leaves,
    applied,
    online: online(),
    open: session.open(),
    checkpoint: checkpoints.newest(),
    muted: mutedKey !== null,
    equivocations,
    stopped,
  });

  // ---- asking the leader ----
  let nextAsk = 1;
  const asks = new Map<number, { resolve: (frame: GroupFrame) => void; reject: (error: Error) => void }>();
  const ask = (frame: (id: number) => GroupFrame, to: string): Promise<GroupFrame> =>
    new Promise((resolve, reject) => {
      const bond = ports.bond(to);
      if (bond === null) return reject(offline());
      const number = nextAsk++;
      const timer = setTimeout(() => {
        asks.delete(number);
        reject(offline());
      }, READ_TIMEOUT);
      const done = <T>(end: (value: T) => void) => {
        return (value: T): void => {
          clearTimeout(timer);
          asks.delete(number);
          end(value);
        };
      };
      asks.set(number, { resolve: done(resolve), reject: done(reject) });
      bond.send(frame(number));
    });
  const offline = (): Refusal => new Refusal('GROUP_OFFLINE', 'No leader of this Group can be reached now.');

  const readIndex = async (): Promise<number | null> => {
    const { role, leader } = replica.status();
    if (role === 'leader') return replica.readIndex();
    if (leader === null) throw offline();
    const answer = await ask((number) => ({ kind: 'read', id: number }), leader);
    return answer.kind === 'read-answer' ? answer.index : null;
  };

  const changeHere = (data: Uint8Array): Position => {
    const command = decodeMembersCommand(data);
    checkMembersCommand(command, { group: id, ...roll.newest() }, check);
    return replica.proposeMembers(idsOf(command.members), data);
  };

  const execute = async (leaf: Uint8Array, signal?: AbortSignal): Promise<Submitted<Answer>> => {
    machine.accepts?.(leaf);
    return session.submit(leaf, signal);
  };

  return {
    id,
    origin: currentRoster().origin,
    policy: () => currentRoster().policyText,
    status,
    membership: () => roll.committed(),
    peers() {
      const lists = [roll.newest().members, roll.committed().members];
      const ids = (of: (members: Membership) => readonly Member[]): string[] =>
        lists.flatMap((members) => of(members).map(({ node }) => toHex(node)));
      const voters = ids((members) => members.voters);
      // learners need the voters only: twenty of them would else keep two hundred bonds among themselves
      const wanted = voters.includes(self) ? [...voters, ...ids((members) => members.learners)] : voters;
      return [...new Set(wanted)].filter((peer) => peer !== self);
    },
    execute,
    executeMany: (many, signal) => Promise.all(many.map((leaf) => execute(leaf, signal))),
    async barrier(signal) {
      for (;;) {
        signal?.throwIfAborted();
        const index = await readIndex().catch((error: unknown) => {
          if (error instanceof Refusal && error.code === 'NOT_LEADER') return null;
          throw error;
        });
        if (index !== null) {
          await watch.until(() => replica.status().commit >= index, signal);
          await watch.until(() => applied >= leaves && queue.length === 0, signal);
          return { applied };
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    async changeMembers(members, operator) {
      const { index } = roll.newest();
      const message = membersMessage(id, index, members);
      const data = encodeMembersCommand({
        group: id,
        replaces: index,
        members,
        operator: operator.key,
        sig: operator.sign(message),
      });
      const { role, leader } = replica.status();
      let position: Position;
      if (role === 'leader') position = changeHere(data);
      else {
        if (leader === null) throw offline();
        const answer = await ask(
          (number) => ({ kind: 'forward-members', id: number, command: data }),
          leader,
        );
        if (answer.kind !== 'answer') throw offline();
        if (answer.code !== '') throw new Refusal(answer.code, answer.message);
        const [term, at] = answer.message.split('/').map(Number);
        position = { term: term ?? 0, index: at ?? 0 };
      }
      await watch.until(() => roll.committed().index >= position.index);
      const now = roll.committed();
      if (now.index === position.index) return position;
      throw new Refusal('MEMBERS_STALE', 'Another change of members came first.');
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
      applied: (count, signal) => watch.until(() => applied >= count, signal),
      async checkpoint(size, signal) {
        await watch.until(() => (checkpoints.newest()?.size ?? 0) >= size, signal);
        const row = checkpoints.newest();
        if (row === null) throw new Error('a checkpoint was reached and is not there');
        return row;
      },
      holds: (condition, signal) => watch.until(() => condition(status()), signal),
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    changes: (listener) => watch.subscribe(listener),
    proofs: log,
    witness: (given) => checkpoints.witness(given),
    receive(from, frame) {
      if (stopped !== null || closing) return undefined;
      switch (frame.kind) {
        case 'raft': {
          const { message } = frame;
          if (message.kind === 'append') {
            checkEntries(message.entries, roll, id, check);
            const heard = target?.leader === from;
            if (!heard && message.term >= replica.status().term)
              target = { leader: from, commit: message.commit };
            if (!heard) queueMicrotask(watch.changed);
          }
          replica.receive(from, message);
          return undefined;
        }
        case 'forward':
          // whoever does not lead any more drops it: the sender hears of the new leader and sends again
          if (replica.status().role === 'leader') replica.propose(frame.commands.filter(isWanted));
          return undefined;
        case 'forward-members':
          return answerMembers(from, frame.id, frame.command);
        case 'read':
          replica.readIndex().then(
            (index) => send(from, { kind: 'read-answer', id: frame.id, index }),
            () => send(from, { kind: 'read-answer', id: frame.id, index: null }),
          );
          return undefined;
        case 'answer':
        case 'read-answer':
          asks.get(frame.id)?.resolve(frame);
          return undefined;
        case 'checkpoint-request':
        case 'cosignature':
        case 'checkpoint':
          checkpoints.receive(from, frame);
          return undefined;
        case 'snapshot-request':
          return snapshots.requested(from, frame.from);
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
      if (target?.leader === peer) target = null;
      watch.changed();
    },
    async close() {
      if (closing) return;
      closing = true;
      clearInterval(retry);
      session.close();
      await replica.close();
      await applying;
      await checkpoints.close();
      const gone = new Refusal('GROUP_CLOSED', 'The Group is closed on this node.');
      for (const { reject } of asks.values()) reject(gone);
      watch.end(gone);
    },
  };

  /** A command of another member that may stand in the log; what may not is dropped, its sender has looked too. */
  function isWanted(data: Uint8Array): boolean {
    if (tagOf(data) === null) return false;
    try {
      machine.accepts?.(leafOf(data));
      return true;
    } catch {
      return false;
    }
  }

  function answerMembers(from: string, number: number, command: Uint8Array): void {
    try {
      const { term, index } = changeHere(command);
      send(from, { kind: 'answer', id: number, code: '', message: `${term}/${index}` });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      send(from, { kind: 'answer', id: number, code: error.code, message: error.message });
    }
  }
}

function merge(batches: readonly { commands: Command[]; own: (number | null)[] }[]): {
  commands: Command[];
  own: (number | null)[];
} {
  return {
    commands: batches.flatMap(({ commands }) => commands),
    own: batches.flatMap(({ own }) => own),
  };
}

/** Feeds the machine what the log has and its state has not seen. */
async function replay<Answer>(
  log: GroupLog,
  machine: StateMachine<Answer>,
  from: number,
  to: number,
): Promise<void> {
  for (let next = from; next < to;) {
    const commands = await log.leaves(next, REPLAY);
    if (commands.length === 0)
      throw new Refusal('STORE_DAMAGED', `Leaf ${next} of a Group is not in the log, nor in a snapshot.`);
    await machine.apply(commands);
    next += commands.length;
  }
}

/** A log out of a backup is followed, but not voted or signed for (house.md 4), until the member has a new key. */
async function muteRestored(log: GroupLog, cosigner: Uint8Array): Promise<Uint8Array | null> {
  const { restored, muted } = log.opened;
  if (!restored) return muted;
  await log.mute(cosigner);
  return cosigner;
}
