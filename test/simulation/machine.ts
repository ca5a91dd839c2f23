/** The replicated state machine of the simulation: a few registers, and which operations have been applied. */
import type { Entry, Members } from '../../src/protocol/raft/index.ts';

export type OperationKind = 'put' | 'cas' | 'get';

export interface Operation {
  readonly id: number;
  readonly kind: OperationKind;
  readonly key: number;
  readonly value: number;
  /** Of cas: what must stand there. */
  readonly expect: number;
}

/** Eight bytes a command. */
export function encode({ id, kind, key, value, expect }: Operation): Uint8Array {
  const data = new Uint8Array(8);
  data[0] = id >> 8;
  data[1] = id;
  data[2] = kind === 'cas' ? 1 : 0;
  data[3] = key;
  data[4] = value >> 8;
  data[5] = value;
  data[6] = expect >> 8;
  data[7] = expect;
  return data;
}

export const operationId = (data: Uint8Array): number => (data[0]! << 8) | data[1]!;

export class Machine {
  values: number[];
  /** What each operation came to: 1 done, 0 a cas that found something else. */
  results: Map<number, number>;
  applied: number;
  appliedTerm: number;
  members: Members;
  /** False: applies an operation as often as it comes (a deliberately broken machine). */
  readonly once: boolean;

  constructor(members: Members, once: boolean, from?: Machine) {
    this.values = from?.values.slice() ?? [0, 0, 0];
    this.results = new Map(from?.results);
    this.applied = from?.applied ?? 0;
    this.appliedTerm = from?.appliedTerm ?? 0;
    this.members = from?.members ?? members;
    this.once = once;
  }

  copy(): Machine {
    return new Machine(this.members, this.once, this);
  }

  /** The id of the operation that took effect, or null. */
  apply(entry: Entry): number | null {
    if (entry.index !== this.applied + 1)
      throw new Error(`entry ${entry.index} applied after ${this.applied}`);
    this.applied = entry.index;
    this.appliedTerm = entry.term;
    if (entry.kind === 'members') this.members = entry.members;
    if (entry.kind !== 'command') return null;
    const { data } = entry;
    const id = operationId(data);
    if (this.once && this.results.has(id)) return null;
    const key = data[3]!;
    const value = (data[4]! << 8) | data[5]!;
    const fits = data[2] === 0 || this.values[key] === ((data[6]! << 8) | data[7]!);
    if (fits) this.values[key] = value;
    this.results.set(id, fits ? 1 : 0);
    return id;
  }
}
