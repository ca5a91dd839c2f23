/** What a full collection costs its members, whatever it is full of. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { sameBytes, settle } from '../../../src/protocol/bytes/index.ts';
import type { Value } from '../../../src/protocol/bytes/index.ts';
import {
  createMapMachine,
  createPriorityQueueMachine,
  createSetMachine,
  createVecMachine,
  encodeCollectionCommand,
  encodeCollectionLeaf,
  valueBytes,
} from '../../../src/protocol/collection/index.ts';
import type { CollectionMachine } from '../../../src/protocol/collection/index.ts';
import { codeIn, driver, effectOf, NONCE, SCOPE, STORE } from './author.ts';

const common = { id: STORE, writers: 'anyone' } as const;
const map = () => createMapMachine({ ...common, kind: 'map', key: 'any/1', value: 'any/1' }, SCOPE);
const set = () => createSetMachine({ ...common, kind: 'set', value: 'any/1' }, SCOPE);
const vec = () => createVecMachine({ ...common, kind: 'vec', value: 'any/1' }, SCOPE);
const queue = () =>
  createPriorityQueueMachine(
    { ...common, kind: 'depq', priority: 'any/1', key: 'any/1', value: 'any/1', capacity: null },
    SCOPE,
  );

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n);

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
/** Bytes in use when all is swept. */
function inUse(): number {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Writes so many items a command until the machine takes no more. */
function fill(
  machine: CollectionMachine<unknown>,
  operation: string,
  per: number,
  item: (n: number) => Value,
) {
  const drive = driver(machine);
  for (let n = 0; codeIn(drive(operation, ...range(n, n + per).map(item))) === null;) n += per;
  return drive;
}

describe('a full collection', () => {
  const long = (n: number, length: number): string => String(n).padEnd(length, 'x');
  const cases: [string, () => CollectionMachine<unknown>, string, number, (n: number) => Value][] = [
    ['a Map of the shortest entries', map, 'insert', 2000, (n) => [n, 0]],
    ['a Map of the longest keys', map, 'insert', 16, (n) => [long(n, 1000), 0]],
    ['a Map of values that are written apart', map, 'insert', 1, (n) => [n, long(n, 300)]],
    ['a Set of numbers', set, 'insert', 3000, (n) => n],
    ['a Vec of zeros', vec, 'push-back', 10_000, () => 0],
    ['a queue of the shortest entries', queue, 'insert', 1300, (n) => [n % 24, n, 0]],
    ['a queue of texts', queue, 'insert', 70, (n) => [long(n, 70), long(n, 70), long(n, 70)]],
    [
      'a queue whose priorities are lists of lists',
      queue,
      'insert',
      14,
      (n) => [range(0, 1000).map(() => []), n, 0],
    ],
  ];

  it.each(cases)(
    '%s takes less than 256 MB and is read back as it was',
    { timeout: 120_000 },
    (_name, create, operation, per, item) => {
      const before = inUse();
      const machine = create();
      fill(machine, operation, per, item);
      expect((inUse() - before) / 1e6).toBeLessThan(256);
      const state = machine.snapshot();
      machine.restore(state);
      expect(sameBytes(machine.snapshot(), state)).toBe(true);
    },
  );

  it('loses half a queue, and then the rest', { timeout: 120_000 }, () => {
    const machine = queue();
    const drive = fill(machine, 'insert', 1300, (n) => [n % 24, n, 0]);
    const count = machine.view().size();
    const { changed } = effectOf(drive('remove-range', [12, true], []));
    expect(changed).toBe(count - machine.view().size());
    expect(changed).toBeGreaterThan(0.4 * count);
    expect([...machine.view().ascending()].every(({ priority }) => Number(priority) < 12)).toBe(true);
    effectOf(drive('clear'));
    expect(machine.view().size()).toBe(0);
  });

  it('of authors that wrote nothing is no larger', { timeout: 120_000 }, () => {
    const before = inUse();
    const machine = vec();
    const sig = new Uint8Array(64);
    const leafOf = (n: number): Uint8Array => {
      const author = new Uint8Array(32);
      new DataView(author.buffer).setUint32(0, n);
      return encodeCollectionLeaf(
        encodeCollectionCommand({ operation: 'pop-back', args: [], author, counter: 1, nonce: NONCE }),
        sig,
      );
    };
    for (let n = 0, full = false; !full; n += 1000) {
      const outcomes = settle(machine.plan(range(n, n + 1000).map(leafOf)), () => true);
      full = outcomes.some((outcome) => codeIn(outcome) !== null);
    }
    expect((inUse() - before) / 1e6).toBeLessThan(256);
    const state = machine.snapshot();
    machine.restore(state);
    expect(sameBytes(machine.snapshot(), state)).toBe(true);
  });
});

describe('an element', () => {
  it('keeps nothing alive but its own bytes', () => {
    for (const length of [1, 100, 300, 9000]) {
      const bytes = valueBytes('x'.repeat(length));
      expect(bytes.buffer.byteLength).toBe(bytes.length);
    }
  });
});
