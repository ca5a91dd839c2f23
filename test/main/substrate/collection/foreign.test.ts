/** What others wrote in another form than the tag names: it stops nobody, and is not taken for what it is not. */
import { afterEach, describe, expect, it } from 'vitest';
import {
  anySchema,
  defineCell,
  defineMap,
  definePriorityQueue,
  defineSet,
  defineVec,
  numberSchema,
  schema,
} from '../../../../src/main/substrate/collection/index.ts';
import type {
  CollectionReader,
  Schema,
  WritingMember,
} from '../../../../src/main/substrate/collection/index.ts';
import type { Value } from '../../../../src/protocol/bytes/index.ts';
import { codeOf } from '../../../refusal.ts';
import { newStore, openSpace } from './space.ts';

const space = openSpace(2);
const number = numberSchema('test.number/1');
/** The same tag, and no look at the form: what a careless or hostile member runs. */
const loose = anySchema('test.number/1') as Schema<Value>;

const open: CollectionReader[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((handle) => handle.close()));
});

/** One member that keeps to the tag, one that does not, and a way to wait until the first has what the second wrote. */
async function pair<N extends CollectionReader, L extends CollectionReader>(
  strict: { writer(member: WritingMember): Promise<N> },
  careless: { writer(member: WritingMember): Promise<L> },
) {
  const { member } = space.committee(2);
  const [honest, foreign] = await Promise.all([strict.writer(member(0)), careless.writer(member(1))]);
  open.push(honest, foreign);
  const comes = async (write: Promise<{ version: number }>): Promise<void> =>
    honest.when.reaches((await write).version);
  return { honest, foreign, comes };
}

const maps = () => {
  const id = newStore();
  return pair(defineMap({ id, key: number, value: number }), defineMap({ id, key: loose, value: loose }));
};

describe('a write over something of another form', () => {
  it('is told as the write that it was: on a Map', async () => {
    const { honest, foreign, comes } = await maps();
    await comes(foreign.insert(1, 'no number'));
    expect(await honest.insert(1, 5)).toEqual({
      version: 1,
      changed: 1,
      previous: undefined,
      malformed: true,
    });
    expect(await honest.insert(1, 6)).toEqual({ version: 2, changed: 1, previous: 5, malformed: false });
    await comes(foreign.insert(1, 'again'));
    const tried = await honest.compareExchange(1, 6, 7);
    expect(tried).toMatchObject({ exchanged: false, changed: 0, found: undefined, malformed: true });
    expect(await honest.remove(1)).toMatchObject({ changed: 1, previous: undefined, malformed: true });
    expect(await honest.remove(1)).toMatchObject({ changed: 0, previous: undefined, malformed: false });
    expect(honest.has(1)).toBe(false);
  });

  it('so where the schema breaks over it, which is a mistake that walks and reads show', async () => {
    const id = newStore();
    const brittle = schema<bigint>('test.number/1', {
      encode: String,
      decode: (value) => BigInt(value as string),
    });
    const { honest, foreign, comes } = await pair(
      defineVec({ id, value: brittle }),
      defineVec({ id, value: loose }),
    );
    await comes(foreign.extend([{ no: 'number' }, { no: 'number' }]));
    expect(() => [...honest]).toThrow(SyntaxError);
    expect(await honest.popBack()).toMatchObject({ changed: 1, previous: undefined, malformed: true });
    expect(honest.size).toBe(1);
  });

  it('so on a Vec, a Cell and a PriorityQueue', async () => {
    const id = newStore();
    const vec = await pair(defineVec({ id, value: number }), defineVec({ id, value: loose }));
    await vec.comes(vec.foreign.extend(['front', 1, 'middle', 2, 'back']));
    const gone = { changed: 1, previous: undefined, malformed: true };
    expect(await vec.honest.popFront()).toMatchObject(gone);
    expect(await vec.honest.popBack()).toMatchObject(gone);
    expect(await vec.honest.remove(1)).toMatchObject(gone);
    expect([...vec.honest]).toEqual([1, 2]);
    const cell = await pair(defineCell({ id, value: number }), defineCell({ id, value: loose }));
    await cell.comes(cell.foreign.set('no number'));
    expect(await cell.honest.set(1)).toMatchObject(gone);
    expect(cell.honest.get()).toBe(1);
    const all = { priority: number, key: number };
    const queue = await pair(
      definePriorityQueue({ id, ...all, value: number }),
      definePriorityQueue({ id, ...all, value: loose }),
    );
    await queue.comes(queue.foreign.insert(1, 1, 'no number'));
    expect(await queue.honest.updateValue(1, 2)).toMatchObject(gone);
    expect(queue.honest.get(1)).toBe(2);
  });
});

describe('something of another form', () => {
  it('is left out of walks over a Map, counts, and is refused to whoever asks for it', async () => {
    const { honest, foreign, comes } = await maps();
    await comes(
      foreign.extend([
        [1, 10],
        [2, 'no number'],
        ['no key', 30],
        [4, 40],
      ]),
    );
    expect([...honest]).toEqual([
      [1, 10],
      [4, 40],
    ]);
    expect([...honest.keys()]).toEqual([1, 2, 4]);
    expect([...honest.values()]).toEqual([10, 40, 30]);
    expect(honest.size).toBe(4);
    expect(honest.has(2)).toBe(true);
    expect(codeOf(() => honest.get(2))).toBe('COLLECTION_ELEMENT');
    expect(honest.get(4)).toBe(40);
  });

  it('so of a Vec, a Set and a PriorityQueue', async () => {
    const id = newStore();
    const vec = await pair(defineVec({ id, value: number }), defineVec({ id, value: loose }));
    await vec.comes(vec.foreign.extend([1, 'x', 3]));
    expect([...vec.honest]).toEqual([1, 3]);
    expect(vec.honest.size).toBe(3);
    expect(vec.honest.get(2)).toBe(3);
    expect(codeOf(() => vec.honest.get(1))).toBe('COLLECTION_ELEMENT');
    const set = await pair(defineSet({ id, value: number }), defineSet({ id, value: loose }));
    await set.comes(set.foreign.extend([1, 2]));
    expect(set.honest.isSubset(new Set([1, 2, 3]))).toBe(true);
    await set.comes(set.foreign.insert('x'));
    expect([...set.honest]).toEqual([1, 2]);
    expect(set.honest.size).toBe(3);
    // whatever it is, it is in no set of numbers
    expect(set.honest.isSubset(new Set([1, 2, 3]))).toBe(false);
    const queue = await pair(
      definePriorityQueue({ id, priority: number, key: number, value: number }),
      definePriorityQueue({ id, priority: loose, key: loose, value: loose }),
    );
    await queue.comes(
      queue.foreign.extend([
        [1, 1, 1],
        [2, 2, 'x'],
        [3, 'x', 3],
        ['x', 4, 4],
        [5, 5, 5],
      ]),
    );
    const right = [
      [1, 1, 1],
      [5, 5, 5],
    ];
    expect([...queue.honest]).toEqual(right);
    expect([...queue.honest.descending()]).toEqual(right.toReversed());
    expect(queue.honest.size).toBe(5);
    expect(queue.honest.get(4)).toBe(4);
    expect(codeOf(() => queue.honest.get(2))).toBe('COLLECTION_ELEMENT');
    expect(codeOf(() => queue.honest.max())).toBe('COLLECTION_ELEMENT');
  });
});
