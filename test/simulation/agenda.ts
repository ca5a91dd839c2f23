/** Simulated time: what happens when, in order; things due at the same moment happen as they were put down. */

interface Item {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

const before = (a: Item, b: Item): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

export class Agenda {
  /** Milliseconds since the start of the schedule. */
  now = 0;
  /** How much has happened. */
  events = 0;
  #order = 0;
  readonly #heap: Item[] = [];

  /** Puts `run` down for `delay` milliseconds from now. */
  after(delay: number, run: () => void): void {
    const item: Item = { at: this.now + delay, order: this.#order++, run };
    const heap = this.#heap;
    let at = heap.length;
    heap.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(item, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = item;
  }

  /** Lets the next thing happen; false when there is none. */
  next(): boolean {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) return false;
    if (heap.length > 0) {
      let at = 0;
      for (;;) {
        let child = 2 * at + 1;
        if (child >= heap.length) break;
        if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1;
        if (!before(heap[child]!, last)) break;
        heap[at] = heap[child]!;
        at = child;
      }
      heap[at] = last;
    }
    this.now = first.at;
    this.events += 1;
    first.run();
    return true;
  }
}
