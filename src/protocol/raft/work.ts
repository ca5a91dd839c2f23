/**
 * One step under way: a working copy of the state and the effects gathered so far. Only what a step touches is
 * copied (the state's own fields, and for a leader its list of peers); logs are shared.
 */
import { electable, inForce } from './members.ts';
import { append } from './log.ts';
import { electionDeadline, nextChance } from './time.ts';
import type { Rules } from './rules.ts';
import type { Lead, Peer, RaftState } from './state.ts';
import type { Effects, Entry, Envelope, MemberId, Message } from './types.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };
export type PeerDraft = Writable<Peer>;
export type LeadDraft = Writable<Omit<Lead, 'peers'>> & { peers: PeerDraft[] };

/** An append that can go to more than one peer: the same object, so that it need be encoded only once. */
export interface SharedAppend {
  readonly next: number;
  readonly end: number;
  readonly message: Message;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer U)[] ? U[] : T[K] };
type Gathered = Mutable<Omit<Effects, 'persist' | 'changed'>>;

export interface Work extends Gathered {
  readonly rules: Rules;
  readonly before: RaftState;
  readonly state: Writable<RaftState>;
  /** The leader's part, copied when first written to. */
  lead: LeadDraft | null;
  hard: boolean;
  truncateFrom: number | null;
  append: readonly Entry[];
  shared: SharedAppend[];
}

const NONE: never[] = [];
Object.freeze(NONE);

/** What a step says that has nothing to say. */
export const SILENCE: Effects = Object.freeze({
  persist: null,
  now: NONE,
  after: NONE,
  commit: null,
  reads: NONE,
  readsLost: NONE,
  accepted: null,
  refused: null,
  load: NONE,
  fetch: null,
  changed: false,
});

export function begin(rules: Rules, state: RaftState): Work {
  return {
    rules,
    before: state,
    state: { ...state },
    lead: null,
    hard: false,
    truncateFrom: null,
    append: NONE,
    shared: NONE,
    now: NONE,
    after: NONE,
    commit: null,
    reads: NONE,
    readsLost: NONE,
    accepted: null,
    refused: null,
    load: NONE,
    fetch: null,
  };
}

export function finish(work: Work): { readonly state: RaftState; readonly effects: Effects } {
  const { state, before } = work;
  const changed =
    state.role !== before.role ||
    state.term !== before.term ||
    state.leader !== before.leader ||
    inForce(state.history) !== inForce(before.history);
  const persist =
    work.hard || work.truncateFrom !== null || work.append.length > 0
      ? {
          hard: work.hard ? { term: state.term, vote: state.vote } : null,
          truncateFrom: work.truncateFrom,
          append: work.append,
        }
      : null;
  const silent =
    !changed &&
    persist === null &&
    work.now === NONE &&
    work.after === NONE &&
    work.commit === null &&
    work.reads === NONE &&
    work.readsLost === NONE &&
    work.accepted === null &&
    work.refused === null &&
    work.load === NONE &&
    work.fetch === null;
  if (silent) return { state, effects: SILENCE };
  const { now, after, commit, reads, readsLost, accepted, refused, load, fetch } = work;
  return {
    state,
    effects: {
      persist,
      now,
      after,
      commit,
      reads,
      readsLost,
      accepted,
      refused,
      load,
      fetch,
      changed,
    },
  };
}

/** `list` with `item` at its end; the empty list that all steps share is never written to. */
export function put<T>(list: T[], item: T): T[] {
  if (list === NONE) return [item];
  list.push(item);
  return list;
}

export function sendNow(work: Work, to: MemberId, message: Message): void {
  work.now = put<Envelope>(work.now, { to, message });
}

/** For what promises something: it waits for the disk. */
export function sendAfter(work: Work, to: MemberId, message: Message): void {
  work.after = put<Envelope>(work.after, { to, message });
}

export const refuse = (work: Work, code: string, message: string): void => {
  work.refused = { code, message };
};

/** The leader's part to write to; null when this member does not lead. */
export function leading(work: Work): LeadDraft | null {
  const { lead } = work.state;
  if (lead === null) return null;
  if (work.lead === lead) return work.lead;
  work.lead = { ...lead, peers: lead.peers.slice() };
  work.state.lead = work.lead;
  return work.lead;
}

/** The peer at `at`, to write to. */
export function ownPeer(lead: LeadDraft, at: number): PeerDraft {
  const found = lead.peers[at];
  if (found === undefined) throw new RangeError(`no peer ${at}`);
  const peer = { ...found };
  lead.peers[at] = peer;
  return peer;
}

/** Adds entries to the log and to what is to be persisted. */
export function appendToLog(work: Work, entries: readonly Entry[]): void {
  work.state.log = append(work.state.log, entries);
  work.append = work.append.length === 0 ? entries : [...work.append, ...entries];
}

/** Waits a whole election timeout from now, with fresh jitter. */
export function postpone(work: Work): void {
  const { state } = work;
  state.chance = nextChance(state.chance);
  state.deadline = electionDeadline(state.settings, state.now, state.chance);
}

/** What a member is while it neither leads nor stands. */
export function rest(work: Work): void {
  const { state } = work;
  state.role = electable(state.history, state.self) ? 'follower' : 'learner';
}

/**
 * Follows `leader` (null: nobody yet) in `term`. A newer term takes the vote back and is to be persisted; a leader
 * loses its reads with its lead.
 */
export function follow(work: Work, term: number, leader: MemberId | null): void {
  const { state } = work;
  if (term > state.term) {
    state.term = term;
    state.vote = null;
    work.hard = true;
  }
  const { lead } = state;
  if (lead !== null) {
    for (const id of [...lead.confirming, ...lead.waiting]) work.readsLost = put(work.readsLost, id);
    state.lead = null;
    work.lead = null;
    postpone(work);
  }
  state.leader = leader;
  state.answered = -1;
  state.granted = [];
  state.refused = [];
  rest(work);
}
