/** What a Group replicates: a deterministic machine that is fed the committed commands, in order. */
import type { UniqueId } from '../../../protocol/bytes/index.ts';
import type { Position } from '../../../protocol/raft/index.ts';

/** One committed command. */
export interface Command {
  /** What was submitted. */
  readonly leaf: Uint8Array;
  /** Index of the leaf in the Group's tree, from 0. */
  readonly index: number;
  readonly position: Position;
}

/**
 * No clock, no randomness, no I/O that decides anything: whatever is not determined goes into the command. A
 * machine that keeps its state elsewhere durably says how many leaves that state has seen.
 */
export interface StateMachine<Answer = void> {
  /** Version and every parameter that changes what a command means. */
  readonly signature: UniqueId;
  /** `logReplaySync(tag)` or `snapshotSync(tag)`. */
  readonly sync: UniqueId;
  /** Leaves that the state has seen already; 0 for one in memory. */
  readonly applied: number;
  /**
   * Looks at a command before it is ordered; whoever leads refuses what this refuses, so that nothing malformed
   * stands in the log. Absent: every command is taken. Errors: a Refusal.
   */
  accepts?(leaf: Uint8Array): void;
  /**
   * Commands that the state had seen when it was opened. It may have been told of them before the log knew for good
   * that they are committed, and a crash came between; they are not applied again. A throw stops this member: the
   * log is not the one that the state comes from.
   */
  recognise?(commands: readonly Command[]): void | Promise<void>;
  /** Applies commands in order; one answer each, for whoever submitted it. A throw stops this member. */
  apply(commands: readonly Command[]): readonly Answer[] | Promise<readonly Answer[]>;
  /** The whole state as bytes; absent: it is only ever rebuilt from the log. */
  snapshot?(): Uint8Array;
  /** Replaces the state. Errors: a Refusal when the bytes are none. */
  restore?(state: Uint8Array): void;
}
