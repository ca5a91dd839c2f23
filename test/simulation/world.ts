/** What everything in a schedule shares. */
import type { MemberId } from '../../src/protocol/raft/index.ts';
import type { Random } from '../random.ts';
import type { Agenda } from './agenda.ts';
import type { Breakage } from './broken.ts';
import type { Judge } from './judge.ts';
import type { Network } from './network.ts';
import type { SimulatedNode } from './node.ts';
import type { Plan } from './plan.ts';

export interface Tally {
  schedules: number;
  events: number;
  elections: number;
  commits: number;
  crashes: number;
  partitions: number;
  changes: number;
  transfers: number;
  snapshots: number;
  reads: number;
  writes: number;
  unknown: number;
}

export const emptyTally = (): Tally => ({
  schedules: 0,
  events: 0,
  elections: 0,
  commits: 0,
  crashes: 0,
  partitions: 0,
  changes: 0,
  transfers: 0,
  snapshots: 0,
  reads: 0,
  writes: 0,
  unknown: 0,
});

export function addTally(to: Tally, more: Tally): void {
  for (const key of Object.keys(to) as (keyof Tally)[]) to[key] += more[key];
}

export interface World {
  readonly plan: Plan;
  readonly random: Random;
  readonly agenda: Agenda;
  readonly network: Network;
  readonly judge: Judge;
  readonly tally: Tally;
  readonly nodes: Map<MemberId, SimulatedNode>;
  /** A node takes the lead. */
  onLead: (node: SimulatedNode) => void;
  readonly broken: Breakage | null;
  /** Null: nobody listens. */
  readonly trace: ((line: string) => void) | null;
}
