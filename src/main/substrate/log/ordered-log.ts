/**
 * The OrderedLog port: commands in, one order out, under signed checkpoints. A committee of one today; a Raft
 * group and an engine come behind the same port. test/compliance/ordered-log.ts runs against every one of them.
 */
import type { CheckpointRow } from '../../store/index.ts';
import type { Signed } from '../../../protocol/record/index.ts';

/** The order a command got. */
export interface Sequenced {
  readonly index: number;
  /** CID of the record. */
  readonly id: string;
  /** Why every replica refuses it, or null. */
  readonly refused: { readonly code: string; readonly message: string } | null;
  /** Keys of view rows that changed. */
  readonly changed: readonly string[];
}

export interface Submission {
  /** Durable, has an index, folded into the view. */
  readonly sequenced: Promise<Sequenced>;
  /** Under a checkpoint that the committee's quorum cosigned; answers that checkpoint's size. */
  readonly committed: Promise<Sequenced & { readonly size: number }>;
}

/** One step of the log, told to everybody who folds or shows it. */
export type LogStep =
  | { readonly kind: 'sequenced'; readonly entries: readonly Sequenced[]; readonly size: number }
  | { readonly kind: 'committed'; readonly checkpoint: CheckpointRow };

export interface OrderedLog {
  /** Origin line of the checkpoints. */
  readonly origin: string;
  /** Keys and quorum as a tlog-policy file: all that an outsider needs to check a checkpoint. */
  readonly policy: string;
  /** Commands in order; both promises reject when the command was not ordered. */
  append(command: Signed): Submission;
  /** Entries ordered so far, and the newest checkpoint. */
  head(): { readonly size: number; readonly checkpoint: CheckpointRow | null };
  /** Signs what could not be signed while the vault was locked; call it after unlocking. */
  resume(): void;
  /** Hears every step from now on; answers how to stop. */
  subscribe(listener: (step: LogStep) => void): () => void;
  /** Waits for what is under way and for its checkpoint to be stored. */
  close(): Promise<void>;
}
