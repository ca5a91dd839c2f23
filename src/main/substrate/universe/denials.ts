/**
 * Denials outlive a restart: they stand in the peer file with their end, by the clock of this machine, where no number
 * of peers pushes them out. As all of that file they are written a moment later, so a crash forgives those of the last
 * second.
 */
import { Key } from 'interface-datastore';
import type { Denial } from './denial-list.ts';
import type { PeerFile } from './peer-file.ts';

export interface DenialBook {
  /** Those that have not ended; the others are crossed out. */
  read(): Promise<readonly Denial[]>;
  /** `remaining` 0: it is crossed out. */
  write(denial: Denial): void;
}

/** What the keys of denials begin with. */
export const DENIALS = '/denials/';

/** `now`: Unix milliseconds. */
export function createDenialBook(file: PeerFile, now: () => number = Date.now): DenialBook {
  return {
    async read() {
      const denials: Denial[] = [];
      for await (const { key, value } of file.query({ prefix: DENIALS })) {
        const denial = denialIn(key.toString().slice(DENIALS.length), value, now());
        if (denial === null) file.delete(key);
        else denials.push(denial);
      }
      return denials;
    },
    write({ peer, remaining, reason, by }) {
      const key = new Key(DENIALS + peer);
      if (remaining <= 0) file.delete(key);
      else
        file.put(
          key,
          Buffer.from(JSON.stringify({ until: now() + remaining, lasts: remaining, reason, by })),
        );
    },
  };
}

/** Null: it has ended, or these bytes are none. */
function denialIn(peer: string, bytes: Uint8Array, at: number): Denial | null {
  try {
    const { until, lasts, reason, by } = JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>;
    // a clock that was set back makes no denial longer than it was
    const remaining = Math.min(Number(until) - at, Number(lasts));
    if (!(remaining > 0) || !/^[0-9a-f]{64}$/.test(peer)) return null;
    return { peer, remaining, reason: String(reason), by: by === 'person' ? 'person' : 'node' };
  } catch {
    return null;
  }
}
