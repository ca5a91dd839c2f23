/**
 * This node's own answers: a machine that it runs in proves itself. What stands in the way is told, the challenge
 * stays open, and the schedule tries again until it is due.
 */
import type { MachineRow, Policy } from '../../../protocol/attestation/index.ts';
import { Refusal, toHex } from '../../../protocol/bytes/index.ts';
import type { QuoteSource } from '../../attestation/index.ts';
import type { Judge } from './judge.ts';
import type { Answer } from './machines.ts';
import type { Obstacles } from './obstacles.ts';
import { challengeData } from './view.ts';
import type { MachineView } from './view.ts';

export interface AnswerPorts {
  readonly guest: QuoteSource;
  readonly judge: Judge;
  readonly view: MachineView;
  readonly obstacles: Obstacles;
  readonly policy: () => Promise<Policy>;
  readonly rowOf: (id: string) => Promise<{ coalition: Uint8Array; row: MachineRow }>;
  /** Judges a quote that was made for the open challenge, and records it. */
  readonly hand: (id: string, quote: Uint8Array) => Promise<Answer>;
  /** Unix milliseconds. */
  readonly now: () => number;
}

export interface OwnAnswers {
  /** Answers the open challenge of a machine, if this node runs in it; null: it does not, or something is in the way. */
  answer(id: string): Promise<Answer | null>;
}

export function createOwnAnswers(ports: AnswerPorts): OwnAnswers {
  const { guest, judge, view, obstacles, policy, rowOf, hand, now } = ports;
  const underWay = new Map<string, Promise<Answer | null>>();
  /** By machine, the challenge of which a quote showed that it is for another platform. */
  const elsewhere = new Map<string, string>();

  /** Whether a quote of this guest names the platform of that machine. */
  const isOf = async (row: MachineRow, quote: Uint8Array): Promise<boolean> => {
    const inForce = await policy();
    const own = view.storedVerdict(row, inForce)?.platformId?.ppid;
    const at = Math.floor(now() / 1000);
    const here = judge.verdict({ quote, collateral: null, at, policy: inForce }).platformId?.ppid;
    return own !== undefined && here === own;
  };
  const tryOnce = async (id: string): Promise<Answer | null> => {
    const { coalition, row } = await rowOf(id);
    const reportData = challengeData(coalition, row);
    if (row.challenge === null || reportData === null || now() > row.challenge.expires) return null;
    const nonce = toHex(row.challenge.nonce);
    if (elsewhere.get(id) === nonce || !(await guest.look()).available) return null;
    try {
      const { quote } = await guest.quote(reportData);
      if (await isOf(row, quote)) return await hand(id, quote);
      elsewhere.set(id, nonce);
      return null;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      obstacles.set(row, error.message);
      return null;
    }
  };
  return {
    answer(id) {
      const running = underWay.get(id) ?? tryOnce(id).finally(() => underWay.delete(id));
      underWay.set(id, running);
      return running;
    },
  };
}
