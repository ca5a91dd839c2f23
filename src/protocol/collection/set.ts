/** Set (coalition.md 3.5): members, each once. Operations: `insert` member …, `remove` member …, `clear`. */
import type { UniqueId } from '../bytes/index.ts';
import { eachOf, listOf, malformed } from './command.ts';
import type { SingleDefinition } from './definition.ts';
import { ENTRY, keyBytes } from './element.ts';
import { broken } from './fields.ts';
import { createMachine } from './machine.ts';
import type { CollectionMachine } from './machine.ts';
import { effect, keeping } from './rules.ts';
import type { Rules } from './rules.ts';
import { createTable } from './table.ts';

/** Canonical bytes in, canonical bytes out. */
export interface SetView {
  size(): number;
  has(member: Uint8Array): boolean;
  /** In the order of the members' bytes; read it before anything is applied. */
  members(): IterableIterator<Uint8Array>;
}

export type SetDefinition = SingleDefinition & { readonly kind: 'set' };

/** `scope`: 32 bytes that commands are signed for. Errors: `COLLECTION_DEFINITION`. */
export const createSetMachine = (definition: SetDefinition, scope: UniqueId): CollectionMachine<SetView> =>
  createMachine(definition, scope, setRules);

const NOTHING = new Uint8Array(0);

function setRules(): Rules<SetView> {
  const table = createTable();
  function* members(): IterableIterator<Uint8Array> {
    for (const { key } of table.rows()) yield key;
  }
  return {
    view: { size: table.size, has: (member) => table.get(member) !== undefined, members },
    bytes: () => table.bytes() + table.size() * ENTRY,
    read(operation, args) {
      switch (operation) {
        case 'insert': {
          const given = eachOf(args, keyBytes);
          return {
            grows: given.reduce((sum, member) => sum + member.length + ENTRY, 0),
            run: () => effect(given.filter((member) => table.put(member, NOTHING) === undefined).length),
          };
        }
        case 'remove': {
          const given = eachOf(args, keyBytes);
          return keeping(() => effect(given.filter((member) => table.remove(member) !== undefined).length));
        }
        case 'clear':
          listOf(args, 0);
          return keeping(() => effect(table.clear()));
        default:
          throw malformed();
      }
    },
    fields: () => [...members()],
    load(fields) {
      if (!table.load(fields.map((key) => ({ key, value: NOTHING })))) throw broken();
    },
  };
}
