/**
 * Who is in a Group, and how that changes: by commands that an operator of the Group signs, one member at a time,
 * as entries of the Group's own log. Each names the entry that it replaces, so that an old one cannot be played
 * again. The first list, the genesis, is part of what members configure; its digest is compared at every bond.
 */
import {
  compareBytes,
  concat,
  decodeCanonical,
  encodeCanonical,
  Refusal,
  sameBytes,
  toHex,
  utf8,
} from '../bytes/index.ts';
import type { CheckSignature, Hashes, UniqueId, Value } from '../bytes/index.ts';

/** 1 to 7 vote (house.md 3); learners replicate. */
export const MAX_VOTERS = 7;
export const MAX_LEARNERS = 64;
export const MAX_OPERATORS = 16;
const MAX_COMMAND = 64 * 1024;

/** More than half of the voters, however many of them are reachable. */
export const quorumOf = (voters: number): number => Math.floor(voters / 2) + 1;

export interface Member {
  /** Node key: 32 bytes, Ed25519, as are the two others. */
  readonly node: Uint8Array;
  /** Signs checkpoints as their author while this member leads. */
  readonly log: Uint8Array;
  /** Cosigns checkpoints; a member that lost its memory comes back with a new one. */
  readonly cosigner: Uint8Array;
}

export interface Membership {
  readonly voters: readonly Member[];
  readonly learners: readonly Member[];
  /** Keys whose signature changes this list. */
  readonly operators: readonly Uint8Array[];
}

export interface MembersCommand {
  readonly group: UniqueId;
  /** Log index of the members entry that this one replaces; 0: the genesis. */
  readonly replaces: number;
  readonly members: Membership;
  readonly operator: Uint8Array;
  readonly sig: Uint8Array;
}

/** Domain of the operator's signature. */
const DOMAIN = concat(utf8('muster/members/1'), new Uint8Array([0]));

/** The bytes an operator signs. Errors: as `checkMembership`. */
export function membersMessage(group: UniqueId, replaces: number, members: Membership): Uint8Array {
  checkMembership(members);
  return concat(DOMAIN, encodeCanonical([group, replaces, toValue(members)]));
}

/** The command as it stands in the log. */
export const encodeMembersCommand = ({
  group,
  replaces,
  members,
  operator,
  sig,
}: MembersCommand): Uint8Array => encodeCanonical([group, replaces, toValue(members), operator, sig]);

/** Errors: `MEMBERS_FORMAT`, and as `checkMembership`. */
export function decodeMembersCommand(bytes: Uint8Array): MembersCommand {
  const value = decodeCanonical(bytes, MAX_COMMAND);
  if (!Array.isArray(value) || value.length !== 5) throw malformed();
  const [group, replaces, members, operator, sig] = value as Value[];
  if (typeof replaces !== 'number' || replaces < 0) throw malformed();
  const command = {
    group: bytesOf(group, 32),
    replaces,
    members: fromValue(members),
    operator: bytesOf(operator, 32),
    sig: bytesOf(sig, 64),
  };
  checkMembership(command.members);
  return command;
}

/** A list of members in force, and where in the log it stands. */
export interface CurrentMembers {
  readonly group: UniqueId;
  readonly index: number;
  readonly members: Membership;
}

/**
 * Judges a command against the list that it would replace.
 * Errors: `MEMBERS_GROUP`, `MEMBERS_STALE`, `MEMBERS_OPERATOR`, `MEMBERS_SIGNATURE`, `MEMBERS_STEP`.
 */
export function checkMembersCommand(
  command: MembersCommand,
  current: CurrentMembers,
  check: CheckSignature,
): void {
  checkSigned(command, current, command.replaces === current.index, check);
  const before = new Set(current.members.voters.map(({ node }) => toHex(node)));
  const after = new Set(command.members.voters.map(({ node }) => toHex(node)));
  const moved =
    [...after].filter((id) => !before.has(id)).length + [...before].filter((id) => !after.has(id)).length;
  if (moved > 1) throw new Refusal('MEMBERS_STEP', 'One voter is added or removed at a time.');
}

/**
 * Judges a later command that is shown to a member which has not seen the entries between: an operator that it knows
 * signed it. Enough to talk to whoever stands in it; what is in force comes with the log.
 * Errors: `MEMBERS_GROUP`, `MEMBERS_STALE`, `MEMBERS_OPERATOR`, `MEMBERS_SIGNATURE`.
 */
export function checkLaterMembers(
  command: MembersCommand,
  current: CurrentMembers,
  check: CheckSignature,
): void {
  checkSigned(command, current, command.replaces >= current.index, check);
}

function checkSigned(
  command: MembersCommand,
  { group, index, members }: CurrentMembers,
  follows: boolean,
  check: CheckSignature,
): void {
  if (!sameBytes(command.group, group))
    throw new Refusal('MEMBERS_GROUP', 'The change of members is meant for another Group.');
  if (!follows)
    throw new Refusal(
      'MEMBERS_STALE',
      `The change replaces entry ${command.replaces}; the members stand in entry ${index}.`,
    );
  if (!members.operators.some((key) => sameBytes(key, command.operator)))
    throw new Refusal(
      'MEMBERS_OPERATOR',
      'Whoever signed the change of members is no operator of this Group.',
    );
  const message = membersMessage(command.group, command.replaces, command.members);
  if (!check({ alg: 'ed25519', key: command.operator, message, signature: command.sig }))
    throw new Refusal('MEMBERS_SIGNATURE', 'The signature of the change of members is wrong.');
}

/** Errors: `MEMBERS_FORMAT`, `MEMBERS_COUNT`, `MEMBERS_TWICE`. */
export function checkMembership({ voters, learners, operators }: Membership): void {
  if (voters.length < 1 || voters.length > MAX_VOTERS)
    throw new Refusal('MEMBERS_COUNT', `A Group has 1 to ${MAX_VOTERS} voters, not ${voters.length}.`);
  if (learners.length > MAX_LEARNERS)
    throw new Refusal('MEMBERS_COUNT', `A Group has at most ${MAX_LEARNERS} learners.`);
  if (operators.length < 1 || operators.length > MAX_OPERATORS)
    throw new Refusal('MEMBERS_COUNT', `A Group has 1 to ${MAX_OPERATORS} operators.`);
  const all = [...voters, ...learners];
  for (const key of ['node', 'log', 'cosigner'] as const) {
    for (const member of all) bytesOf(member[key], 32);
    if (new Set(all.map((member) => toHex(member[key]))).size !== all.length)
      throw new Refusal('MEMBERS_TWICE', `Two members have the same ${key} key.`);
  }
}

/** SHA-256 of a list of members: what two ends compare before they bond. */
export const membershipDigest = (hashes: Hashes, members: Membership): Uint8Array =>
  hashes.sha256(encodeCanonical(toValue(members)));

/** Ids in hex, as the consensus core has them. */
export const idsOf = ({ voters, learners }: Membership): { voters: string[]; learners: string[] } => ({
  voters: voters.map(({ node }) => toHex(node)),
  learners: learners.map(({ node }) => toHex(node)),
});

const memberValue = ({ node, log, cosigner }: Member): Value => [node, log, cosigner];
const byNode = (a: Member, b: Member): number => compareBytes(a.node, b.node);

/** One spelling per list: members in the order of their keys. */
const toValue = ({ voters, learners, operators }: Membership): Value => [
  voters.toSorted(byNode).map(memberValue),
  learners.toSorted(byNode).map(memberValue),
  operators.toSorted(compareBytes).map((key) => key as Value),
];

function fromValue(value: Value | undefined): Membership {
  if (!Array.isArray(value) || value.length !== 3) throw malformed();
  const [voters, learners, operators] = value.map(listOf);
  const member = (item: Value): Member => {
    const [node, log, cosigner] = listOf(item);
    return { node: bytesOf(node, 32), log: bytesOf(log, 32), cosigner: bytesOf(cosigner, 32) };
  };
  return {
    voters: (voters ?? []).map(member),
    learners: (learners ?? []).map(member),
    operators: (operators ?? []).map((key) => bytesOf(key, 32)),
  };
}

function listOf(value: Value | undefined): readonly Value[] {
  if (!Array.isArray(value)) throw malformed();
  return value as readonly Value[];
}

function bytesOf(value: unknown, length: number): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length !== length) throw malformed();
  return value;
}

const malformed = (): Refusal => new Refusal('MEMBERS_FORMAT', 'The list of members is malformed.');
