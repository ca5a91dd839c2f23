/**
 * The leader's side of the log: what goes to whom (Raft 5.3). A peer is probed with one append at a time until one
 * matches, then appends are pipelined; heartbeats name the entry before the next one, so that a lost message shows
 * as a gap. What is no longer in memory is loaded, what is no longer stored is offered as a snapshot.
 */
import { audience } from './members.ts';
import { entriesOf, START, termAt } from './log.ts';
import { emptyRun, runAppend, runAt, runDrop, runLength } from './run.ts';
import { leading, ownPeer, put, sendAfter, sendNow } from './work.ts';
import type { LeadDraft, PeerDraft, Work } from './work.ts';
import type { Peer } from './state.ts';
import type { Entry, Input, MemberId, Message, Position } from './types.ts';

export const newPeer = (id: MemberId, next: number, now: number): PeerDraft => ({
  id,
  mode: 'probe',
  match: 0,
  next,
  prev: null,
  flight: emptyRun(),
  probing: false,
  loading: false,
  heard: now,
  round: 0,
  told: 0,
});

/** What an entry weighs in a message, roughly. */
const sizeOf = (entry: Entry): number =>
  entry.kind === 'no-op'
    ? 16
    : entry.kind === 'command'
      ? entry.data.length + 32
      : entry.data.length + 96 + 72 * (entry.members.voters.length + entry.members.learners.length);

/** The index of the last entry that still fits into an append from `next` on; at least `next` itself. */
function endOf(work: Work, next: number): number {
  const { log, settings } = work.state;
  const { items, from, to } = log.tail;
  let at = from + next - log.before.index - 1;
  let bytes = 0;
  let end = next - 1;
  for (; at < to; at++) {
    const entry = items[at];
    if (entry === undefined) break;
    bytes += sizeOf(entry);
    if (bytes > settings.limits.batchBytes && end >= next) break;
    end += 1;
  }
  return end;
}

/** The entry before the peer's next one, if its term is known. */
function prevOf(work: Work, peer: Peer): Position | null {
  const index = peer.next - 1;
  const term = termAt(work.state.log, index);
  if (term !== null) return { term, index };
  return peer.prev?.index === index ? peer.prev : null;
}

function send(work: Work, lead: LeadDraft, peer: PeerDraft, message: Message): void {
  (lead.settled ? sendNow : sendAfter)(work, peer.id, message);
}

/** An append to `peer`; peers that are equally far get the same message object. */
function sendAppend(work: Work, lead: LeadDraft, peer: PeerDraft, prev: Position, end: number): void {
  const { state } = work;
  peer.told = state.commit;
  for (const { next, end: until, message } of work.shared)
    if (next === prev.index + 1 && until === end && message.kind === 'append')
      if (message.round === lead.round && message.commit === state.commit)
        return send(work, lead, peer, message);
  const message: Message = {
    kind: 'append',
    term: state.term,
    prev,
    entries: end > prev.index ? entriesOf(state.log, prev.index + 1, end) : [],
    commit: state.commit,
    round: lead.round,
  };
  work.shared = put(work.shared, { next: prev.index + 1, end, message });
  send(work, lead, peer, message);
}

function offer(work: Work, lead: LeadDraft, peer: PeerDraft): void {
  const { term, snapshot } = work.state;
  send(work, lead, peer, { kind: 'snapshot-offer', term, last: snapshot, round: lead.round });
}

/** Counts entries up to `end` as under way. */
function launched(peer: PeerDraft, prev: Position, last: Position): void {
  if (peer.mode === 'probe') {
    peer.probing = true;
    peer.prev = prev;
    return;
  }
  peer.next = last.index + 1;
  peer.prev = last;
  peer.flight = runAppend(peer.flight, [last.index]);
}

const hasRoom = (work: Work, peer: Peer): boolean =>
  peer.mode === 'probe'
    ? !peer.probing
    : peer.mode === 'replicate' && runLength(peer.flight) < work.state.settings.limits.inflight;

/** Sends to the peer at `at` whatever is new and fits into its window. */
export function sendNew(work: Work, at: number): void {
  const lead = leading(work);
  const found = lead?.peers[at];
  if (lead === null || found === undefined) return;
  const { log, snapshot } = work.state;
  if (!hasRoom(work, found) || found.next > log.last.index) return;
  const peer = ownPeer(lead, at);
  while (hasRoom(work, peer) && peer.next <= log.last.index) {
    if (peer.next <= log.before.index) return sendStored(work, lead, peer, snapshot);
    const term = termAt(log, peer.next - 1);
    if (term === null) return;
    const prev = { term, index: peer.next - 1 };
    const end = endOf(work, peer.next);
    sendAppend(work, lead, peer, prev, end);
    launched(peer, prev, { term: termAt(log, end) ?? 0, index: end });
  }
}

/** The peer's next entry is not in memory: it is loaded, or the peer needs a snapshot. */
function sendStored(work: Work, lead: LeadDraft, peer: PeerDraft, snapshot: Position): void {
  if (peer.next <= snapshot.index) {
    peer.mode = 'snapshot';
    peer.flight = emptyRun();
    offer(work, lead, peer);
  } else if (!peer.loading) {
    peer.loading = true;
    work.load = put(work.load, { to: peer.id, from: peer.next });
  }
}

export function sendAllNew(work: Work): void {
  const count = work.state.lead?.peers.length ?? 0;
  for (let at = 0; at < count; at++) sendNew(work, at);
}

/** Entries that `effects.load` asked for. Those that do not fit any more are dropped; the next beat asks again. */
export function onLoaded(work: Work, input: Extract<Input, { kind: 'loaded' }>): void {
  const lead = leading(work);
  const at = lead?.peers.findIndex((peer) => peer.id === input.to) ?? -1;
  if (lead === null || at < 0) return;
  const peer = ownPeer(lead, at);
  peer.loading = false;
  // only what is committed is certain to be what it was when it was asked for
  const entries = input.entries.filter((entry) => entry.index <= work.state.commit);
  const last = entries.at(-1);
  if (last === undefined || input.prev.index !== peer.next - 1 || !hasRoom(work, peer)) return;
  const { term, commit } = work.state;
  peer.told = commit;
  send(work, lead, peer, { kind: 'append', term, prev: input.prev, entries, commit, round: lead.round });
  launched(peer, input.prev, { term: last.term, index: last.index });
  sendNew(work, at);
}

/** One empty append to each of the peers that `to` names: the lead goes on, and gaps show. */
export function beat(work: Work, to: (peer: Peer) => boolean): void {
  const lead = leading(work);
  if (lead === null) return;
  for (let at = 0; at < lead.peers.length; at++) {
    const found = lead.peers[at];
    if (found === undefined || !to(found)) continue;
    const peer = ownPeer(lead, at);
    if (peer.mode === 'snapshot') {
      offer(work, lead, peer);
      continue;
    }
    const prev = prevOf(work, peer);
    sendAppend(work, lead, peer, prev ?? START, prev?.index ?? 0);
    if (prev === null) {
      peer.probing = false;
      sendNew(work, at);
    }
  }
}

/** Tells peers that have everything, and would hear nothing before the next heartbeat, how far it is committed. */
export function tellCommit(work: Work): void {
  const { lead: seen, log, commit } = work.state;
  if (seen === null) return;
  for (let at = 0; at < seen.peers.length; at++) {
    const found = seen.peers[at];
    if (found === undefined || found.told >= commit || found.mode !== 'replicate') continue;
    if (found.next <= log.last.index || runLength(found.flight) > 0) continue;
    const lead = leading(work);
    if (lead === null) return;
    const peer = ownPeer(lead, at);
    const prev = prevOf(work, peer);
    if (prev !== null) sendAppend(work, lead, peer, prev, prev.index);
  }
}

/** The peer has everything up to `index`. */
export function matched(work: Work, peer: PeerDraft, index: number): void {
  if (index > peer.match) peer.match = index;
  if (peer.mode === 'replicate') {
    let done = 0;
    while ((runAt(peer.flight, done) ?? Infinity) <= index) done += 1;
    if (done > 0) peer.flight = runDrop(peer.flight, done);
    if (index >= peer.next) peer.next = index + 1;
    return;
  }
  // a probe is answered when the entry before the next one matches; a snapshot, when the log goes on from it
  if (index < (peer.mode === 'probe' ? peer.next - 1 : work.state.snapshot.index)) return;
  peer.mode = 'replicate';
  peer.next = index + 1;
  peer.probing = false;
  peer.flight = emptyRun();
}

/** The peer lacks the entry before the one that was sent: where to try next (Raft 5.3, whole terms at a time). */
export function mismatched(work: Work, peer: PeerDraft, hint: Position): void {
  if (peer.mode === 'snapshot') return;
  const { log } = work.state;
  const tried = peer.next - 1;
  let index = hint.index;
  while (index > peer.match && (termAt(log, index) ?? 0) > hint.term) index -= 1;
  // our term at `tried` is not in memory, so there is nothing to skip by: back to what is certain
  if (index === tried && termAt(log, index) === null) index = peer.match;
  index = Math.max(index, peer.match);
  if (index >= tried) return; // an answer to something older
  probeFrom(peer, index + 1);
}

/** Starts over with one append at a time: what was sent and not answered may be lost. */
export function probeFrom(peer: PeerDraft, next: number): void {
  peer.mode = 'probe';
  peer.next = next;
  peer.prev = null;
  peer.probing = false;
  peer.loading = false;
  peer.flight = emptyRun();
}

/** The peers of a new leader, whose first entry is at `first`. */
export const newPeers = (work: Work, first: number): PeerDraft[] =>
  audience(work.state.history, work.state.self).map((id) => newPeer(id, first, work.state.now));

/** After a change of membership: new ones are probed, and who has left hears once more how far it is committed. */
export function regroup(work: Work): void {
  const lead = leading(work);
  if (lead === null) return;
  const { history, self, log, now } = work.state;
  const stay = audience(history, self);
  for (const peer of lead.peers) {
    if (stay.includes(peer.id) || peer.mode !== 'replicate') continue;
    const prev = prevOf(work, peer);
    if (prev !== null) sendAppend(work, lead, { ...peer }, prev, prev.index);
  }
  lead.peers = stay.map(
    (id) => lead.peers.find((peer) => peer.id === id) ?? newPeer(id, log.last.index, now),
  );
}
