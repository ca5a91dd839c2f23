/**
 * The members of a Group as its checkpoints need them: names and keys of authors and cosigners, and the policy that
 * an outsider checks with. Any voter may author a checkpoint (it does while it leads); more than half cosign.
 */
import { toHex } from '../../../protocol/bytes/index.ts';
import { quorumOf } from '../../../protocol/group/index.ts';
import type { Member, Membership } from '../../../protocol/group/index.ts';
import { committeePolicy, formatPolicy, SIGNATURE_TYPE, verifierKey } from '../../../protocol/log/index.ts';
import type { Policy, VerifierKey } from '../../../protocol/log/index.ts';
import { nodeHashes } from '../../hashes.ts';

/** Origin line of a Group's checkpoints. */
export const groupOrigin = (group: Uint8Array): string => `muster/group/${toHex(group)}`;

export interface Roster {
  readonly origin: string;
  readonly members: Membership;
  readonly policy: Policy;
  /** The policy as a file. */
  readonly policyText: string;
  /** Keys of a voter, by its node key in hex. */
  logKey(node: string): VerifierKey | null;
  cosignerKey(node: string): VerifierKey | null;
}

/** The roster of whoever the members are when it is asked for; made anew only when they have changed. */
export function currentRoster(origin: string, members: () => Membership): () => Roster {
  let roster = rosterOf(origin, members());
  return () => {
    const now = members();
    if (roster.members !== now) roster = rosterOf(origin, now);
    return roster;
  };
}

export function rosterOf(origin: string, members: Membership): Roster {
  // a log that one node cosigns alone keeps the name of its cosigner when it moves (committee-of-one.ts)
  const alone = members.voters.length === 1 && members.learners.length === 0;
  const logKey = ({ log }: Member): VerifierKey =>
    verifierKey(nodeHashes, origin, SIGNATURE_TYPE.ed25519, log);
  const cosignerKey = ({ node, cosigner }: Member): VerifierKey =>
    verifierKey(
      nodeHashes,
      alone ? `${origin}/1` : `muster/member/${toHex(node)}`,
      SIGNATURE_TYPE.cosignature,
      cosigner,
    );
  const voter = (node: string): Member | undefined =>
    members.voters.find((member) => toHex(member.node) === node);
  const policy = committeePolicy(
    members.voters.map(logKey),
    members.voters.map(cosignerKey),
    quorumOf(members.voters.length),
  );
  const orNull = (member: Member | undefined, key: (of: Member) => VerifierKey): VerifierKey | null =>
    member === undefined ? null : key(member);
  return {
    origin,
    members,
    policy,
    policyText: formatPolicy(nodeHashes, policy),
    logKey: (node) => orNull(voter(node), logKey),
    cosignerKey: (node) => orNull(voter(node), cosignerKey),
  };
}
