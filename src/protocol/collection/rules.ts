/** What each kind of collection brings to the machine: its operations, its state in rows, and how it is read. */
import type { Value } from '../bytes/index.ts';

/** What a command did. */
export interface Effect {
  /** Entries that the command acted on and that show it afterwards; 0: everything is as it was. */
  readonly changed: number;
  /** Canonical bytes of what stood there before or was taken away; null: nothing. */
  readonly was: Uint8Array | null;
  /** Entries that a bounded queue let go of. */
  readonly evicted: number;
}

/** An operation that was read and fits; nothing is changed before `run`. */
export interface Edit {
  /** Bytes that the state grows by, at most. */
  readonly grows: number;
  run(): Effect;
}

export interface Rules<View> {
  readonly view: View;
  /** Bytes of all elements, with `ENTRY` for each entry. */
  bytes(): number;
  /** Errors: `COLLECTION_COMMAND`, `COLLECTION_ELEMENT`. */
  read(operation: string, args: readonly Value[]): Edit;
  /** The whole state in its one order: so many byte strings for each entry. */
  fields(): Uint8Array[];
  /** Fills an empty state. Errors: a Refusal when these are no entries in that order. */
  load(fields: readonly Uint8Array[]): void;
}

/** An edit that takes no room. */
export const keeping = (run: () => Effect): Edit => ({ grows: 0, run });

export const effect = (changed: number, was: Uint8Array | null = null, evicted = 0): Effect => ({
  changed,
  was,
  evicted,
});
