/** The side of a simulated node that faces clients: who waits for what, and when it is answered. */
import type { Effects, Entry, Input, MemberId } from '../../src/protocol/raft/index.ts';
import { encode, operationId } from './machine.ts';
import type { Machine, Operation } from './machine.ts';

/** What a client hears: a result, or `null` and perhaps who to ask instead. */
export type Reply = (result: number | null, leader: MemberId | null) => void;

export class Front {
  #readId = 0;
  readonly #writes = new Map<number, Reply>();
  readonly #reads = new Map<number, { readonly key: number; readonly reply: Reply }>();
  #confirmed: Effects['reads'][number][] = [];

  /** What the core is to be asked for `operation`. */
  take(operation: Operation, reply: Reply): Input {
    if (operation.kind !== 'get') {
      this.#writes.set(operation.id, reply);
      return { kind: 'propose', commands: [encode(operation)] };
    }
    const id = this.#readId++;
    this.#reads.set(id, { key: operation.key, reply });
    return { kind: 'read', id };
  }

  /** What the core says of reads. */
  heard({ reads, readsLost }: Effects, leader: MemberId | null): void {
    for (const read of reads) this.#confirmed.push(read);
    for (const id of readsLost) {
      this.#reads.get(id)?.reply(null, leader);
      this.#reads.delete(id);
    }
  }

  applied(entry: Entry, { results }: Machine): void {
    if (entry.kind !== 'command') return;
    const id = operationId(entry.data);
    this.#writes.get(id)?.(results.get(id) ?? null, null);
    this.#writes.delete(id);
  }

  /** Answers reads whose index has been applied. */
  answer({ applied, values }: Machine): void {
    if (this.#confirmed.length === 0) return;
    const later: Effects['reads'][number][] = [];
    for (const read of this.#confirmed) {
      const waiting = this.#reads.get(read.id);
      if (read.index > applied) later.push(read);
      else {
        waiting?.reply(values[waiting.key]!, null);
        this.#reads.delete(read.id);
      }
    }
    this.#confirmed = later;
  }

  /** The node died. */
  clear(): void {
    this.#writes.clear();
    this.#reads.clear();
    this.#confirmed = [];
  }
}
