/**
 * Linearizable reads without a log entry (read-index; Ongaro's thesis 6.4): remember the commit index, let a quorum
 * confirm in a round of messages that nobody else leads, then answer. One round is under way at a time; reads that
 * come meanwhile share the next one. No clock is trusted.
 */
import { majority } from './rules.ts';
import { beat } from './replicate.ts';
import { leading, put } from './work.ts';
import type { Work } from './work.ts';

export function onRead(work: Work, id: number): void {
  const lead = leading(work);
  if (lead === null) {
    work.readsLost = put(work.readsLost, id);
    return;
  }
  lead.waiting = [...lead.waiting, id];
  settleReads(work);
}

/** Answers the reads whose round a quorum has answered, and begins the round of those that wait. */
export function settleReads(work: Work): void {
  const { state, rules } = work;
  const seen = state.lead;
  if (seen === null || (seen.confirming.length === 0 && seen.waiting.length === 0)) return;
  const lead = leading(work);
  // before its own first entry is committed a leader does not know how far its predecessors got (Raft 8)
  if (lead === null || state.commit < lead.first) return;
  const electorate = rules.electorate(state);
  const confirmed = (): boolean =>
    majority(
      electorate,
      (id) =>
        id === state.self || lead.peers.some((peer) => peer.id === id && peer.round >= lead.confirmRound),
    );
  if (lead.confirming.length > 0) {
    if (!confirmed()) return;
    for (const id of lead.confirming) work.reads = put(work.reads, { id, index: lead.confirmIndex });
    lead.confirming = [];
  }
  if (lead.waiting.length === 0) return;
  lead.round += 1;
  lead.confirmRound = lead.round;
  lead.confirmIndex = state.commit;
  lead.confirming = lead.waiting;
  lead.waiting = [];
  // a sole voter is its own quorum
  if (confirmed()) {
    for (const id of lead.confirming) work.reads = put(work.reads, { id, index: lead.confirmIndex });
    lead.confirming = [];
  } else beat(work, (peer) => electorate.includes(peer.id));
}
