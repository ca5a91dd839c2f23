/**
 * Rules broken on purpose, to prove that the simulation would notice. They replace rules of the core where it lets
 * the tests do so (createStep is not exported by its door), or the part of the rim that the simulation plays.
 */
import { createStep } from '../../src/protocol/raft/step.ts';
import type { Step } from '../../src/protocol/raft/step.ts';
import { RAFT_RULES } from '../../src/protocol/raft/rules.ts';
import type { Rules } from '../../src/protocol/raft/rules.ts';
import type { MemberId } from '../../src/protocol/raft/index.ts';

type Reach = (from: MemberId, to: MemberId) => boolean;

const BROKEN: Readonly<Record<string, (reach: Reach) => Partial<Rules>>> = {
  /** The seed runtime's rule (core.md 2.2): only those who can be reached count. */
  'reachable-quorum': (reach) => ({
    electorate: (state) =>
      RAFT_RULES.electorate(state).filter((id) => id === state.self || reach(state.self, id)),
  }),
  /** Commits whatever a majority has, of any term (figure 8 of the paper). */
  'older-terms': () => ({ mayCount: () => true }),
  /** A vote leaves before it is durable. */
  'hasty-vote': () => ({ voteLeaves: 'now' }),
  /** A leader counts itself before its own write is durable. */
  'hasty-leader': () => ({ ownMatch: (state) => state.log.last.index }),
  /** A follower writes whatever comes, and cuts off what stood there. */
  'blind-follower': () => ({
    known: (state, entries) => entries.filter(({ index }) => index <= state.commit).length,
  }),
  /** Of the rim: a leader answers reads from what it has, without asking anybody. */
  'hasty-read': () => ({}),
  /** Of the rim: the machine applies a command as often as it stands in the log. */
  'apply-twice': () => ({}),
};

export type Breakage = string;
export const breakages: readonly Breakage[] = Object.keys(BROKEN);

export function brokenStep(breakage: Breakage, reach: Reach): Step {
  const change = BROKEN[breakage];
  if (change === undefined) throw new RangeError(`no rule "${breakage}" to break: ${breakages.join(', ')}`);
  return createStep({ ...RAFT_RULES, ...change(reach) });
}
