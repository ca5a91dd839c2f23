/** A simulated network: loses, delays, doubles and reorders messages, and can be cut in either direction. */
import type { MemberId, Message } from '../../src/protocol/raft/index.ts';
import type { Random } from '../random.ts';
import type { Agenda } from './agenda.ts';
import { within } from './plan.ts';
import type { Plan } from './plan.ts';

export class Network {
  /** Links that lose everything: "from>to". */
  readonly cuts = new Set<string>();
  /** From now on nothing goes wrong any more. */
  calm = false;
  readonly #plan: Plan;
  readonly #random: Random;
  readonly #agenda: Agenda;

  constructor(plan: Plan, random: Random, agenda: Agenda) {
    this.#plan = plan;
    this.#random = random;
    this.#agenda = agenda;
  }

  isCut(from: MemberId, to: MemberId): boolean {
    return this.cuts.size > 0 && this.cuts.has(`${from}>${to}`);
  }

  cut(from: MemberId, to: MemberId): void {
    this.cuts.add(`${from}>${to}`);
  }

  /** How long a message takes; null: it is lost. */
  #delay(): number | null {
    const { latency, drop, late } = this.#plan;
    if (this.calm) return 1 + this.#random.below(5);
    const chance = this.#random.below(1000);
    if (chance < drop) return null;
    if (chance >= 1000 - late) return this.#random.below(6_000);
    return within(this.#random, latency);
  }

  send(from: MemberId, to: MemberId, message: Message, deliver: (message: Message) => void): void {
    const copies = !this.calm && this.#random.below(1000) < this.#plan.duplicate ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const delay = this.isCut(from, to) ? null : this.#delay();
      if (delay === null) continue;
      this.#agenda.after(delay, () => {
        if (!this.isCut(from, to)) deliver(message);
      });
    }
  }
}
