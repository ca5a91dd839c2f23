/** What goes wrong in a schedule besides the network: deaths, partitions, changes of membership, jumping clocks. */
import { membersOf } from '../../src/protocol/raft/state.ts';
import type { MemberId, Members } from '../../src/protocol/raft/index.ts';
import type { SimulatedNode } from './node.ts';
import { within } from './plan.ts';
import type { World } from './world.ts';

export class Faults {
  readonly #world: World;
  #over = false;

  constructor(world: World) {
    this.#world = world;
    const { every } = world.plan;
    world.onLead = (node) => this.#leads(node);
    this.#repeat(every.crash, () => this.#crash());
    this.#repeat(every.partition, () => this.#partition());
    this.#repeat(every.oneWay, () => this.#oneWay());
    this.#repeat(every.change, () => this.#change());
    this.#repeat(every.transfer, () => this.#transfer());
    this.#repeat(every.clock, () => this.#any().jump(this.#world.random.below(4_000)));
    this.#repeat(every.forget, () => this.#any().forget(this.#world.random.below(10)));
  }

  /** Everything is well again: links, nodes and what is to come. */
  heal(): void {
    this.#over = true;
    const { network, nodes } = this.#world;
    network.calm = true;
    network.cuts.clear();
    for (const node of nodes.values()) if (!node.up) node.start();
  }

  #repeat(mean: number, happen: () => void): void {
    if (mean === 0) return;
    const { agenda, random } = this.#world;
    const next = (): void =>
      agenda.after(random.below(2 * mean), () => {
        if (this.#over) return;
        happen();
        next();
      });
    next();
  }

  #any(): SimulatedNode {
    return this.#world.random.pick([...this.#world.nodes.values()]);
  }

  /** The leader in the highest term, as far as there is one. */
  #leader(): SimulatedNode | undefined {
    return [...this.#world.nodes.values()]
      .filter(({ up, state }) => up && state.role === 'leader')
      .toSorted((a, b) => b.state.term - a.state.term)[0];
  }

  #leaderOrAny(): SimulatedNode {
    return (this.#world.random.oneIn(2) ? this.#leader() : undefined) ?? this.#any();
  }

  #crash(): void {
    const { random, plan, nodes } = this.#world;
    if (random.oneIn(10)) for (const node of nodes.values()) node.crashFor(within(random, plan.down));
    else this.#leaderOrAny().crashFor(within(random, plan.down));
  }

  /** A new leader may not last: between its first appends is where a rule is put to the test. */
  #leads(leader: SimulatedNode): void {
    const { random, plan, agenda, nodes } = this.#world;
    if (this.#over || random.below(1000) >= plan.dieLeading) return;
    const { life } = leader;
    const way = random.below(3);
    agenda.after(random.below([3, 150, 500][way]!), () => {
      if (this.#over || leader.life !== life) return;
      if (way === 2) return leader.crashFor(within(random, plan.down));
      const others = [...nodes.keys()].filter((id) => id !== leader.id);
      const pairs = others.flatMap((id) => [[id, leader.id] as const, [leader.id, id] as const]);
      this.#sever(pairs, 1_000 + random.below(7_000));
    });
  }

  #sever(pairs: readonly (readonly [MemberId, MemberId])[], ms: number): void {
    const { network, nodes, agenda, random, trace, tally } = this.#world;
    tally.partitions += 1;
    trace?.(`cut ${pairs.map(([a, b]) => `${a}>${b}`).join(' ')} for ${ms} ms`);
    for (const [from, to] of pairs) {
      network.cut(from, to);
      if (random.oneIn(3))
        agenda.after(random.below(1_000), () => nodes.get(from)?.input({ kind: 'disconnected', member: to }));
    }
    agenda.after(ms, () => {
      for (const [from, to] of pairs) network.cuts.delete(`${from}>${to}`);
    });
  }

  #partition(): void {
    const { random, nodes } = this.#world;
    const all = [...nodes.keys()];
    const leader = this.#leader()?.id;
    const alone = random.oneIn(3) ? (leader ?? null) : null;
    const side = new Map(all.map((id) => [id, alone === null ? random.oneIn(2) : id === alone]));
    const pairs = all.flatMap((a) =>
      all.filter((b) => side.get(a) !== side.get(b)).map((b) => [a, b] as const),
    );
    this.#sever(pairs, 200 + random.below(8_000));
  }

  #oneWay(): void {
    const { random, nodes } = this.#world;
    const all = [...nodes.keys()];
    const deaf = this.#leaderOrAny().id;
    const others = all.filter((id) => id !== deaf && !random.oneIn(4));
    const pairs = others.map((id) => (random.oneIn(2) ? ([id, deaf] as const) : ([deaf, id] as const)));
    this.#sever(pairs, 200 + random.below(6_000));
  }

  #transfer(): void {
    const leader = this.#leader();
    if (leader === undefined) return;
    this.#world.tally.transfers += 1;
    leader.input({ kind: 'transfer', to: this.#world.random.pick(membersOf(leader.state).voters) });
  }

  #change(): void {
    const leader = this.#leaderOrAny();
    const members = this.#changed(membersOf(leader.state));
    if (members === null) return;
    this.#world.trace?.(`${leader.id} is asked for ${JSON.stringify(members)}`);
    leader.input({ kind: 'propose-members', members, data: new Uint8Array(0) });
    if (leader.state.history.length > 1) this.#world.tally.changes += 1;
  }

  /** Some other membership that differs in one member; observers are not half of it (see RaftOptions). */
  #changed({ voters, learners }: Members): Members | null {
    const { random, nodes, plan } = this.#world;
    const without = (list: readonly MemberId[], id: MemberId): MemberId[] =>
      list.filter((other) => other !== id);
    const id = random.pick([...nodes.keys()]);
    const others = { voters: without(voters, id), learners: without(learners, id) };
    const choices: Members[] = [];
    if (!voters.includes(id) && others.voters.length < 7)
      choices.push({ ...others, voters: [...others.voters, id] });
    if (!learners.includes(id)) choices.push({ ...others, learners: [...others.learners, id] });
    if (voters.includes(id) || learners.includes(id)) choices.push(others);
    const standing = choices.filter(
      (next) =>
        next.voters.filter((voter) => !plan.observers.includes(voter)).length * 2 > next.voters.length,
    );
    return standing.length === 0 ? null : random.pick(standing);
  }
}
