/** What a seed makes of a schedule: who takes part, how bad network, disks and clocks are, and what goes wrong. */
import type { Limits } from '../../src/protocol/raft/index.ts';
import { randomFrom } from '../random.ts';
import type { Random } from '../random.ts';

/** Least and most, milliseconds. */
export type Span = readonly [number, number];

export interface Plan {
  readonly seed: number;
  readonly voters: readonly string[];
  /** Nodes that a change of membership may bring in. */
  readonly spare: readonly string[];
  readonly observers: readonly string[];
  readonly reluctant: readonly string[];
  readonly limits: Limits;
  /** How long things go wrong. */
  readonly chaos: number;
  readonly latency: Span;
  readonly flush: Span;
  /** Chances out of 1000 a message. */
  readonly drop: number;
  readonly duplicate: number;
  readonly late: number;
  /** Chance out of 1000 that a node dies while its disk writes, and how long dead nodes stay so. */
  readonly dieWriting: number;
  readonly down: Span;
  /** Chance out of 1000 that a new leader dies or is cut off within half a second. */
  readonly dieLeading: number;
  /** Mean milliseconds between faults of a kind; 0: none. */
  readonly every: {
    readonly crash: number;
    readonly partition: number;
    readonly oneWay: number;
    readonly change: number;
    readonly transfer: number;
    readonly clock: number;
    readonly forget: number;
  };
  readonly clients: number;
  readonly keys: number;
  readonly think: Span;
  /** Clocks run at 1 to 1 ± this. */
  readonly drift: number;
}

export const within = (random: Random, [least, most]: Span): number => least + random.below(most - least + 1);

const NAMES = ['n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7', 'n8'];

export function planOf(seed: number): { readonly plan: Plan; readonly random: Random } {
  const random = randomFrom(Math.imul(seed, 0x9e3779b1));
  const sometimes = (mean: number): number =>
    random.oneIn(3) ? 0 : Math.round(mean / (1 + random.below(4)));
  const count = random.pick([1, 2, 3, 3, 3, 3, 5, 5, 5, 4, 7]);
  const voters = NAMES.slice(0, count);
  const spare = NAMES.slice(count, count + random.below(4));
  const slowNet = random.oneIn(4);
  const slowDisk = random.oneIn(3);
  // little in a message and few under way: more steps at which something can happen
  const limits = random.pick([
    { batchBytes: 1, inflight: 1 },
    { batchBytes: 1, inflight: 4 },
    { batchBytes: 100, inflight: 2 },
    { batchBytes: 4096, inflight: 8 },
  ]);
  const plan: Plan = {
    seed,
    voters,
    spare,
    observers: random.oneIn(6) && count > 2 ? [random.pick(voters)] : [],
    reluctant: random.oneIn(6) ? [random.pick(voters)] : [],
    limits,
    chaos: 20_000 + random.below(80_000),
    latency: slowNet ? [10, 400] : [1, 40],
    flush: slowDisk ? [20, 500] : [1, 30],
    drop: random.pick([0, 0, 10, 50, 150]),
    duplicate: random.pick([0, 20, 100]),
    late: random.pick([0, 5, 30]),
    dieWriting: random.pick([0, 5, 20, 60]),
    down: random.oneIn(2) ? [10, 400] : [200, 4_000],
    dieLeading: random.pick([0, 0, 100, 700]),
    every: {
      crash: sometimes(6_000),
      partition: sometimes(6_000),
      oneWay: sometimes(9_000),
      change: random.oneIn(2) ? sometimes(4_000) : 0,
      transfer: sometimes(9_000),
      clock: sometimes(16_000),
      forget: random.oneIn(2) ? sometimes(800) : 0,
    },
    clients: 1 + random.below(6),
    keys: 1 + random.below(3),
    think: random.oneIn(3) ? [1, 80] : [20, 500],
    drift: random.pick([0, 0.05, 0.25]),
  };
  return { plan: random.oneIn(6) ? briefLeads(plan, random) : plan, random };
}

/**
 * A group of three or five whose leaders hardly ever last, and that sends one entry at a time: entries of several
 * terms pile up uncommitted, and leaders fall while they bring older ones along (figure 8 of the paper).
 */
const briefLeads = (plan: Plan, random: Random): Plan => ({
  ...plan,
  voters: NAMES.slice(0, random.oneIn(3) ? 5 : 3),
  spare: [],
  observers: [],
  reluctant: [],
  limits: { batchBytes: 1, inflight: 1 },
  latency: [5, 60],
  flush: [1, 30],
  drop: random.pick([0, 20]),
  dieLeading: 850,
  every: { ...plan.every, crash: 0, change: 0, oneWay: 0, partition: 0 },
  clients: 6,
  think: [1, 80],
});
