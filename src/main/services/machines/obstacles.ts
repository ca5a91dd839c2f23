/** What stood in the way of this node's own answers to challenges: remembered for faces while the challenge is open. */
import type { MachineRow } from '../../../protocol/attestation/index.ts';
import { toHex } from '../../../protocol/bytes/index.ts';

/** Why open challenges could not be answered here so far. */
export interface Obstacles {
  /** A sentence; null when nothing is known to be in the way of the challenge that is open. */
  of(row: Pick<MachineRow, 'machine' | 'challenge'>): string | null;
  set(row: Pick<MachineRow, 'machine' | 'challenge'>, sentence: string): void;
}

/** `told` hears each sentence once for a challenge. */
export function createObstacles(told: (sentence: string) => void): Obstacles {
  /** By machine: only the challenge that is open matters. */
  const known = new Map<string, { readonly nonce: string; readonly sentence: string }>();
  const nonceOf = ({ challenge }: Pick<MachineRow, 'challenge'>): string | null =>
    challenge === null ? null : toHex(challenge.nonce);
  const obstacles: Obstacles = {
    of(row) {
      const last = known.get(toHex(row.machine));
      return last !== undefined && last.nonce === nonceOf(row) ? last.sentence : null;
    },
    set(row, sentence) {
      const nonce = nonceOf(row);
      if (nonce === null || obstacles.of(row) === sentence) return;
      known.set(toHex(row.machine), { nonce, sentence });
      told(sentence);
    },
  };
  return obstacles;
}
