/**
 * Clients of a schedule: each has one operation under way, asks whoever seems to lead, asks again or gives up when
 * it hears nothing. What it gave up may still happen; it is told to the history as never answered.
 */
import type { MemberId } from '../../src/protocol/raft/index.ts';
import { Violation } from './judge.ts';
import { linearizable } from './linearizable.ts';
import type { Call } from './linearizable.ts';
import type { Operation } from './machine.ts';
import { within } from './plan.ts';
import type { World } from './world.ts';

const TIMEOUT = 1_500;

interface Recorded {
  readonly operation: Operation;
  readonly called: number;
  answered: number;
  result: number | null;
  /** The client waits no longer. */
  closed: boolean;
}

export class Clients {
  readonly #world: World;
  readonly #history: Recorded[] = [];
  #time = 0;
  #ids = 1;
  #stopped = false;

  constructor(world: World) {
    this.#world = world;
    for (let n = 0; n < world.plan.clients; n++) this.#think();
  }

  /** No new operations. */
  stop(): void {
    this.#stopped = true;
  }

  #think(): void {
    const { agenda, random, plan } = this.#world;
    agenda.after(within(random, plan.think), () => {
      if (!this.#stopped) this.#call(this.#make(), () => this.#think());
    });
  }

  #make(): Operation {
    const { random, plan } = this.#world;
    const id = this.#ids++;
    const key = random.below(plan.keys);
    const kind = random.pick(['put', 'put', 'get', 'get', 'cas'] as const);
    // values are unique; what a cas expects is often what stood there a moment ago
    return { id, kind, key, value: id, expect: kind === 'cas' ? this.#lastSeen(key) : 0 };
  }

  #lastSeen(key: number): number {
    const seen = this.#history.findLast(
      ({ operation, result }) => operation.key === key && result !== null && result !== 0,
    );
    return seen === undefined ? 0 : seen.operation.kind === 'get' ? seen.result! : seen.operation.value;
  }

  /** One write that is asked for until it is answered; `then` is called when it is. */
  insist(then: () => void): void {
    this.#call({ id: this.#ids++, kind: 'put', key: 0, value: this.#ids - 1, expect: 0 }, then, Infinity);
  }

  #call(operation: Operation, then: () => void, patience = 30): void {
    const { random, tally } = this.#world;
    const recorded: Recorded = {
      operation,
      called: ++this.#time,
      answered: Infinity,
      result: null,
      closed: false,
    };
    this.#history.push(recorded);
    if (operation.kind === 'get') tally.reads += 1;
    else tally.writes += 1;
    const attempts = patience === Infinity ? Infinity : 1 + random.below(patience);
    this.#attempt(recorded, attempts, null, then);
  }

  #attempt(recorded: Recorded, left: number, hint: MemberId | null, then: () => void): void {
    const { agenda, random, nodes, network, tally } = this.#world;
    if (left <= 0) {
      recorded.closed = true;
      if (recorded.operation.kind !== 'get') tally.unknown += 1;
      return then();
    }
    const target = nodes.get(hint ?? random.pick([...nodes.keys()]))!;
    let open = true;
    const again = (next: MemberId | null): void => {
      if (!open || recorded.closed) return;
      open = false;
      this.#attempt(recorded, left - 1, next, then);
    };
    const wait = (): number => (network.calm ? 2 : 1 + random.below(20));
    agenda.after(wait(), () =>
      target.request(recorded.operation, (result, leader) =>
        agenda.after(wait(), () => {
          if (recorded.closed) return;
          if (result === null) return agenda.after(leader === null ? 300 : 30, () => again(leader));
          recorded.closed = true;
          recorded.result = result;
          recorded.answered = ++this.#time;
          then();
        }),
      ),
    );
    agenda.after(network.calm ? 500 : within(random, [TIMEOUT / 3, TIMEOUT]), () => again(null));
  }

  /** Does some order explain all answers, and did every acknowledged write take effect? */
  check(): void {
    const { judge, plan } = this.#world;
    const calls = new Map<number, Call[]>();
    for (const { operation, called, answered, result } of this.#history) {
      const { id, kind, key, value, expect } = operation;
      // a read that was not answered says nothing; a write that no log kept cannot have taken effect
      if (answered === Infinity && (kind === 'get' || judge.tookEffect(id) === undefined)) continue;
      if (kind !== 'get' && judge.tookEffect(id) === undefined)
        throw new Violation(`operation ${id} was acknowledged but is in no log`);
      const list = calls.get(key) ?? [];
      list.push({ kind, value, expect, result, called, answered, hint: judge.tookEffect(id) ?? 0 });
      calls.set(key, list);
    }
    for (let key = 0; key < plan.keys; key++)
      if (!this.#explained(calls.get(key) ?? []))
        throw new Violation(`linearizability: no order of the operations on register ${key} explains them`);
  }

  /** A history that is sound is explained by the order of the log, which is tried first: no search is long. */
  #explained(calls: readonly Call[]): boolean {
    try {
      return linearizable(calls);
    } catch (error) {
      if (error instanceof RangeError) return false;
      throw error;
    }
  }
}
