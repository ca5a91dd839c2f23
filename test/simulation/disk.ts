/**
 * A simulated disk: writes are durable in order, some time after they were asked for; a crash loses what was not,
 * but for a beginning of the write that was under way (a torn tail).
 */
import type { Effects, Entry, MemberId, Members, Position } from '../../src/protocol/raft/index.ts';
import type { Machine } from './machine.ts';

export interface Snapshot {
  readonly last: Position;
  readonly members: Members;
  readonly machine: Machine;
}

export type Write =
  | { readonly kind: 'persist'; readonly persist: NonNullable<Effects['persist']> }
  /** Drop entries up to the snapshot, which was taken here. */
  | { readonly kind: 'compact'; readonly snapshot: Snapshot }
  /** Put a snapshot from elsewhere in place of the log. */
  | { readonly kind: 'install'; readonly snapshot: Snapshot };

export class Disk {
  hard: { readonly term: number; readonly vote: MemberId | null } = { term: 0, vote: null };
  snapshot: Snapshot;
  /** Entries after the snapshot. */
  entries: Entry[] = [];
  /** Lowest index known to be committed. */
  commit = 0;

  constructor(snapshot: Snapshot) {
    this.snapshot = snapshot;
  }

  get last(): Position {
    return this.entries.at(-1) ?? this.snapshot.last;
  }

  entry(index: number): Entry | undefined {
    return this.entries[index - this.snapshot.last.index - 1];
  }

  /** Where entry `index` is, or the snapshot ends there; undefined when it is neither. */
  position(index: number): Position | undefined {
    return index === this.snapshot.last.index ? this.snapshot.last : this.entry(index);
  }

  /** The membership in force after entry `index`. */
  membersAt(index: number): Members {
    for (let at = index; at > this.snapshot.last.index; at--) {
      const entry = this.entry(at);
      if (entry?.kind === 'members') return entry.members;
    }
    return this.snapshot.members;
  }

  /** The single strokes of a write, in order: a crash may fall between any two of them. */
  strokes(write: Write, onAppend: (entry: Entry, before: Position) => void): (() => void)[] {
    switch (write.kind) {
      case 'persist': {
        const { hard, truncateFrom, append } = write.persist;
        const strokes: (() => void)[] = [];
        if (hard) strokes.push(() => void (this.hard = hard));
        if (truncateFrom !== null) strokes.push(() => this.#cut(truncateFrom));
        for (const entry of append) strokes.push(() => this.#add(entry, onAppend));
        return strokes;
      }
      case 'compact':
        return [() => this.#compact(write.snapshot)];
      case 'install':
        return [() => this.#install(write.snapshot)];
    }
  }

  #cut(from: number): void {
    this.entries.length = Math.min(this.entries.length, Math.max(0, from - this.snapshot.last.index - 1));
  }

  #add(entry: Entry, onAppend: (entry: Entry, before: Position) => void): void {
    // a snapshot that was installed meanwhile already contains it
    if (entry.index <= this.snapshot.last.index) return;
    const { last } = this;
    if (entry.index !== last.index + 1)
      throw new Error(`entry ${entry.index} is written after entry ${last.index}`);
    onAppend(entry, last);
    this.entries.push(entry);
  }

  #compact(snapshot: Snapshot): void {
    const dropped = snapshot.last.index - this.snapshot.last.index;
    if (dropped <= 0) return;
    this.entries.splice(0, dropped);
    this.snapshot = snapshot;
  }

  #install(snapshot: Snapshot): void {
    if (snapshot.last.index <= this.snapshot.last.index) return;
    const follows = this.entry(snapshot.last.index)?.term === snapshot.last.term;
    if (follows) this.entries.splice(0, snapshot.last.index - this.snapshot.last.index);
    else this.entries = [];
    this.snapshot = snapshot;
  }
}
