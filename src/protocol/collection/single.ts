/**
 * Cell and Once (coalition.md 3.5): one value or none. Operations of a Cell: `set` value, `exchange` [found?] [new?],
 * `clear`; the last write wins. Of a Once: `set` value; the first one wins, and later ones change nothing.
 */
import type { UniqueId } from '../bytes/index.ts';
import { listOf, malformed, optionOf, valueOf } from './command.ts';
import type { SingleDefinition } from './definition.ts';
import { ENTRY, valueBytes } from './element.ts';
import { exchange } from './exchange.ts';
import { broken } from './fields.ts';
import { createMachine } from './machine.ts';
import type { CollectionMachine } from './machine.ts';
import { effect, keeping } from './rules.ts';
import type { Rules } from './rules.ts';

export interface SingleView {
  /** Canonical bytes. */
  get(): Uint8Array | undefined;
}

export type CellDefinition = SingleDefinition & { readonly kind: 'cell' };
export type OnceDefinition = SingleDefinition & { readonly kind: 'once' };

/** `scope`: 32 bytes that commands are signed for. Errors: `COLLECTION_DEFINITION`. */
export const createCellMachine = (
  definition: CellDefinition,
  scope: UniqueId,
): CollectionMachine<SingleView> => createMachine(definition, scope, () => singleRules(false));

/** As `createCellMachine`. */
export const createOnceMachine = (
  definition: OnceDefinition,
  scope: UniqueId,
): CollectionMachine<SingleView> => createMachine(definition, scope, () => singleRules(true));

function singleRules(once: boolean): Rules<SingleView> {
  let held: Uint8Array | undefined;
  const get = (): Uint8Array | undefined => held;
  const put = (value: Uint8Array | undefined): void => {
    held = value;
  };
  return {
    view: { get },
    bytes: () => (held === undefined ? 0 : held.length + ENTRY),
    read(operation, args) {
      const [first, second] = args;
      if (operation === 'set') {
        listOf(args, 1);
        const value = valueBytes(valueOf(first));
        return {
          grows: value.length + ENTRY,
          run() {
            const was = held;
            if (once && was !== undefined) return effect(0, was);
            put(value);
            return effect(1, was);
          },
        };
      }
      if (!once && operation === 'exchange') {
        listOf(args, 2);
        return exchange(optionOf(first), optionOf(second), ENTRY, { get, put, remove: () => put(undefined) });
      }
      if (!once && operation === 'clear') {
        listOf(args, 0);
        return keeping(() => {
          const was = held;
          put(undefined);
          return effect(was === undefined ? 0 : 1, was);
        });
      }
      throw malformed();
    },
    fields: () => (held === undefined ? [] : [held]),
    load([value, ...more]) {
      if (more.length > 0) throw broken();
      held = value;
    },
  };
}
