/**
 * A group in one process for scenario tests: every member with its disk, a network that delivers in order and at
 * once unless it is cut, and a clock that moves when told. What a test wants to see late (a slow disk, one message)
 * it can hold back.
 */
import {
  createRaft,
  entriesInMemory,
  LIMITS,
  status,
  step,
  TIMING,
} from '../../../src/protocol/raft/index.ts';
import type {
  Effects,
  Entry,
  Envelope,
  Input,
  Limits,
  MemberId,
  Members,
  Message,
  Position,
  RaftState,
} from '../../../src/protocol/raft/index.ts';

export const text = (entry: Entry): string =>
  entry.kind === 'command' ? new TextDecoder().decode(entry.data) : entry.kind;
export const bytes = (words: string): Uint8Array => new TextEncoder().encode(words);

export interface Disk {
  hard: { term: number; vote: MemberId | null };
  snapshot: Position;
  /** Entries after the snapshot. */
  entries: Entry[];
  /** The membership at the snapshot. */
  members: Members;
}

interface Member {
  readonly id: MemberId;
  readonly disk: Disk;
  state: RaftState;
  up: boolean;
  /** While true, nothing that it persists becomes durable. */
  slow: boolean;
  pending: Effects[];
  reads: { id: number; index: number }[];
  readsLost: number[];
  refused: string[];
  fetch: Effects['fetch'];
}

export interface Options {
  readonly limits?: Limits;
  readonly reluctant?: readonly MemberId[];
  readonly observers?: readonly MemberId[];
}

export const NOBODY: Members = { voters: [], learners: [] };
export const voters = (...ids: MemberId[]): Members => ({ voters: ids, learners: [] });

export class Group {
  readonly members = new Map<MemberId, Member>();
  readonly options: Options;
  now = 0;
  /** Directed links that lose everything: "from>to". */
  readonly cuts = new Set<string>();
  /** Every message that was sent, delivered or not. */
  readonly sent: { from: MemberId; to: MemberId; message: Message }[] = [];
  #wire: { from: MemberId; to: MemberId; message: Message }[] = [];
  /** Sees each message before it is delivered; false: it is lost. */
  passes: (from: MemberId, to: MemberId, message: Message) => boolean = () => true;

  constructor(members: Members, options: Options = {}) {
    this.options = options;
    for (const id of [...members.voters, ...members.learners]) this.add(id, members);
  }

  /** A node with an empty disk; `members` empty: it does not know that it is a member. */
  add(id: MemberId, members: Members = NOBODY): void {
    const disk: Disk = {
      hard: { term: 0, vote: null },
      snapshot: { term: 0, index: 0 },
      entries: [],
      members,
    };
    this.members.set(id, {
      id,
      disk,
      state: this.#start(id, disk),
      up: true,
      slow: false,
      pending: [],
      reads: [],
      readsLost: [],
      refused: [],
      fetch: null,
    });
  }

  #start(id: MemberId, disk: Disk): RaftState {
    return createRaft({
      self: id,
      members: disk.members,
      hard: disk.hard,
      snapshot: disk.snapshot,
      tail: disk.entries,
      commit: 0,
      now: this.now,
      seed: id.charCodeAt(0) * 7919 + this.now,
      timing: TIMING,
      reluctance: this.options.reluctant?.includes(id) ? 3 : 1,
      observer: this.options.observers?.includes(id) ?? false,
      limits: this.options.limits ?? LIMITS,
    });
  }

  member(id: MemberId): Member {
    return this.members.get(id)!;
  }

  state(id: MemberId): RaftState {
    return this.member(id).state;
  }

  status(id: MemberId) {
    return status(this.state(id));
  }

  /** Steps one member and carries out the effects; messages wait on the wire for `deliver`. */
  input(id: MemberId, input: Input): Effects {
    const member = this.member(id);
    const { state, effects } = step(member.state, input);
    member.state = state;
    member.reads.push(...effects.reads);
    member.readsLost.push(...effects.readsLost);
    if (effects.refused) member.refused.push(effects.refused.code);
    if (effects.fetch) member.fetch = effects.fetch;
    this.#send(id, effects.now);
    for (const { to, from } of effects.load) this.#load(member, to, from);
    if (effects.persist || effects.after.length > 0) member.pending.push(effects);
    if (!member.slow) this.flush(id);
    return effects;
  }

  #load(member: Member, to: MemberId, from: number): void {
    const { entries, snapshot } = member.disk;
    const at = from - snapshot.index - 1;
    const prev = at === 0 ? snapshot : entries[at - 1]!;
    this.input(member.id, {
      kind: 'loaded',
      to,
      prev: { term: prev.term, index: prev.index },
      entries: entries.slice(at, at + 10),
    });
  }

  /** Makes durable what waits, and lets out what waited for it. */
  flush(id: MemberId): void {
    const member = this.member(id);
    const pending = member.pending.splice(0);
    let last: Entry | undefined;
    for (const { persist, after } of pending) {
      if (persist) write(member.disk, persist);
      last = persist?.append.at(-1) ?? last;
      this.#send(id, after);
    }
    if (last) this.input(id, { kind: 'persisted', upTo: { term: last.term, index: last.index } });
  }

  #send(from: MemberId, envelopes: readonly Envelope[]): void {
    for (const { to, message } of envelopes) {
      this.sent.push({ from, to, message });
      this.#wire.push({ from, to, message });
    }
  }

  /** Delivers everything that is on the wire, and what that brings forth. */
  deliver(): void {
    for (let rounds = 0; this.#wire.length > 0; rounds++) {
      if (rounds > 100_000) throw new Error('the group does not come to rest');
      const { from, to, message } = this.#wire.shift()!;
      if (this.cuts.has(`${from}>${to}`) || !this.members.get(to)?.up || !this.passes(from, to, message))
        continue;
      this.input(to, { kind: 'message', from, message });
    }
  }

  /** Lets `ms` pass in ticks of 50 ms. */
  pass(ms: number): void {
    for (const end = this.now + ms; this.now < end;) {
      this.now += 50;
      for (const { id, up } of this.members.values())
        if (up) {
          this.input(id, { kind: 'tick', now: this.now });
          this.deliver();
        }
    }
  }

  /** Lets time pass until somebody leads; who leads in the highest term is returned. */
  elect(limit = 30_000): MemberId {
    for (const end = this.now + limit; this.now < end; this.pass(50)) {
      const leader = this.leader();
      if (leader !== undefined && this.status(leader).ready) return leader;
    }
    throw new Error('nobody was elected');
  }

  /** Makes `id` the leader: what others ask for is lost until then. */
  electThis(id: MemberId): void {
    const passes = this.passes;
    this.passes = (from, to, message) =>
      (message.kind !== 'vote-request' || from === id) && passes(from, to, message);
    for (const end = this.now + 60_000; this.now < end && this.status(id).role !== 'leader';) this.pass(50);
    this.passes = passes;
    if (this.leader() !== id) throw new Error(`${id} was not elected`);
  }

  leader(): MemberId | undefined {
    return [...this.members.values()]
      .filter(({ up, state }) => up && status(state).role === 'leader')
      .toSorted((a, b) => b.state.term - a.state.term)[0]?.id;
  }

  propose(id: MemberId, ...commands: string[]): Effects {
    const effects = this.input(id, { kind: 'propose', commands: commands.map(bytes) });
    this.deliver();
    return effects;
  }

  change(id: MemberId, members: Members): Effects {
    const effects = this.input(id, { kind: 'propose-members', members, data: bytes('signed') });
    this.deliver();
    return effects;
  }

  /** Cuts every link between the sides. */
  partition(...sides: MemberId[][]): void {
    for (const side of sides)
      for (const other of sides)
        if (side !== other) for (const a of side) for (const b of other) this.cuts.add(`${a}>${b}`);
  }

  heal(): void {
    this.cuts.clear();
  }

  crash(id: MemberId): void {
    const member = this.member(id);
    member.up = false;
    member.pending = [];
  }

  restart(id: MemberId): void {
    const member = this.member(id);
    member.pending = [];
    member.up = true;
    member.slow = false;
    member.state = this.#start(id, member.disk);
  }

  /** The words of the whole log of a member, "command", or the kind of an entry. */
  log(id: MemberId): string[] {
    return this.member(id).disk.entries.map(text);
  }

  /** The commands that a member knows to be committed. */
  committed(id: MemberId): string[] {
    const { commit, snapshot } = status(this.state(id));
    return entriesInMemory(this.state(id), snapshot.index + 1, commit)
      .filter(({ kind }) => kind === 'command')
      .map(text);
  }
}

export function write(disk: Disk, persist: NonNullable<Effects['persist']>): void {
  if (persist.hard) disk.hard = persist.hard;
  if (persist.truncateFrom !== null)
    disk.entries = disk.entries.slice(0, Math.max(0, persist.truncateFrom - disk.snapshot.index - 1));
  for (const entry of persist.append) {
    if (entry.index !== (disk.entries.at(-1)?.index ?? disk.snapshot.index) + 1)
      throw new Error(`entry ${entry.index} leaves a gap in the stored log`);
    disk.entries.push(entry);
  }
}
