/**
 * A leader's term: its first entry, what answers bring, how far entries are committed, heartbeats, and when it goes
 * (Raft 5.3, 5.4.2; check-quorum: thesis 6.2; handing over: 3.10; removing itself: 4.2.2).
 */
import { changePending, inForce, settleHistory } from './members.ts';
import { termAt } from './log.ts';
import { majority } from './rules.ts';
import {
  beat,
  sendNew,
  sendAllNew,
  matched,
  mismatched,
  newPeers,
  probeFrom,
  regroup,
  tellCommit,
} from './replicate.ts';
import { settleReads } from './reads.ts';
import { appendToLog, follow, leading, ownPeer, rest, sendNow } from './work.ts';
import type { Work } from './work.ts';
import type { MemberId, Message, Position } from './types.ts';

/** Takes the lead. `alone`: no other member's vote was needed, so the own one may not be durable yet. */
export function takeLead(work: Work, alone: boolean): void {
  const { state } = work;
  const first = state.log.last.index + 1;
  state.role = 'leader';
  state.leader = state.self;
  state.lead = {
    peers: newPeers(work, first),
    first,
    settled: !alone,
    round: 0,
    beat: state.now,
    confirming: [],
    confirmRound: 0,
    confirmIndex: 0,
    waiting: [],
    transfer: null,
  };
  appendToLog(work, [{ kind: 'no-op', index: first, term: state.term }]);
  sendAllNew(work);
  advance(work);
}

/** The highest index that more than half of the electorate have. */
function agreed(work: Work): number {
  const { state, rules } = work;
  const indexes: number[] = [];
  for (const id of rules.electorate(state))
    indexes.push(
      id === state.self
        ? rules.ownMatch(state)
        : (state.lead?.peers.find((peer) => peer.id === id)?.match ?? 0),
    );
  indexes.sort((a, b) => b - a);
  return indexes[Math.floor(indexes.length / 2)] ?? 0;
}

/** Commits what may be committed and what follows from it: answers to reads, news for followers, a farewell. */
export function advance(work: Work): void {
  const { state, rules } = work;
  const index = Math.min(agreed(work), state.log.last.index);
  if (index > state.commit && rules.mayCount(termAt(state.log, index) ?? 0, state.term)) {
    commitTo(work, index);
    if (state.lead === null) return;
  }
  tellCommit(work);
  settleReads(work);
}

/** Entries up to `index` are committed. Of a leader and of a follower. */
export function commitTo(work: Work, index: number): void {
  const { state } = work;
  state.commit = index;
  work.commit = index;
  const history = settleHistory(state.history, index);
  if (history === state.history) return;
  state.history = history;
  if (state.lead === null) {
    if (state.role === 'follower' || state.role === 'learner') rest(work);
    return;
  }
  regroup(work);
  if (!changePending(history) && !inForce(history).members.voters.includes(state.self)) resign(work);
}

/** A leader that no longer votes goes, and asks the member that is furthest to stand at once. */
function resign(work: Work): void {
  const { state } = work;
  const voters = inForce(state.history).members.voters;
  const heirs = (state.lead?.peers ?? []).filter(({ id }) => voters.includes(id));
  const heir = heirs.toSorted((a, b) => b.match - a.match)[0];
  tellCommit(work);
  if (heir !== undefined) sendNow(work, heir.id, { kind: 'stand-now', term: state.term });
  follow(work, state.term, null);
}

export function onAppendAnswer(
  work: Work,
  from: MemberId,
  message: Extract<Message, { kind: 'append-answer' }>,
): void {
  const { state } = work;
  if (message.term > state.term) return follow(work, message.term, null);
  const lead = leading(work);
  const at = lead?.peers.findIndex((peer) => peer.id === from) ?? -1;
  if (lead === null || at < 0 || message.term < state.term) return;
  // nobody can have more than was sent, nor answer a round that has not begun
  if (message.index > state.log.last.index || message.round > lead.round) return;
  const peer = ownPeer(lead, at);
  peer.heard = state.now;
  if (message.round > peer.round) peer.round = message.round;
  const had = peer.match;
  if (message.ok) matched(work, peer, message.index);
  else mismatched(work, peer, { term: message.conflict, index: message.index });
  if (peer.match > had) advance(work);
  else settleReads(work);
  if (state.lead === null) return;
  sendNew(work, at);
  tellCommit(work);
  handOver(work);
}

/** The own log is durable up to `upTo`, unless that entry has been replaced meanwhile. */
export function onPersisted(work: Work, upTo: Position): void {
  const { state } = work;
  if (upTo.index <= state.durable || termAt(state.log, upTo.index) !== upTo.term) return;
  state.durable = upTo.index;
  const lead = leading(work);
  if (lead === null) return;
  if (upTo.index >= lead.first) lead.settled = true;
  advance(work);
}

/** What a tick means for a leader. */
export function onLeaderTick(work: Work): void {
  const { state, rules } = work;
  const seen = state.lead;
  if (seen === null || state.now - seen.beat < state.settings.timing.heartbeat) return;
  const { election } = state.settings.timing;
  const heard = (id: MemberId): boolean =>
    id === state.self || seen.peers.some((peer) => peer.id === id && state.now - peer.heard < election);
  if (!majority(rules.electorate(state), heard)) return follow(work, state.term, null);
  const lead = leading(work);
  if (lead === null) return;
  lead.beat = state.now;
  lead.round += 1;
  if (lead.transfer !== null && state.now >= lead.transfer.until) lead.transfer = null;
  beat(work, () => true);
  handOver(work);
}

/** Once the chosen member has everything, it is asked to stand; again at each heartbeat, should that get lost. */
export function handOver(work: Work): void {
  const { lead, log, term } = work.state;
  if (lead === null || lead.transfer === null) return;
  const { to } = lead.transfer;
  if (lead.peers.some((peer) => peer.id === to && peer.match === log.last.index))
    sendNow(work, to, { kind: 'stand-now', term });
}

/**
 * The link to a member broke. What was sent and not answered may be lost, and the member may come back with less
 * than it had, out of a backup: what it has counts again once it says so.
 */
export function onDisconnected(work: Work, member: MemberId): void {
  const lead = leading(work);
  const at = lead?.peers.findIndex((peer) => peer.id === member) ?? -1;
  if (lead === null || at < 0) return;
  const peer = ownPeer(lead, at);
  const { match } = peer;
  peer.match = 0;
  if (peer.mode !== 'snapshot') probeFrom(peer, match + 1);
}
