/**
 * Map (coalition.md 3.5): keys to values. Operations: `insert` [key, value] …, `remove` key …, `exchange` key, [found?],
 * [new?], `clear`. An exchange that does not find what it expects is committed and changes nothing.
 */
import type { UniqueId } from '../bytes/index.ts';
import { eachOf, listOf, malformed, optionOf, valueOf } from './command.ts';
import type { MapDefinition } from './definition.ts';
import { ENTRY, keyBytes, valueBytes } from './element.ts';
import { broken } from './fields.ts';
import { createMachine } from './machine.ts';
import type { CollectionMachine } from './machine.ts';
import { effect, keeping } from './rules.ts';
import type { Rules } from './rules.ts';
import { exchange } from './exchange.ts';
import { createTable } from './table.ts';
import type { Row } from './table.ts';

/** Canonical bytes in, canonical bytes out. */
export interface MapView {
  size(): number;
  get(key: Uint8Array): Uint8Array | undefined;
  /** In the order of the keys' bytes; read it before anything is applied. */
  rows(): IterableIterator<Row>;
}

/** `scope`: 32 bytes that commands are signed for. Errors: `COLLECTION_DEFINITION`. */
export const createMapMachine = (definition: MapDefinition, scope: UniqueId): CollectionMachine<MapView> =>
  createMachine(definition, scope, mapRules);

function mapRules(): Rules<MapView> {
  const table = createTable();
  return {
    view: { size: table.size, get: table.get, rows: table.rows },
    bytes: () => table.bytes() + table.size() * ENTRY,
    read(operation, args) {
      switch (operation) {
        case 'insert': {
          const rows = eachOf(args, (pair) => {
            const [key, value] = listOf(pair, 2);
            return { key: keyBytes(valueOf(key)), value: valueBytes(valueOf(value)) };
          });
          return {
            grows: rows.reduce((sum, { key, value }) => sum + key.length + value.length + ENTRY, 0),
            run() {
              let was: Uint8Array | undefined;
              for (const { key, value } of rows) was = table.put(key, value);
              return effect(rows.length, was);
            },
          };
        }
        case 'remove': {
          const keys = eachOf(args, keyBytes);
          return keeping(() => {
            const gone = keys.map(table.remove).filter((value) => value !== undefined);
            return effect(gone.length, gone.at(-1));
          });
        }
        case 'exchange': {
          const [key, expected, fresh] = listOf(args, 3);
          const at = keyBytes(valueOf(key));
          return exchange(optionOf(expected), optionOf(fresh), at.length + ENTRY, {
            get: () => table.get(at),
            put: (value) => table.put(at, value),
            remove: () => table.remove(at),
          });
        }
        case 'clear':
          listOf(args, 0);
          return keeping(() => effect(table.clear()));
        default:
          throw malformed();
      }
    },
    fields: () => [...table.rows()].flatMap(({ key, value }) => [key, value]),
    load(fields) {
      const rows: Row[] = [];
      for (let at = 0; at < fields.length; at += 2) {
        const [key, value] = [fields[at], fields[at + 1]];
        if (key === undefined || value === undefined) throw broken();
        rows.push({ key, value });
      }
      if (!table.load(rows)) throw broken();
    },
  };
}
