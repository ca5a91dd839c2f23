/** States as bytes: one spelling each, and nothing else is taken for one. */
import { describe, expect, it } from 'vitest';
import { decodeCanonical, encodeCanonical } from '../../../src/protocol/bytes/index.ts';
import type { Value } from '../../../src/protocol/bytes/index.ts';
import {
  createMapMachine,
  createPriorityQueueMachine,
  createSetMachine,
  createVecMachine,
  keyBytes,
  MAX_STATE,
  valueBytes,
} from '../../../src/protocol/collection/index.ts';
import { joinFields } from '../../../src/protocol/collection/fields.ts';
import { codeOf } from '../../refusal.ts';
import { codeIn, driver, SCOPE, STORE } from './author.ts';

const common = { id: STORE, writers: 'anyone' } as const;
const map = () => createMapMachine({ ...common, kind: 'map', key: 'any/1', value: 'any/1' }, SCOPE);
const queue = () =>
  createPriorityQueueMachine(
    { ...common, kind: 'depq', priority: 'any/1', key: 'any/1', value: 'any/1', capacity: 2 },
    SCOPE,
  );

describe('a snapshot', () => {
  it('is the same however the state came about', () => {
    const [one, other] = [map(), map()];
    const [a, b] = [driver(one), driver(other)];
    a('insert', ['x', 1], ['y', 2]);
    a('insert', ['z', 3]);
    a('remove', 'z');
    b('insert', ['z', 9], ['y', 1]);
    b('clear');
    b('insert', ['y', 2], ['x', 1]);
    expect(one.snapshot()).toEqual(other.snapshot());
    expect(one.digest()).toEqual(other.digest());
    b('insert', ['x', 2]);
    expect(one.digest()).not.toEqual(other.digest());
  });

  it('goes on where it was taken', () => {
    const first = queue();
    const drive = driver(first);
    drive('insert', [1, 'a', null], [2, 'b', null]);
    const second = queue();
    second.restore(first.snapshot());
    drive('insert', [3, 'c', null]);
    expect([...first.view().ascending()].map(({ priority }) => priority)).toEqual([2, 3]);
    expect(second.view().size()).toBe(2);
    expect(second.next('09'.repeat(32))).toBe(2);
  });
});

describe('refused as a state, and the state before stays', () => {
  const good = map();
  driver(good)('insert', ['a', 1], ['b', 2]);
  const change = (act: (parts: Value[]) => void): Uint8Array => {
    const parts = structuredClone(decodeCanonical(good.snapshot(), 1 << 20)) as Value[];
    act(parts);
    return encodeCanonical(parts);
  };
  const key = (text: string): Uint8Array => keyBytes(text);
  const fields = (...given: Uint8Array[]): Uint8Array => joinFields(given);
  const cases: [string, () => Uint8Array][] = [
    [
      'the state of a Set',
      () => createSetMachine({ ...common, kind: 'set', value: 'any/1' }, SCOPE).snapshot(),
    ],
    ['nothing', () => new Uint8Array(0)],
    ['half a state', () => good.snapshot().subarray(0, 80)],
    ['a member too many', () => change((parts) => parts.push(1))],
    [
      'keys out of order',
      () => change((parts) => (parts[2] = fields(key('b'), key('x'), key('a'), key('x')))),
    ],
    ['a key twice', () => change((parts) => (parts[2] = fields(key('a'), key('x'), key('a'), key('y'))))],
    ['half a row', () => change((parts) => (parts[2] = fields(key('a'), key('x'), key('y'))))],
    ['an empty key', () => change((parts) => (parts[2] = fields(new Uint8Array(0), key('x'))))],
    ['a key that is too long', () => change((parts) => (parts[2] = fields(new Uint8Array(1025), key('x'))))],
    [
      'a value that is too long',
      () => change((parts) => (parts[2] = fields(key('a'), new Uint8Array(16_000)))),
    ],
    [
      'fields that end early',
      () => change((parts) => (parts[2] = fields(key('a'), key('x')).subarray(0, -1))),
    ],
    ['a length that ends early', () => change((parts) => (parts[2] = new Uint8Array([0, 0])))],
    [
      'an author twice',
      () => change((parts) => (parts[1] = [...(parts[1] as Value[]), ...(parts[1] as Value[])])),
    ],
    ['an author that wrote nothing', () => change((parts) => (parts[1] = [[new Uint8Array(32), 0]]))],
    ['rows that are none', () => change((parts) => (parts[2] = 'rows'))],
  ];
  it.each(cases)('%s', (_name, make) => {
    const machine = map();
    driver(machine)('insert', ['kept', true]);
    const before = machine.snapshot();
    expect(codeOf(() => machine.restore(make()))).toBe('COLLECTION_SNAPSHOT');
    expect(machine.snapshot()).toEqual(before);
  });

  it('a queue beyond its capacity, out of order, or with a key twice', () => {
    const entry = (priority: Value, name: string): Uint8Array[] => [
      valueBytes(priority),
      keyBytes(name),
      valueBytes(name),
    ];
    const machine = queue();
    for (const entries of [
      [...entry(1, 'a'), ...entry(2, 'b'), ...entry(3, 'c')],
      [...entry(2, 'b'), ...entry(1, 'a')],
      [...entry(1, 'a'), ...entry(2, 'a')],
      [...entry(1, 'b'), ...entry(1, 'a')],
      entry(null, 'a'),
      entry(1, 'a').slice(0, 2),
      [new Uint8Array([0x18, 1]), keyBytes('a'), keyBytes('a')],
    ])
      expect(
        codeOf(() => machine.restore(encodeCanonical([machine.signature, [], joinFields(entries)]))),
      ).toBe('COLLECTION_SNAPSHOT');
  });
});

describe('a full collection', () => {
  it('refuses what would make it larger, and takes what makes it smaller', { timeout: 120_000 }, () => {
    const vec = createVecMachine({ ...common, kind: 'vec', value: 'any/1' }, SCOPE);
    const drive = driver(vec);
    const item = new Uint8Array(15_000);
    let count = 0;
    while (codeIn(drive('push-back', item)) === null) count += 1;
    expect(count).toBe(Math.floor((MAX_STATE - 2 * 256) / (15_003 + 256)));
    expect(codeIn(drive('push-back', item))).toBe('COLLECTION_FULL');
    expect(codeIn(drive('pop-front'))).toBeNull();
    expect(codeIn(drive('push-back', item))).toBeNull();
    const other = createVecMachine({ ...common, kind: 'vec', value: 'any/1' }, SCOPE);
    other.restore(vec.snapshot());
    expect(other.view().size()).toBe(count);
  });
});
