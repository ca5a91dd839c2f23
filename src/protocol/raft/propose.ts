/**
 * What is asked of a leader: commands, a change of membership, handing over. A refusal says what stands against it
 * now; nothing has happened then.
 */
import { advance, handOver } from './leader.ts';
import { adopt, changePending, differing, inForce, soundMembers } from './members.ts';
import { sendAllNew, regroup } from './replicate.ts';
import { appendToLog, leading, refuse } from './work.ts';
import type { LeadDraft, Work } from './work.ts';
import type { Entry, Input, MemberId } from './types.ts';

/** The leader's part, if it takes proposals; else the input is refused. */
function accepting(work: Work): LeadDraft | null {
  const lead = leading(work);
  if (lead !== null && lead.transfer === null) return lead;
  refuse(
    work,
    'NOT_LEADER',
    lead === null ? 'This member does not lead the group.' : 'This member is handing over the lead.',
  );
  return null;
}

function enter(work: Work, entries: readonly Entry[]): void {
  const [first] = entries;
  if (first === undefined) return;
  appendToLog(work, entries);
  work.accepted = { first: { term: first.term, index: first.index }, count: entries.length };
}

export function onPropose(work: Work, commands: readonly Uint8Array[]): void {
  if (accepting(work) === null) return;
  const { term, log } = work.state;
  const next = log.last.index + 1;
  const entries: Entry[] = [];
  for (const data of commands) entries.push({ kind: 'command', index: next + entries.length, term, data });
  enter(work, entries);
  sendAllNew(work);
  advance(work);
}

export function onProposeMembers(work: Work, input: Extract<Input, { kind: 'propose-members' }>): void {
  const lead = accepting(work);
  if (lead === null) return;
  const { state } = work;
  const { members, data } = input;
  const present = inForce(state.history).members;
  if (!soundMembers(members))
    return refuse(work, 'MEMBERS_INVALID', 'A group has 1 to 7 voters, and nobody stands in it twice.');
  if (changePending(state.history) || state.commit < lead.first)
    return refuse(work, 'MEMBERS_PENDING', 'An earlier change is not committed yet.');
  const changes = differing(present, members).length;
  if (changes !== 1)
    return refuse(
      work,
      'MEMBERS_INVALID',
      `The membership changes one member at a time; ${changes} differ here.`,
    );
  const index = state.log.last.index + 1;
  const entry: Entry = { kind: 'members', index, term: state.term, members, data };
  enter(work, [entry]);
  state.history = adopt(state.history, [entry]);
  regroup(work);
  sendAllNew(work);
  advance(work);
}

/** Hands over to a voter: as soon as it has the whole log it is asked to stand; given up after an election timeout. */
export function onTransfer(work: Work, to: MemberId): void {
  const lead = leading(work);
  if (lead === null) return refuse(work, 'NOT_LEADER', 'This member does not lead the group.');
  const { state } = work;
  if (to === state.self || !inForce(state.history).members.voters.includes(to))
    return refuse(work, 'TRANSFER_TARGET', 'The lead can be handed over to another voter only.');
  lead.transfer = { to, until: state.now + state.settings.timing.election };
  handOver(work);
}
