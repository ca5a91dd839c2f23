/** A Group as its host (groups.ts) has it: what it is given, and what it is told besides what its users call. */
import type { UniqueId } from '../../../protocol/bytes/index.ts';
import type { GroupLog } from '../../store/index.ts';
import type { Bond } from './bond.ts';
import type { MemberSigner } from './checkpoints.ts';
import type { GroupFrame } from './frames.ts';
import type { Group } from './types.ts';

export interface GroupPorts {
  readonly id: UniqueId;
  readonly self: string;
  readonly log: GroupLog;
  readonly signer: MemberSigner;
  /** The bond to a member, when there is one. */
  readonly bond: (peer: string) => Bond | null;
  /** Members have changed: others are to be bonded with. */
  readonly membersChanged: () => void;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly note: (sentence: string) => void;
}

/** What the host of Groups calls; faces see `Group`. */
export interface RunningGroup<Answer = void> extends Group<Answer> {
  /** Ids of everybody this member should be bonded with. */
  peers(): readonly string[];
  /** The newest change of members as it was signed, for those who have not seen it; empty: the genesis. */
  listing(): Uint8Array;
  /** Whether a peer is to be bonded with, by what is known here or by the later `listing` that it shows. */
  isMember(peer: string, listing: Uint8Array): boolean;
  /** True for who was a member and is none any more. */
  hasLeft(peer: string): boolean;
  receive(from: string, frame: GroupFrame): void | Promise<void>;
  bonded(peer: string): void;
  unbonded(peer: string): void;
}
