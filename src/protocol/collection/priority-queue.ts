/**
 * PriorityQueue (coalition.md 3.5): entries by key, in the order of their priorities. Operations: `insert` [priority,
 * key, value] …, `update-priority` key priority, `update-value` key value, `exchange` key found [new?], `remove` key …,
 * `remove-range` from to, `clear`. A key stands once; a bounded queue lets go of its lowest entry after each insert
 * that makes it too long. Equal priorities stand in the order of their keys' canonical bytes.
 */
import { decodeCanonical, sameBytes } from '../bytes/index.ts';
import type { UniqueId, Value } from '../bytes/index.ts';
import { createBlocks } from './blocks.ts';
import { eachOf, listOf, malformed, optionOf, valueOf } from './command.ts';
import type { PriorityQueueDefinition } from './definition.ts';
import {
  checkPriority,
  comparePriorities,
  ENTRY,
  keyBytes,
  keyText,
  MAX_KEY,
  priorityWeight,
  valueBytes,
} from './element.ts';
import type { Priority } from './element.ts';
import { exchangeBytes } from './exchange.ts';
import { broken } from './fields.ts';
import { createMachine } from './machine.ts';
import type { CollectionMachine } from './machine.ts';
import { effect, keeping } from './rules.ts';
import type { Edit, Effect, Rules } from './rules.ts';

export interface QueueEntry {
  readonly priority: Priority;
  /** Canonical bytes. */
  readonly key: Uint8Array;
  /** Canonical bytes. */
  readonly value: Uint8Array;
}

export interface PriorityQueueView {
  size(): number;
  get(key: Uint8Array): QueueEntry | undefined;
  min(): QueueEntry | undefined;
  max(): QueueEntry | undefined;
  /** Lowest first; read it before anything is applied. */
  ascending(): IterableIterator<QueueEntry>;
  descending(): IterableIterator<QueueEntry>;
}

/** `scope`: 32 bytes that commands are signed for. Errors: `COLLECTION_DEFINITION`. */
export const createPriorityQueueMachine = (
  definition: PriorityQueueDefinition,
  scope: UniqueId,
): CollectionMachine<PriorityQueueView> =>
  createMachine(definition, scope, () => queueRules(definition.capacity ?? Infinity));

interface Entry extends QueueEntry {
  readonly text: string;
  /** Canonical bytes of the priority. */
  readonly rank: Uint8Array;
  /** Bytes that it is counted for. */
  readonly weight: number;
}

/** What may change about an entry. */
type Ranked = Pick<Entry, 'priority' | 'rank' | 'value'>;

/** One end of a range: null is open. */
type Bound = { readonly at: Priority; readonly included: boolean } | null;

function queueRules(capacity: number): Rules<PriorityQueueView> {
  const byKey = new Map<string, Entry>();
  const order = createBlocks<Entry>();
  let bytes = 0;

  const compare = (a: Entry, b: Entry): number =>
    comparePriorities(a.priority, b.priority) || (a.text < b.text ? -1 : a.text > b.text ? 1 : 0);
  const placeOf = (entry: Entry): number => order.search((one) => compare(one, entry) < 0);
  const drop = (entry: Entry): void => {
    byKey.delete(entry.text);
    order.remove(placeOf(entry));
    bytes -= entry.weight;
  };
  const put = (entry: Entry): void => {
    const before = byKey.get(entry.text);
    if (before !== undefined) drop(before);
    byKey.set(entry.text, entry);
    order.insert(placeOf(entry), entry);
    bytes += entry.weight;
  };
  const insert = (entries: readonly Entry[]): Effect => {
    let was: Uint8Array | undefined;
    let evicted = 0;
    for (const entry of entries) {
      was = byKey.get(entry.text)?.value;
      put(entry);
      const lowest = order.at(0);
      if (byKey.size <= capacity || lowest === undefined) continue;
      drop(lowest);
      evicted += 1;
    }
    return effect(entries.filter((entry) => byKey.get(entry.text) === entry).length, was, evicted);
  };
  const removeRange = (from: Bound, to: Bound): Effect => {
    const below = (entry: Entry, bound: Bound, whenEqual: boolean): boolean => {
      if (bound === null) return false;
      const place = comparePriorities(entry.priority, bound.at);
      return place < 0 || (place === 0 && whenEqual);
    };
    const start = order.search((entry) => below(entry, from, from?.included === false));
    const end = to === null ? order.length() : order.search((entry) => below(entry, to, to.included));
    if (end <= start) return effect(0);
    const gone = order.cut(start, end);
    for (const entry of gone) {
      byKey.delete(entry.text);
      bytes -= entry.weight;
    }
    return effect(gone.length);
  };
  const clear = (): Effect => {
    const count = byKey.size;
    byKey.clear();
    order.load([]);
    bytes = 0;
    return effect(count);
  };
  /** Acts on the entry of a key; where there is none, nothing happens. */
  const onEntry = (key: Value | undefined, grows: number, act: (entry: Entry) => Effect): Edit => {
    const text = keyText(keyBytes(valueOf(key)));
    return {
      grows,
      run() {
        const entry = byKey.get(text);
        return entry === undefined ? effect(0) : act(entry);
      },
    };
  };
  const change = (before: Entry, { priority, rank, value }: Ranked): Effect => {
    put(entryOf(priority, rank, before.key, value));
    return effect(1, before.value);
  };

  return {
    view: {
      size: () => byKey.size,
      get: (key) => byKey.get(keyText(key)),
      min: () => order.at(0),
      max: () => order.at(order.length() - 1),
      ascending: () => order.from(0),
      descending: order.backwards,
    },
    bytes: () => bytes,
    read(operation, args) {
      const [first, second, third] = args;
      switch (operation) {
        case 'insert': {
          const entries = eachOf(args, (item) => {
            const [priority, key, value] = listOf(item, 3);
            const given = valueOf(priority);
            return entryOf(given, keyBytes(given), keyBytes(valueOf(key)), valueBytes(valueOf(value)));
          });
          return {
            grows: entries.reduce((sum, { weight }) => sum + weight, 0),
            run: () => insert(entries),
          };
        }
        case 'update-priority': {
          listOf(args, 2);
          const priority = checkPriority(valueOf(second));
          const rank = keyBytes(priority);
          const grows = rank.length + priorityWeight(priority);
          return onEntry(first, grows, (entry) => change(entry, { ...entry, priority, rank }));
        }
        case 'update-value': {
          listOf(args, 2);
          const value = valueBytes(valueOf(second));
          return onEntry(first, value.length, (entry) => change(entry, { ...entry, value }));
        }
        case 'exchange': {
          listOf(args, 3);
          const { wanted, value } = exchangeBytes(valueOf(second), optionOf(third));
          return onEntry(first, value?.length ?? 0, (entry) => {
            if (wanted === undefined || !sameBytes(entry.value, wanted)) return effect(0, entry.value);
            if (value !== undefined) return change(entry, { ...entry, value });
            drop(entry);
            return effect(1, entry.value);
          });
        }
        case 'remove': {
          const texts = eachOf(args, (key) => keyText(keyBytes(key)));
          return keeping(() => {
            const gone = texts.flatMap((text) => {
              const entry = byKey.get(text);
              if (entry !== undefined) drop(entry);
              return entry ?? [];
            });
            return effect(gone.length, gone.at(-1)?.value);
          });
        }
        case 'remove-range': {
          listOf(args, 2);
          const [from, to] = [boundOf(first), boundOf(second)];
          return keeping(() => removeRange(from, to));
        }
        case 'clear':
          listOf(args, 0);
          return keeping(clear);
        default:
          throw malformed();
      }
    },
    fields: () => [...order.from(0)].flatMap(({ rank, key, value }) => [rank, key, value]),
    load(fields) {
      if (fields.length > capacity * 3) throw broken();
      const entries: Entry[] = [];
      for (let at = 0; at < fields.length; at += 3) {
        const [rank, key, value] = [fields[at], fields[at + 1], fields[at + 2]];
        if (rank === undefined || key === undefined || value === undefined) throw broken();
        const entry = entryOf(decodeCanonical(rank, MAX_KEY), rank, key, value);
        const last = entries.at(-1);
        if (key.length > MAX_KEY || byKey.has(entry.text)) throw broken();
        if (last !== undefined && compare(last, entry) >= 0) throw broken();
        entries.push(entry);
        byKey.set(entry.text, entry);
        bytes += entry.weight;
      }
      order.load(entries);
    },
  };
}

/** Errors: `COLLECTION_ELEMENT`. */
const entryOf = (given: Value, rank: Uint8Array, key: Uint8Array, value: Uint8Array): Entry => {
  const priority = checkPriority(given);
  const weight = rank.length + priorityWeight(priority) + key.length + value.length + ENTRY;
  return { priority, rank, key, value, text: keyText(key), weight };
};

/** `[]` is open, `[priority, included]` is not. */
function boundOf(value: Value | undefined): Bound {
  const [at, included, ...more] = listOf(value);
  if (at === undefined) return null;
  if (typeof included !== 'boolean' || more.length > 0) throw malformed();
  return { at: checkPriority(at), included };
}
