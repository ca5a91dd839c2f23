/** The consensus core: Raft as a pure step from a state and an input to the next state and its effects. */
import { RAFT_RULES } from './rules.ts';
import { createStep } from './step.ts';
import type { Step } from './step.ts';

export * from './types.ts';
export { createRaft, LIMITS } from './state.ts';
export type { Limits, RaftOptions, RaftState } from './state.ts';
export { entriesInMemory, nextDue, status } from './status.ts';
export type { PeerStatus, RaftStatus } from './status.ts';
export { TIMING } from './time.ts';
export type { Timing } from './time.ts';
export type { Step } from './step.ts';

/**
 * One step of a member. The same state and input give the same result; keep the newest state only, older ones cost
 * a copy of the log when they are stepped again. Bad messages change nothing; a mistake of the rim throws.
 *
 * @example
 * ({ state, effects } = step(state, { kind: 'propose', commands: [bytes] }));
 * send(effects.now);
 * await store(effects.persist);
 * send(effects.after);
 * const written = effects.persist?.append.at(-1);
 * if (written) ({ state, effects } = step(state, { kind: 'persisted', upTo: written }));
 */
export const step: Step = createStep(RAFT_RULES);
