/** A simulated node: carries out the effects of the core on a simulated disk and network, dies and comes back. */
import { createRaft, entriesInMemory, nextDue, TIMING } from '../../src/protocol/raft/index.ts';
import type {
  Effects,
  Entry,
  Input,
  MemberId,
  Members,
  Message,
  RaftState,
  Step,
} from '../../src/protocol/raft/index.ts';
import { Disk } from './disk.ts';
import type { Snapshot } from './disk.ts';
import { Front } from './front.ts';
import type { Reply } from './front.ts';
import { Machine, operationId } from './machine.ts';
import type { Operation } from './machine.ts';
import { within } from './plan.ts';
import type { World } from './world.ts';
import { Writer } from './writer.ts';
import type { Pending } from './writer.ts';

export class SimulatedNode {
  readonly id: MemberId;
  readonly disk: Disk;
  up = false;
  state: RaftState;
  machine: Machine;
  /** Counts its lives: what an earlier one put down concerns a later one no more. */
  life = 0;
  readonly #world: World;
  readonly #step: Step;
  readonly #rate: number;
  #clock: number;
  readonly #writer: Writer;
  #timer = Infinity;
  #fetching = false;
  readonly #front = new Front();

  constructor(world: World, step: Step, id: MemberId, members: Members) {
    const { random, plan } = world;
    this.#world = world;
    this.#step = step;
    this.id = id;
    const machine = new Machine(members, world.broken !== 'apply-twice');
    this.disk = new Disk({ last: { term: 0, index: 0 }, members, machine });
    this.#writer = new Writer(world, this.disk, {
      later: (delay, run) => this.#later(delay, run),
      written: (done) => this.#written(done),
      dieWriting: () => this.crashFor(within(random, plan.down)),
    });
    this.#rate = 1 + ((random.below(2001) - 1000) / 1000) * plan.drift;
    this.#clock = random.below(1_000_000);
    this.machine = machine;
    this.state = this.#boot();
    this.start();
  }

  get now(): number {
    return Math.floor(this.#clock + this.#world.agenda.now * this.#rate);
  }

  /** The clock jumps by so many milliseconds. */
  jump(by: number): void {
    this.#clock += by;
  }

  // ---- life and death

  #boot(): RaftState {
    const { plan, random } = this.#world;
    const { disk } = this;
    const { last } = disk.snapshot;
    // a node may know from its disk what was committed, or not; and need not keep all of the log in memory
    const commit = random.oneIn(2) ? last.index : Math.max(disk.commit, last.index);
    const from = last.index + random.below(commit - last.index + 1);
    const before = disk.position(from) ?? last;
    return createRaft({
      self: this.id,
      members: disk.membersAt(before.index),
      hard: disk.hard,
      snapshot: last,
      tail: disk.entries.slice(before.index - last.index),
      before,
      commit,
      now: this.now,
      seed: random.below(2 ** 31),
      timing: TIMING,
      reluctance: plan.reluctant.includes(this.id) ? 3 : 1,
      observer: plan.observers.includes(this.id),
      limits: plan.limits,
    });
  }

  start(): void {
    this.up = true;
    this.life += 1;
    this.state = this.#boot();
    this.machine = this.disk.snapshot.machine.copy();
    this.#timer = Infinity;
    for (let index = this.machine.applied + 1; index <= this.state.commit; index++)
      this.#apply(this.disk.entry(index)!);
    this.#arm();
  }

  /** Dies: whatever was not durable is lost, but for a beginning of what was being written. */
  crash(): void {
    if (!this.up) return;
    const { tally, trace } = this.#world;
    const survived = this.#writer.tear();
    trace?.(`${this.id} dies, ${survived}`);
    tally.crashes += 1;
    this.up = false;
    this.life += 1;
    this.#fetching = false;
    this.#front.clear();
  }

  /** Runs `run` later, if this life lasts until then. */
  #later(delay: number, run: () => void): void {
    const { life } = this;
    this.#world.agenda.after(delay, () => {
      if (this.life === life) run();
    });
  }

  #arm(): void {
    const due = nextDue(this.state);
    if (due === Infinity) return;
    const { agenda, random } = this.#world;
    const delay = Math.max(1, Math.ceil((due - this.now) / this.#rate)) + random.below(30);
    if (agenda.now + delay >= this.#timer && this.#timer > agenda.now) return;
    const at = agenda.now + delay;
    this.#timer = at;
    this.#later(delay, () => {
      if (this.#timer !== at) return;
      this.#timer = Infinity;
      this.#take({ kind: 'tick', now: this.now });
      this.#arm();
    });
  }

  // ---- the core

  input(input: Input): void {
    if (!this.up) return;
    const { now } = this;
    if (now - this.state.now >= 20) this.#take({ kind: 'tick', now });
    this.#take(input);
    this.#arm();
  }

  #take(input: Input): void {
    const before = this.state;
    const { state, effects } = this.#step(before, input);
    this.state = state;
    const { judge, trace } = this.#world;
    if (trace !== null && (input.kind !== 'tick' || effects.changed)) this.#tell(input, effects);
    judge.step(before, state, effects);
    if (state.role === 'leader' && before.role !== 'leader') this.#world.onLead(this);
    for (const { to, message } of effects.now) this.#send(to, message);
    if (effects.persist !== null || effects.after.length > 0)
      this.#writer.put({
        write: effects.persist === null ? null : { kind: 'persist', persist: effects.persist },
        after: effects.after,
      });
    for (const { to, from } of effects.load) this.#load(to, from);
    if (effects.fetch !== null) this.#fetch(effects.fetch.from, effects.fetch.last.index);
    this.#front.heard(effects, state.leader);
    if (effects.commit !== null)
      for (const entry of entriesInMemory(state, this.machine.applied + 1, effects.commit))
        this.#apply(entry);
    this.#front.answer(this.machine);
  }

  #tell(input: Input, effects: Effects): void {
    const { trace, agenda } = this.#world;
    const { role, term, commit, log } = this.state;
    const words = (value: unknown): string =>
      JSON.stringify(value, (key, member: unknown) =>
        key === 'data' ? `op ${operationId(Object.values(member as object) as never)}` : member,
      );
    trace?.(
      `${agenda.now} ${this.id} ${role} t${term} c${commit} l${log.last.index}: ${words(input)}` +
        (effects.persist ? ` persist ${words(effects.persist)}` : '') +
        effects.now.map(({ to, message }) => `\n      now ${to} ${words(message)}`).join('') +
        effects.after.map(({ to, message }) => `\n      after ${to} ${words(message)}`).join(''),
    );
  }

  #send(to: MemberId, message: Message): void {
    const { network, nodes } = this.#world;
    network.send(this.id, to, message, (delivered) =>
      nodes.get(to)?.input({ kind: 'message', from: this.id, message: delivered }),
    );
  }

  // ---- the disk

  #written(done: readonly Pending[]): void {
    this.#noteCommit();
    for (const { after } of done) for (const { to, message } of after) this.#send(to, message);
    let last: Entry | undefined;
    for (const { write } of done) {
      if (write?.kind === 'persist') last = write.persist.append.at(-1) ?? last;
      if (write?.kind === 'compact') this.input({ kind: 'compacted', upTo: write.snapshot.last });
      if (write?.kind === 'install') this.#restored(write.snapshot);
    }
    if (last !== undefined) this.input({ kind: 'persisted', upTo: { term: last.term, index: last.index } });
  }

  /** What is committed in memory is so on disk only as far as the disk has the same entries. */
  #noteCommit(): void {
    const index = Math.min(this.state.commit, this.disk.last.index);
    const [entry] = entriesInMemory(this.state, index, index);
    if (entry !== undefined && entry.term === this.disk.position(index)?.term) this.disk.commit = index;
  }

  crashFor(ms: number): void {
    if (!this.up) return;
    const { agenda, nodes } = this.#world;
    this.crash();
    for (const other of nodes.values())
      if (other.id !== this.id && this.#world.random.oneIn(2))
        agenda.after(this.#world.random.below(200), () =>
          other.input({ kind: 'disconnected', member: this.id }),
        );
    const { life } = this;
    agenda.after(ms, () => {
      if (this.life === life) this.start();
    });
  }

  #load(to: MemberId, from: number): void {
    this.#later(1 + this.#world.random.below(10), () => {
      const prev = this.disk.position(from - 1);
      const at = from - this.disk.snapshot.last.index - 1;
      const entries = prev === undefined ? [] : this.disk.entries.slice(at, at + 5);
      this.input({ kind: 'loaded', to, prev: prev ?? { term: 0, index: 0 }, entries });
    });
  }

  // ---- snapshots

  /** Keeps the state as it is now and drops the log up to it; the core also forgets some of it. */
  forget(keep: number): void {
    const { machine, disk } = this;
    const index = Math.min(machine.applied, this.state.durable, disk.last.index);
    this.input({ kind: 'trim', upTo: Math.max(0, index - keep) });
    if (!this.up || index !== machine.applied || index - disk.snapshot.last.index < 5) return;
    const snapshot = {
      last: { term: machine.appliedTerm, index },
      members: machine.members,
      machine: machine.copy(),
    };
    this.#writer.put({ write: { kind: 'compact', snapshot }, after: [] });
  }

  #fetch(from: MemberId, atLeast: number): void {
    if (this.#fetching) return;
    this.#fetching = true;
    const { random, nodes, network, trace } = this.#world;
    this.#later(5 + random.below(200), () => {
      const source = nodes.get(from);
      const gone = source === undefined || !source.up || network.isCut(from, this.id);
      if (gone || source.disk.snapshot.last.index < atLeast) {
        this.#fetching = false;
        return;
      }
      trace?.(`${this.id} fetches the state at ${source.disk.snapshot.last.index} from ${from}`);
      this.#writer.put({ write: { kind: 'install', snapshot: source.disk.snapshot }, after: [] });
    });
  }

  #restored({ last, members, machine }: Snapshot): void {
    this.#fetching = false;
    if (last.index > this.machine.applied) {
      this.machine = machine.copy();
      this.#world.tally.snapshots += 1;
    }
    this.input({ kind: 'restored', last, members });
  }

  #apply(entry: Entry): void {
    const { judge, tally } = this.#world;
    judge.applies(this.id, this.state.term, entry);
    const took = this.machine.apply(entry);
    tally.commits = Math.max(tally.commits, entry.index);
    if (took !== null) judge.effective(took, entry.index);
    this.#front.applied(entry, this.machine);
  }

  /** A client asks; it may never hear. */
  request(operation: Operation, reply: Reply): void {
    if (!this.up) return;
    if (this.#world.broken === 'hasty-read' && operation.kind === 'get' && this.state.role === 'leader')
      return reply(this.machine.values[operation.key]!, null);
    const { lead, leader } = this.state;
    if (operation.kind !== 'get' && (lead === null || lead.transfer !== null)) return reply(null, leader);
    this.input(this.#front.take(operation, reply));
  }
}
