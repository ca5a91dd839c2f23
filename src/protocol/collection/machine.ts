/**
 * The machine of a collection: reads what the Group has committed, judges who wrote it and whether for the first
 * time, and lets the rules of its kind act (coalition.md 3.5: signature and authority are checked inside `apply`).
 * The same leaves in the same order give the same outcomes and the same snapshot everywhere.
 */
import {
  blake3,
  decodeCanonical,
  encodeCanonical,
  fromHex,
  Refusal,
  sameBytes,
  toHex,
} from '../bytes/index.ts';
import type { Plan, SignatureJob, UniqueId, Value } from '../bytes/index.ts';
import { readCollectionLeaf } from './command.ts';
import type { ReadCommand } from './command.ts';
import { collectionSignature } from './definition.ts';
import type { Definition } from './definition.ts';
import { ENTRY, MAX_VALUE } from './element.ts';
import { broken, joinFields, splitFields } from './fields.ts';
import type { Edit, Effect, Rules } from './rules.ts';

/** Bytes that a state is counted for at most, so that memory can hold it and a snapshot of it can travel. */
export const MAX_STATE = 32 * 1024 * 1024;
const MAX_SNAPSHOT = 2 * MAX_STATE;
/** Bytes that an author is counted for: it is kept as an entry is. */
const AUTHOR = ENTRY;

export type RefusalCode =
  | 'COLLECTION_COMMAND'
  | 'COLLECTION_ELEMENT'
  | 'COLLECTION_WRITER'
  | 'COLLECTION_REPLAYED'
  | 'COLLECTION_GAP'
  | 'COLLECTION_SIGNATURE'
  | 'COLLECTION_FULL';

/** What became of a leaf: the same on every replica. */
export type Outcome =
  | { readonly kind: 'applied'; readonly author: string; readonly counter: number; readonly effect: Effect }
  | {
      readonly kind: 'refused';
      /** Hex, as the leaf claims it; null when it claims nothing that can be read. */
      readonly author: string | null;
      readonly counter: number;
      readonly code: RefusalCode;
      readonly message: string;
    };

export interface CollectionMachine<View> {
  readonly definition: Definition;
  readonly signature: UniqueId;
  /** Which Group of this collection its commands are signed for. */
  readonly scope: UniqueId;
  /** The state as it is now; take it anew after `restore`. */
  view(): View;
  /**
   * Judges leaves in order. `conclude` changes the state and answers one outcome each; plans are concluded in the
   * order of the log.
   */
  plan(leaves: readonly Uint8Array[]): Plan<readonly Outcome[]>;
  /** The number that this author's next command must carry. `author`: hex. */
  next(author: string): number;
  /** The whole state: the same bytes wherever the state is the same. */
  snapshot(): Uint8Array;
  /** Replaces the state, or leaves it as it is. Errors: `COLLECTION_SNAPSHOT`. */
  restore(snapshot: Uint8Array): void;
  /** BLAKE3 of the snapshot. */
  digest(): UniqueId;
}

/** Errors: `COLLECTION_DEFINITION`. */
export function createMachine<View>(
  definition: Definition,
  scope: UniqueId,
  createRules: () => Rules<View>,
): CollectionMachine<View> {
  const signature = collectionSignature(definition);
  const writers = definition.writers === 'anyone' ? null : new Set(definition.writers.map(toHex));
  let rules = createRules();
  /** Of each author, hex: the number of its last command. */
  let counters = new Map<string, number>();

  const next = (author: string): number => (counters.get(author) ?? 0) + 1;

  const judge = (command: ReadCommand, signed: () => boolean): Outcome => {
    const { authorHex: author, counter } = command;
    const refused = (code: RefusalCode, message: string): Outcome => ({
      kind: 'refused',
      author,
      counter,
      code,
      message,
    });
    if (writers !== null && !writers.has(author))
      return refused('COLLECTION_WRITER', 'This author is not among the writers of the collection.');
    const expected = next(author);
    if (counter < expected)
      return refused('COLLECTION_REPLAYED', `Command ${counter} of this author was taken before.`);
    if (counter > expected)
      return refused('COLLECTION_GAP', `Command ${expected} of this author must come before ${counter}.`);
    if (!signed())
      return refused('COLLECTION_SIGNATURE', 'The signature is not that of the author it names.');
    const used = rules.bytes() + counters.size * AUTHOR + AUTHOR;
    if (expected === 1 && used > MAX_STATE) return refused('COLLECTION_FULL', FULL);
    // from here on the command is the author's own, and its number is spent
    counters.set(author, counter);
    let edit: Edit;
    try {
      edit = rules.read(command.operation, command.args);
    } catch (error) {
      if (error instanceof Refusal && error.code === 'COLLECTION_ELEMENT')
        return refused('COLLECTION_ELEMENT', error.message);
      if (error instanceof Refusal) return refused('COLLECTION_COMMAND', error.message);
      throw error;
    }
    if (edit.grows > 0 && used + edit.grows > MAX_STATE) return refused('COLLECTION_FULL', FULL);
    return { kind: 'applied', author, counter, effect: edit.run() };
  };

  const snapshot = (): Uint8Array =>
    encodeCanonical([
      signature,
      [...counters].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, counter]) => [fromHex(key), counter]),
      joinFields(rules.fields()),
    ]);

  return {
    definition,
    signature,
    scope,
    view: () => rules.view,
    plan(leaves) {
      const jobs: SignatureJob[] = [];
      const read = leaves.map((leaf) => {
        try {
          const command = readCollectionLeaf(leaf, scope);
          const { authorHex } = command;
          // what a stranger wrote, or what was taken, is refused whatever its signature is
          if ((writers !== null && !writers.has(authorHex)) || command.counter < next(authorHex))
            return { command, job: -1 };
          return { command, job: jobs.push(command.job) - 1 };
        } catch (error) {
          if (error instanceof Refusal) return null;
          throw error;
        }
      });
      return {
        jobs,
        conclude: (answers) =>
          read.map((one) =>
            one === null ? UNREADABLE : judge(one.command, () => answers[one.job] === true),
          ),
      };
    },
    next,
    snapshot,
    restore(bytes) {
      const fresh = createRules();
      const authors = new Map<string, number>();
      try {
        const [whose, list, fields, ...more] = arrayOf(decodeCanonical(bytes, MAX_SNAPSHOT));
        if (!(whose instanceof Uint8Array) || !sameBytes(whose, signature) || more.length > 0) throw broken();
        let before = '';
        for (const item of arrayOf(list)) {
          const [key, counter, ...rest] = arrayOf(item);
          if (!(key instanceof Uint8Array) || key.length !== 32 || rest.length > 0) throw broken();
          if (typeof counter !== 'number' || counter < 1 || toHex(key) <= before) throw broken();
          before = toHex(key);
          authors.set(before, counter);
        }
        if (!(fields instanceof Uint8Array)) throw broken();
        fresh.load(splitFields(fields, MAX_VALUE));
      } catch (error) {
        throw error instanceof Refusal ? broken() : error;
      }
      rules = fresh;
      counters = authors;
    },
    digest: () => blake3(snapshot()),
  };
}

const FULL = `A collection holds at most ${MAX_STATE / 1024 / 1024} MiB, each entry counted for ${ENTRY} bytes more than it has.`;
const UNREADABLE: Outcome = {
  kind: 'refused',
  author: null,
  counter: 0,
  code: 'COLLECTION_COMMAND',
  message: 'The bytes are no command of this collection.',
};

const arrayOf = (value: Value | undefined): readonly Value[] => {
  if (!Array.isArray(value)) throw broken();
  return value as readonly Value[];
};
