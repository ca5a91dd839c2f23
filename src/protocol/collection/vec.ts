/**
 * Vec (coalition.md 3.5): items by position. Operations: `push-back` item …, `push-front` item, `pop-back`,
 * `pop-front`, `insert` index item, `remove` index, `swap` index index, `truncate` length, `clear`. A position that
 * does not exist changes nothing, for `insert` as well; it may be one past the end there.
 */
import type { UniqueId, Value } from '../bytes/index.ts';
import { createBlocks } from './blocks.ts';
import { countOf, eachOf, listOf, malformed, valueOf } from './command.ts';
import type { SingleDefinition } from './definition.ts';
import { ENTRY, valueBytes } from './element.ts';
import { createMachine } from './machine.ts';
import type { CollectionMachine } from './machine.ts';
import { effect, keeping } from './rules.ts';
import type { Edit, Effect, Rules } from './rules.ts';

/** Canonical bytes in, canonical bytes out. */
export interface VecView {
  size(): number;
  at(index: number): Uint8Array | undefined;
  /** In order; read it before anything is applied. */
  items(): IterableIterator<Uint8Array>;
}

export type VecDefinition = SingleDefinition & { readonly kind: 'vec' };

/** `scope`: 32 bytes that commands are signed for. Errors: `COLLECTION_DEFINITION`. */
export const createVecMachine = (definition: VecDefinition, scope: UniqueId): CollectionMachine<VecView> =>
  createMachine(definition, scope, vecRules);

function vecRules(): Rules<VecView> {
  const items = createBlocks<Uint8Array>();
  let bytes = 0;

  const put = (index: number, item: Uint8Array): void => {
    items.insert(index, item);
    bytes += item.length + ENTRY;
  };
  const take = (index: number): Effect => {
    if (index < 0 || index >= items.length()) return effect(0);
    const item = items.remove(index);
    bytes -= item.length + ENTRY;
    return effect(1, item);
  };
  const cut = (length: number): Effect => {
    const gone = items.cut(Math.min(length, items.length()), items.length());
    for (const item of gone) bytes -= item.length + ENTRY;
    return effect(gone.length);
  };
  const clear = (): Effect => {
    const count = items.length();
    items.load([]);
    bytes = 0;
    return effect(count);
  };
  const adding = (given: Value | undefined, act: (item: Uint8Array) => Effect): Edit => {
    const item = valueBytes(valueOf(given));
    return { grows: item.length + ENTRY, run: () => act(item) };
  };

  return {
    view: { size: items.length, at: items.at, items: () => items.from(0) },
    bytes: () => bytes,
    read(operation, args) {
      const [first, second] = args;
      switch (operation) {
        case 'push-back': {
          const given = eachOf(args, valueBytes);
          return {
            grows: given.reduce((sum, item) => sum + item.length + ENTRY, 0),
            run() {
              for (const item of given) put(items.length(), item);
              return effect(given.length);
            },
          };
        }
        case 'push-front':
          listOf(args, 1);
          return adding(first, (item) => {
            put(0, item);
            return effect(1);
          });
        case 'insert': {
          listOf(args, 2);
          const index = countOf(first);
          return adding(second, (item) => {
            if (index > items.length()) return effect(0);
            put(index, item);
            return effect(1);
          });
        }
        case 'pop-back':
          listOf(args, 0);
          return keeping(() => take(items.length() - 1));
        case 'pop-front':
          listOf(args, 0);
          return keeping(() => take(0));
        case 'remove': {
          listOf(args, 1);
          const index = countOf(first);
          return keeping(() => take(index));
        }
        case 'swap': {
          listOf(args, 2);
          const [i, j] = [countOf(first), countOf(second)];
          return keeping(() => {
            const [one, other] = [items.at(i), items.at(j)];
            if (one === undefined || other === undefined) return effect(0);
            items.replace(i, other);
            items.replace(j, one);
            return effect(i === j ? 1 : 2);
          });
        }
        case 'truncate': {
          listOf(args, 1);
          const length = countOf(first);
          return keeping(() => cut(length));
        }
        case 'clear':
          listOf(args, 0);
          return keeping(clear);
        default:
          throw malformed();
      }
    },
    fields: () => [...items.from(0)],
    load(fields) {
      items.load(fields);
      bytes = fields.reduce((sum, item) => sum + item.length + ENTRY, 0);
    },
  };
}
