/**
 * One schedule: a seed decides everything; things go wrong for a while, then all is well and the group must come to
 * itself within bounded time. Throws a Violation when a rule was broken.
 */
import { step as soundStep } from '../../src/protocol/raft/index.ts';
import type { Step } from '../../src/protocol/raft/index.ts';
import { membersOf } from '../../src/protocol/raft/state.ts';
import { Agenda } from './agenda.ts';
import { brokenStep } from './broken.ts';
import type { Breakage } from './broken.ts';
import { Clients } from './clients.ts';
import { Faults } from './faults.ts';
import { Judge, Violation } from './judge.ts';
import { Network } from './network.ts';
import { SimulatedNode } from './node.ts';
import { planOf } from './plan.ts';
import { emptyTally } from './world.ts';
import type { Tally, World } from './world.ts';

/** Simulated milliseconds within which a healthy group must elect, commit and be equal everywhere. */
const RECOVERY = 20_000;
const MAX_EVENTS = 200_000;

export interface ScheduleOptions {
  readonly broken?: Breakage | null;
  readonly trace?: (line: string) => void;
  /** Put around the step of every node. */
  readonly around?: (step: Step) => Step;
}

/** Runs the schedule of `seed` and says what happened in it. */
export function runSchedule(
  seed: number,
  { broken = null, trace, around = (step) => step }: ScheduleOptions = {},
): Tally {
  const { plan, random } = planOf(seed);
  const agenda = new Agenda();
  const network = new Network(plan, random, agenda);
  const world: World = {
    plan,
    random,
    agenda,
    network,
    judge: new Judge(),
    tally: emptyTally(),
    nodes: new Map(),
    onLead: () => undefined,
    broken,
    trace: trace ?? null,
  };
  trace?.(JSON.stringify(plan));
  const bonded = (a: string, b: string): boolean =>
    world.nodes.get(a)?.up === true &&
    world.nodes.get(b)?.up === true &&
    !network.isCut(a, b) &&
    !network.isCut(b, a);
  const step = around(broken === null ? soundStep : brokenStep(broken, bonded));
  for (const id of [...plan.voters, ...plan.spare]) {
    const voters = plan.spare.includes(id) ? [] : plan.voters;
    world.nodes.set(id, new SimulatedNode(world, step, id, { voters, learners: [] }));
  }
  const clients = new Clients(world);
  const faults = new Faults(world);

  const until = (end: number, done: () => boolean): boolean => {
    while (!done()) {
      if (agenda.now >= end || agenda.events > MAX_EVENTS || !agenda.next()) return false;
    }
    return true;
  };
  until(plan.chaos, () => false);
  faults.heal();
  clients.stop();
  trace?.(`${agenda.now} all is well`);
  let committed = false;
  clients.insist(() => (committed = true));
  const end = agenda.now + RECOVERY;
  if (!until(end, () => committed)) throw new Violation(`liveness: nothing is committed. ${describe(world)}`);
  if (!until(end, () => settled(world)))
    throw new Violation(`liveness: the members do not become equal. ${describe(world)}`);
  clients.check();

  const { tally } = world;
  tally.schedules = 1;
  tally.events = agenda.events;
  tally.elections = world.judge.elections;
  return tally;
}

/** Has every member of the leader's membership applied all that is committed? */
function settled({ nodes, judge }: World): boolean {
  const end = judge.truth.length;
  const leader = [...nodes.values()].find(({ state }) => state.role === 'leader' && state.commit === end);
  if (leader === undefined || leader.state.log.last.index !== end) return false;
  const { voters, learners } = membersOf(leader.state);
  return [...voters, ...learners].every((id) => nodes.get(id)?.machine.applied === end);
}

const describe = ({ nodes, judge }: World): string =>
  [...nodes.values()]
    .map(
      ({ id, state, machine }) =>
        `${id}: ${state.role} t${state.term} c${state.commit} l${state.log.last.index} a${machine.applied}`,
    )
    .join(', ') + `; ${judge.truth.length} committed`;
