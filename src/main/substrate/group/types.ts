/** What a Group is to those who use it (coalition.md 3.4). */
import type { UniqueId } from '../../../protocol/bytes/index.ts';
import type { Heartbeat, Membership } from '../../../protocol/group/index.ts';
import type { Equivocation, EquivocationProof } from '../../../protocol/log/index.ts';
import type { Position, RaftStatus, Timing } from '../../../protocol/raft/index.ts';
import type { CheckpointRow, GroupLog } from '../../store/index.ts';
import type { Command, StateMachine } from './machine.ts';
import type { Submitted } from './session.ts';

/** How willing this node is to lead; not part of the Group's id. */
export type LeadershipPreference = 'normal' | 'reluctant' | 'observer';

export interface GroupConfig<Answer = void> {
  /** Shared by the members: 32 bytes. */
  readonly secret: UniqueId;
  /** The first members and operators; later ones stand in the log. */
  readonly genesis: Membership;
  readonly machine: StateMachine<Answer>;
  readonly heartbeat?: Heartbeat;
  /** Of this node alone; default the runtime's: election 2 s + 0.5 s, bootstrap 3 s. */
  readonly timing?: Partial<Timing>;
  readonly preference?: LeadershipPreference;
  /** Signatures of the ticket validators, in order, as they are folded into the id. */
  readonly validators?: readonly UniqueId[];
  /** Whether a peer's tickets let it in; answers until when (Unix ms), null: without end. Throws a Refusal. */
  readonly admit?: (peer: string) => number | null;
  /** Applied commands after which a machine with snapshots lets go of the log behind it; 0: never. */
  readonly compactAfter?: number;
}

export interface GroupStatus extends RaftStatus {
  readonly id: UniqueId;
  /** Leaves that are committed; `commit` counts the core's own entries too. */
  readonly leaves: number;
  /** Of these, those that the machine has applied. */
  readonly applied: number;
  readonly online: boolean;
  /** Commands of this member that are not committed. */
  readonly open: number;
  readonly checkpoint: CheckpointRow | null;
  /** Came out of a backup: it follows, and neither votes nor signs. */
  readonly muted: boolean;
  readonly equivocations: number;
  /** Why this member has stopped; null while it runs. */
  readonly stopped: string | null;
}

/** What happened in a Group, for whoever shows or records it. */
export type GroupEvent<Answer> =
  | { readonly kind: 'applied'; readonly commands: readonly Command[]; readonly answers: readonly Answer[] }
  | { readonly kind: 'checkpoint'; readonly checkpoint: CheckpointRow }
  | { readonly kind: 'equivocation'; readonly proof: EquivocationProof; readonly found: Equivocation };

export interface Group<Answer = void> {
  readonly id: UniqueId;
  readonly origin: string;
  /** Keys and quorum of the present members as a tlog-policy file. */
  policy(): string;
  status(): GroupStatus;
  membership(): { readonly index: number; readonly members: Membership };
  /**
   * Resolves when the command is committed and applied here. Waits while no leader is reachable; the signal takes
   * it back as long as it was not sent. Errors: `COMMAND_TOO_LONG`, `GROUP_BUSY`, `GROUP_CLOSED`, `OUTCOME_UNKNOWN`.
   */
  execute(leaf: Uint8Array, signal?: AbortSignal): Promise<Submitted<Answer>>;
  executeMany(leaves: readonly Uint8Array[], signal?: AbortSignal): Promise<readonly Submitted<Answer>[]>;
  /**
   * Submits a command without waiting for its commit: resolves with its place in the log as soon as the leader has
   * given it one and this member has seen it. That is not a commit. The entry may be lost with that leader, or be
   * passed over because one that this member sent before it was lost; then this member submits it again, at another
   * place, as long as the Group runs here. Nobody hears when it does not any more: who has to know, executes.
   * Commands keep the order of the calls, fed or executed, and each is applied once. Errors: as `execute`.
   */
  feed(leaf: Uint8Array, signal?: AbortSignal): Promise<Position>;
  /** After it resolves, this member's state has everything that was committed when it was called. */
  barrier(signal?: AbortSignal): Promise<{ readonly applied: number }>;
  /**
   * An operator's signed change of members, by way of the leader; resolves when it is committed. Errors: `MEMBERS_*`,
   * `NOT_LEADER` (also when it was lost with the one that took it), `GROUP_OFFLINE`.
   */
  changeMembers(
    members: Membership,
    operator: { readonly key: Uint8Array; sign(message: Uint8Array): Uint8Array },
  ): Promise<Position>;
  /** Hands the lead to another voter. Errors: `NOT_LEADER`. */
  transfer(to: string): void;
  readonly when: {
    online(signal?: AbortSignal): Promise<void>;
    offline(signal?: AbortSignal): Promise<void>;
    leading(signal?: AbortSignal): Promise<void>;
    leader(signal?: AbortSignal): Promise<string>;
    /** This many leaves are applied here. */
    applied(count: number, signal?: AbortSignal): Promise<void>;
    /** The newest checkpoint covers this many leaves. */
    checkpoint(size: number, signal?: AbortSignal): Promise<CheckpointRow>;
    /** Any condition over the status. */
    holds(condition: (status: GroupStatus) => boolean, signal?: AbortSignal): Promise<void>;
  };
  subscribe(listener: (event: GroupEvent<Answer>) => void): () => void;
  /** Hears that the status may be different. */
  changes(listener: () => void): () => void;
  readonly proofs: Pick<GroupLog, 'inclusion' | 'consistency' | 'leaves' | 'rootAt' | 'checkpoints'>;
  /** Signs, or cosigns for others, what could not be signed while this member's keys were locked. */
  resume(): void;
  /** A checkpoint from elsewhere: gossip, an auditor. Contradictions are raised. */
  witness(note: Uint8Array): void;
  close(): Promise<void>;
}
