/**
 * A long list in blocks: an item is put in or taken out anywhere by moving the few hundred beside it. In positions
 * it is a Vec; kept in order and searched by halving it is the index of Map, Set and PriorityQueue.
 */

/** A block that has twice this many is split. */
const BLOCK = 256;

export interface Blocks<T> {
  length(): number;
  at(index: number): T | undefined;
  /** `index` must be within the list. */
  replace(index: number, item: T): void;
  /** `index` is at most the length. */
  insert(index: number, item: T): void;
  /** `index` must be within the list. */
  remove(index: number): T;
  /** Takes out what stands from `from` on and before `to`, and answers it. Both must be within the list. */
  cut(from: number, to: number): T[];
  /** Takes `items` in place of all there was. */
  load(items: readonly T[]): void;
  /** In a list in order: the index of the first item that is not `before`. */
  search(before: (item: T) => boolean): number;
  /** From this index on, ascending; the list must not change meanwhile. */
  from(index: number): IterableIterator<T>;
  /** From the last item down. */
  backwards(): IterableIterator<T>;
}

const inBlocks = <T>(items: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(items.length / BLOCK) }, (_, n) => items.slice(n * BLOCK, (n + 1) * BLOCK));

export function createBlocks<T>(): Blocks<T> {
  let blocks: T[][] = [];
  let length = 0;

  /** The block that holds `index`, and where it begins; the last block holds the end as well. */
  const locate = (index: number): [block: number, offset: number] => {
    // most of what happens, happens at one of the ends
    const last = blocks.length - 1;
    const tail = length - (blocks[last]?.length ?? 0);
    if (index >= tail) return [Math.max(last, 0), index - Math.max(tail, 0)];
    let offset = index;
    for (let at = 0; at < blocks.length; at++) {
      const size = blocks[at]?.length ?? 0;
      if (offset < size) return [at, offset];
      offset -= size;
    }
    return [Math.max(last, 0), offset];
  };

  const missing = (index: number): RangeError =>
    new RangeError(`there is no item ${index} in a list of ${length}`);

  return {
    length: () => length,
    at(index) {
      if (!(index >= 0 && index < length)) return undefined;
      const [block, offset] = locate(index);
      return blocks[block]?.[offset];
    },
    replace(index, item) {
      if (!(index >= 0 && index < length)) throw missing(index);
      const [block, offset] = locate(index);
      const items = blocks[block];
      if (items !== undefined) items[offset] = item;
    },
    insert(index, item) {
      if (!(index >= 0 && index <= length)) throw missing(index);
      const [block, offset] = locate(index);
      const items = blocks[block];
      length += 1;
      if (items === undefined) {
        blocks.push([item]);
        return;
      }
      items.splice(offset, 0, item);
      if (items.length >= 2 * BLOCK) blocks.splice(block + 1, 0, items.splice(BLOCK));
    },
    remove(index) {
      if (!(index >= 0 && index < length)) throw missing(index);
      const [block, offset] = locate(index);
      const items = blocks[block] ?? [];
      const [item] = items.splice(offset, 1);
      if (items.length === 0) blocks.splice(block, 1);
      length -= 1;
      return item as T;
    },
    cut(from, to) {
      if (!(from >= 0 && from <= to && to <= length)) throw missing(from);
      const [first, offset] = locate(from);
      const touched = locate(to)[0] - first + 1;
      const rest = blocks.slice(first, first + touched).flat();
      const gone = rest.splice(offset, to - from);
      // what is left of the first and the last one becomes one block again, or the list would crumble
      blocks.splice(
        first,
        touched,
        ...(rest.length >= BLOCK && rest.length < 2 * BLOCK ? [rest] : inBlocks(rest)),
      );
      length -= gone.length;
      return gone;
    },
    load(items) {
      blocks = inBlocks(items);
      length = items.length;
    },
    search(before) {
      // the last block whose first item is before; only in it can the place be
      let [low, high] = [0, blocks.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (before(blocks[middle]?.[0] as T)) low = middle + 1;
        else high = middle;
      }
      const block = Math.max(0, low - 1);
      let start = 0;
      for (let at = 0; at < block; at++) start += blocks[at]?.length ?? 0;
      const items = blocks[block] ?? [];
      [low, high] = [0, items.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (before(items[middle] as T)) low = middle + 1;
        else high = middle;
      }
      return start + low;
    },
    *from(index) {
      let [block, offset] = locate(Math.max(0, index));
      for (; block < blocks.length; block++, offset = 0) yield* blocks[block]?.slice(offset) ?? [];
    },
    *backwards() {
      for (let block = blocks.length - 1; block >= 0; block--) yield* blocks[block]?.toReversed() ?? [];
    },
  };
}
