/**
 * Watches a schedule for the five properties of Raft (figure 3 of the paper), step by step: each check looks only
 * at what the step changed, and by induction all of it holds.
 */
import { entriesInMemory } from '../../src/protocol/raft/index.ts';
import type { Effects, Entry, MemberId, Position, RaftState } from '../../src/protocol/raft/index.ts';

/** The schedule broke a rule. */
export class Violation extends Error {}

const same = (a: Entry, b: Entry): boolean =>
  a === b ||
  (a.index === b.index &&
    a.term === b.term &&
    a.kind === b.kind &&
    (a.kind === 'no-op' || b.kind === 'no-op' || a.data === b.data));

const show = (entry: Entry | undefined): string =>
  entry === undefined ? 'nothing' : `${entry.kind} of term ${entry.term}`;

interface Committed {
  readonly entry: Entry;
  /** The term of who first knew that it is committed. */
  readonly inTerm: number;
}

export class Judge {
  elections = 0;
  /** What is committed, entry 1 first. */
  readonly truth: Committed[] = [];
  readonly #leaders = new Map<number, MemberId>();
  readonly #written = new Map<number, { entry: Entry; before: number }>();
  readonly #effective = new Map<number, number>();

  step(before: RaftState, after: RaftState, effects: Effects): void {
    if (after.term < before.term) throw new Violation(`term of ${after.self} fell to ${after.term}`);
    if (after.commit < before.commit) throw new Violation(`commit of ${after.self} fell to ${after.commit}`);
    const { lead } = after;
    if (lead === null) return;
    const goesOn = before.lead !== null && before.term === after.term;
    if (goesOn && effects.persist !== null && effects.persist.truncateFrom !== null)
      throw new Violation(`leader append-only: ${after.self} removed entries of its log`);
    // a sole voter leads for others only from when its own vote is durable: until then a crash undoes its lead
    if (lead.settled && !(goesOn && before.lead?.settled === true)) this.#elected(after);
  }

  #elected(state: RaftState): void {
    const { self, term } = state;
    const other = this.#leaders.get(term);
    if (other !== undefined && other !== self)
      throw new Violation(`election safety: ${other} and ${self} both lead term ${term}`);
    this.#leaders.set(term, self);
    this.elections += 1;
    // log matching makes the last entry stand for all before it
    let last = this.truth.length;
    while (last > 0 && this.truth[last - 1]!.inTerm >= term) last -= 1;
    // what is no longer in memory was committed here too
    if (last <= state.log.before.index) return;
    const [entry] = entriesInMemory(state, last, last);
    if (entry === undefined || !same(entry, this.truth[last - 1]!.entry))
      throw new Violation(
        `leader completeness: ${self} leads term ${term} but has ${show(entry)} at ${last}, ` +
          `where ${show(this.truth[last - 1]?.entry)} is committed`,
      );
  }

  /** `entry` is on a disk after `before`. */
  written(entry: Entry, before: Position): void {
    const key = entry.term * 2 ** 24 + entry.index;
    const known = this.#written.get(key);
    if (known === undefined) this.#written.set(key, { entry, before: before.term });
    else if (!same(known.entry, entry) || known.before !== before.term)
      throw new Violation(
        `log matching: entry ${entry.index} of term ${entry.term} is ${show(known.entry)} after term ` +
          `${known.before} and ${show(entry)} after term ${before.term}`,
      );
  }

  /** `self`, in `term`, applies `entry`. */
  applies(self: MemberId, term: number, entry: Entry): void {
    const known = this.truth[entry.index - 1];
    if (known === undefined) {
      if (entry.index !== this.truth.length + 1)
        throw new Violation(`${self} applies entry ${entry.index}, but ${this.truth.length} are committed`);
      this.truth.push({ entry, inTerm: term });
    } else if (!same(known.entry, entry))
      throw new Violation(
        `state machine safety: ${self} applies ${show(entry)} at ${entry.index}, where ` +
          `${show(known.entry)} was applied`,
      );
  }

  /** `operation` took effect at `index` of some machine. */
  effective(operation: number, index: number): void {
    const known = this.#effective.get(operation);
    if (known !== undefined && known !== index)
      throw new Violation(`operation ${operation} took effect at ${known} and again at ${index}`);
    this.#effective.set(operation, index);
  }

  /** The index at which `operation` took effect; undefined: it did not. */
  tookEffect(operation: number): number | undefined {
    return this.#effective.get(operation);
  }
}
